"""The broker is away for days, or there is none yet: the registers wait, on disk or without one."""
import contextlib
import re

import pytest

from hours import Site, arrived, check_all
from rig import PATIENCE, until

METERS = ("6970631400000101", "6970631400000202")
DAYS = 10
WAITED = re.compile(r"hourly: (\d+) registers? that waited for the broker (is|are) sent now")


def waited(daemon):
    return [int(m[1]) for m in (WAITED.search(line.text) for line in daemon.log.since()) if m]


def test_days(rig):
    """Ten days of two meters come in order, soon after the broker is back, and are told of once."""
    with contextlib.closing(Site(rig, METERS)) as site:
        site.watch()
        site.door.shut()
        site.start()
        for number in range(DAYS * 24):
            for index in range(len(METERS)):
                site.keep(index, number)
        site.door.open = True
        for meter_id in METERS:
            check_all(site.watcher, meter_id, DAYS * 24, PATIENCE)
        assert waited(site.daemon) == [2 * DAYS * 24]
        for index, meter_id in enumerate(METERS):
            site.say(index, DAYS * 24)
            check_all(site.watcher, meter_id, DAYS * 24 + 1)
        assert len(arrived(site.watcher, METERS[0])) == DAYS * 24 + 1  # each of them once
        assert not site.daemon.lines("hourly", levels=("warning", "error"))


def test_restarts(rig):
    """What waits outlives the daemon, stopped and killed; what was sent is not sent again, hours are not kept twice."""
    with contextlib.closing(Site(rig, METERS[:1])) as site:
        site.watch()
        site.door.shut()
        site.start()
        for number in range(30):
            site.keep(0, number)
            if number == 10:
                site.stop()
                site.start()
            if number == 20:
                site.kill()
                site.start()
                site.say(0, number)  # once more
        site.door.open = True
        check_all(site.watcher, METERS[0], 30)
        until("an empty spool", lambda: not waiting(site))
        site.stop()
        mark = site.watcher.mark()
        site.start()
        site.say(0, 29)
        site.keep(0, 30)
        site.watcher.expect(".*/hourly", since=mark)
        assert arrived(site.watcher, METERS[0]) == list(range(31))


def waiting(site):
    """Whether the daemon, which has the database to itself, has still something to remove: by the file's growth."""
    wal = site.state / "hourly.db-wal"
    before = wal.stat().st_mtime_ns
    site.watcher.barrier()
    return wal.stat().st_mtime_ns != before


@pytest.mark.parametrize("renamed", [True, False], ids=["renamed", "another meter"])
def test_topic(rig, renamed):
    """What waited goes to the topics of now; of a meter that is no longer there, to those of its time."""
    with contextlib.closing(Site(rig, METERS[:1])) as site:
        site.watch()
        site.door.shut()
        site.start()
        for number in range(3):
            site.keep(0, number)
        site.stop()
        if renamed:
            config = rig.setting(site.broker, *site.ports, mqtt={"port": site.door.port}, meter={"name": "house"})
        else:
            config = rig.setting(site.broker, mqtt={"port": site.door.port}, meter={"device": "/dev/hanmqttd-none"})
        site.door.open = True
        rig.daemon(config, env={"TZ": "UTC0", "STATE_DIRECTORY": str(site.state)})
        check_all(site.watcher, METERS[0], 3, base="han/house" if renamed else None)


@pytest.mark.parametrize("place", ["none", "absent"])
def test_no_directory(rig, place):
    """Without a state directory the registers wait in memory, with one line in the journal."""
    with contextlib.closing(Site(rig, METERS[:1])) as site:
        site.watch()
        site.door.shut()
        env = {"TZ": "UTC0", "STATE_DIRECTORY": None if place == "none" else str(rig.base / "absent")}
        site.daemon = rig.daemon(rig.setting(site.broker, *site.ports, mqtt={"port": site.door.port},
                                             log={"level": "debug"}), env=env)
        for number in range(30):
            site.say(0, number)
        site.door.open = True
        check_all(site.watcher, METERS[0], 30)
        told = [line for line in site.daemon.log.since() if "in memory" in line.text]
        assert len(told) == 1 and told[0].level == ("notice" if place == "none" else "warning")
        site.daemon = None
