"""A full disk: registers wait in memory, go out from there, and are on disk once there is room."""
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess

import pytest

from hours import UTC, Site, arrived, check_all, hour_of
from rig import until
from row import Row, descriptors

METER = "6970631400000101"
MOUNTED = 'mount -t tmpfs -o size=1m,mode=0700 tmpfs "$0" && exec "$@"'


def may_mount():
    return os.geteuid() == 0 and subprocess.run(
        ["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], check=False, capture_output=True).returncode == 0


def start(rig, site):
    """The daemon with a small disk of its own for its state, and how that looks from here."""
    config = rig.setting(site.broker, *site.ports, mqtt={"port": site.door.port}, log={"level": "debug"})
    daemon = rig.daemon(config, env={**UTC, "STATE_DIRECTORY": str(site.state)},
                        wrap=("unshare", "-m", "sh", "-c", MOUNTED, str(site.state)))
    return daemon, pathlib.Path(f"/proc/{daemon.pid}/root{site.state}")


def fill(directory):
    with contextlib.suppress(OSError), open(directory / "filler", "wb", buffering=0) as filler:
        while True:
            filler.write(bytes(1024))


def speak(site, daemon, inside, full_at):
    """300 hours; the disk runs full on the way. Before that each is on disk, so that it is known what follows."""
    for number in range(300):
        if number == full_at:
            fill(inside)
        mark = daemon.log.mark()
        site.say(0, number)
        if number < full_at:
            daemon.expect_line(r"hourly: .* is on disk", since=mark)


@pytest.mark.skipif(not may_mount(), reason="a small disk cannot be mounted here: that takes root")
@pytest.mark.parametrize("full_at", [0, 100], ids=["from the start", "later"])
def test_full(rig, full_at):
    with contextlib.closing(Site(rig, [METER])) as site:
        site.watch()
        site.door.shut()
        daemon, inside = start(rig, site)
        # each room has something that it cannot keep; and the door is one that is opened and shut at once
        with Row(f"disk full{', later' if full_at else ''}", daemon, "hourly: .*No space left on device; .* in memory",
                 "kept on disk again", loud=8, growth_kb=4096) as row:
            speak(site, daemon, inside, full_at)
            row.told()
            site.door.open = True
            check_all(site.watcher, METER, 300)
            site.door.shut()
            site.say(0, 300)
            (inside / "filler").unlink()
            row.over()
            site.say(0, 301)
            row.right("the newest hour on disk",
                      lambda: daemon.lines(f"hourly: .* the hour {hour_of(301)} is on disk"))
            row.lost("hours", 0)
            row.descriptors = descriptors(daemon)  # the port is open now, the session is over
        daemon.send(signal.SIGSTOP)
        after = rig.base / "after"
        shutil.copytree(inside, after)
    with contextlib.closing(Site(rig, [METER], state=after)) as site:
        site.watch()
        site.start()
        until("those of the full disk", lambda: set(arrived(site.watcher, METER)) >= {300, 301})
