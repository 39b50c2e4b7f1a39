"""The host's clock, time zone and name are others suddenly, it stands still, or signals hail down.

A machine that sleeps is not put to sleep here. What is timed by the monotonic clock goes on where it was; registers are
judged by the one that counts the sleep, as the energy went on meanwhile; and the broker has ended the session.
"""
import array
import contextlib
import datetime
import fcntl
import os
import signal
import struct
import subprocess
import termios
import time

import pytest

import kaifa
from home import METER, ROOT, Home
from hours import EPOCH, UTC, Listener, hour_of, message, number_of
from programs import TOP
from rig import PATIENCE, pause, until
from row import LOADED, Row, given

SECONDS = 30  # the rows wait together
STOPPED = given("SECONDS", 12)  # seconds; longer than the broker waits
HOSTCLOCK = os.environ.get("HANMQTTD_TEST_CLOCK", str(TOP / "build/tests/faults/hostclock.so"))


# ---- time ----

class Clock:
    """Of the host, as the daemon sees it (hostclock.c); nobody else."""

    def __init__(self, rig, meter_time):
        self.file = rig.directory("clock") / "offset"
        self.base = int(meter_time - time.time())
        self.file.write_bytes(bytes(8))
        self.set(0)
        self.env = {"LD_PRELOAD": HOSTCLOCK, "HOSTCLOCK": str(self.file)}

    def set(self, hours):
        """So far from the meter's."""
        with open(self.file, "r+b") as file:
            file.write(struct.pack("q", self.base + int(hours * 3600)))


STEPS = (5, -7, 9, -2)  # hours


@pytest.mark.background
def test_clock(rig):
    """The host's clock is set hours ahead and back again: each hour of the meter comes once."""
    clock = Clock(rig, hour_of(0))
    home = Home(rig, env=clock.env, pace_s=0.05)
    mark = home.watcher.mark()
    with Row("clock set to and fro", home.daemon, "its clock is .* this machine's", None, times=None,
             levels=("notice",)) as row:
        for hours in STEPS:
            clock.set(hours)
            home.expect_hours(3)
        clock.set(0)
        row.over()
        home.finish(row)
    came = [number_of(m.payload) for m in home.watcher.messages(f"han/{METER}/hourly", mark)]
    assert len(came) == len(set(came)), came
    assert "offline" not in {m.payload for m in home.watcher.messages("han/.*availability", mark)}


@pytest.mark.background
def test_clock_energy(rig):
    """The energy that is added up between registers knows nothing of the host's clock."""
    began = time.monotonic()
    clock = Clock(rig, hour_of(0))
    broker, port = rig.broker(), rig.port()
    watcher = rig.keep(Listener(broker))
    daemon = rig.daemon(rig.setting(broker, port), env={**UTC, **clock.env})
    meter = kaifa.Meter(METER)

    def say(power):
        mark = watcher.mark()
        meter.when = EPOCH + datetime.timedelta(seconds=time.monotonic() - began)
        port.write(meter.list3(power_active_import=power, energy_active_cum_import=5000000).octets)
        watcher.expect(f"han/{METER}/reading", since=mark, timeout=PATIENCE * LOADED)
    topic = f"han/{METER}/energy_active_live_import"
    until("the live energy", lambda: say(1000) or watcher.messages(topic), PATIENCE * LOADED)
    with Row("clock set, energy", daemon, "its clock is .* this machine's", None, times=None,
             levels=("notice",)) as row:
        for hours in (0.02, 0.1, *STEPS, 0):
            clock.set(hours)
            for _ in range(5):
                say(1000)
                pause(0.05)
        row.over()
        energies = [float(m.payload) for m in watcher.messages(topic)]
        most = 5000 + (time.monotonic() - began) / 3600 + 0.002  # of 1 kW, in kWh
        assert energies == sorted(energies) and 5000 <= energies[0] <= energies[-1] < most, energies
        row.lost("energy", 0)


def waiting_octets(port):
    """That nobody has read."""
    count = array.array("i", [0])
    fcntl.ioctl(port.slave, termios.FIONREAD, count)
    return count[0]


@pytest.mark.background
def test_stopped(rig):
    """Not scheduled for longer than the broker waits: what the port holds is read, and the session is a new one."""
    home = Home(rig, keepalive=5)
    with Row(f"stopped for {STOPPED} s", home.daemon, "mqtt: broker .*; trying again", "connected to broker",
             loud=2) as row:
        with home.talk.quiet:
            octets = message(METER, home.talk.hours).octets
            home.port.write(octets[:100])
            until("half a frame read", lambda: not waiting_octets(home.port))
            home.daemon.send(signal.SIGSTOP)
            began = time.monotonic()
            home.port.write(octets[100:])
            home.talk.hours += 1
            hours, rest = home.talk.hours, b""
            while not rest:  # until the kernel takes no more
                octets = message(METER, home.talk.hours).octets
                with contextlib.suppress(BlockingIOError):
                    rest = octets[os.write(home.port.master, octets):]
                    home.talk.hours += 1
                    continue
                break
            assert home.talk.hours - hours > 10
            home.watcher.expect("han/bridge/[^/]+/availability", "offline", timeout=PATIENCE * LOADED)
            pause(max(0, STOPPED - (time.monotonic() - began)))
            home.daemon.send(signal.SIGCONT)
            row.over()
            home.port.write(rest, PATIENCE * LOADED)
        row.told()
        home.finish(row)


@pytest.mark.background
def test_zone_missing(rig):
    """A zone that is not there is UTC: the meter's clock is an hour ahead then, and that is said."""
    broker, port = rig.broker(), rig.port()
    daemon = rig.daemon(rig.setting(broker, port), env={"TZ": ":No/Such_Zone", "STATE_DIRECTORY": None})
    watcher = rig.keep(Listener(broker))
    meter = kaifa.Meter(METER)
    meter.when = datetime.datetime.now() + datetime.timedelta(hours=1)  # the zone of these tests is at least one
    port.write(meter.list2().octets)
    watcher.expect(f"han/{METER}/power_active_import")
    with Row("time zone missing", daemon, r"its clock is \d h.* ahead of this machine's: check .*zone", None,
             levels=("notice",)) as row:
        row.mark = 0
        for _ in range(3):
            port.write(meter.list3().octets)
        row.told()
        row.over()
        row.right("the hour", lambda: watcher.messages(f"han/{METER}/hourly"))
        row.lost("hours", 0)


# ---- signals ----

def hail(home, seconds, texts):
    """Twenty SIGHUPs a second; before each the file is written anew, with one text after the other."""
    deadline, count = time.monotonic() + seconds, 0
    while time.monotonic() < deadline:
        fresh = home.daemon.config.with_suffix(".new")
        fresh.write_text(texts[count % len(texts)], encoding="utf-8")
        fresh.rename(home.daemon.config)
        home.daemon.send(signal.SIGHUP)
        count += 1
        pause(0.05)
    return count


@pytest.mark.background
@pytest.mark.parametrize("bad", [False, True], ids=["good", "bad"])
def test_hail(rig, bad):
    """Twenty SIGHUPs a second: the session and the search go on as if nothing was."""
    home = Home(rig)
    texts = [home.text, "[mqtt]\nhots = x\n"] if bad else [home.text]
    hail(home, 0.5, texts)
    mark, lines = home.watcher.mark(), home.daemon.log.mark()
    with Row(f"SIGHUP 20 times a second{', every other file bad' if bad else ''}", home.daemon,
             "reload refused" if bad else "is read again", None, times=None, loud=200 if bad else 0,
             levels=("error",) if bad else ("info",)) as row:
        hail(home, 4, texts)
        row.over()
        home.finish(row)
    assert "offline" not in {m.payload for m in home.watcher.messages("han/.*availability", mark)}
    assert not home.daemon.lines("search|open at|connected", since=lines)


# ---- the name ----

@pytest.mark.background
@pytest.mark.skipif(not ROOT, reason="a host's name cannot be another one here: that takes root")
def test_host_name(rig):
    """The host has another name: the daemon takes it over with the next reload, nothing of the old one is left."""
    home = Home(rig, wrap=("unshare", "-u", "sh", "-c", 'hostname before && exec "$@"', "sh"))
    with Row("host has another name", home.daemon, "2 topics of before are removed", None, levels=("info",),
             loud=1) as row:
        subprocess.run(["nsenter", "-t", str(home.daemon.pid), "-u", "hostname", "after"], check=True)
        home.daemon.reload()
        row.over()
        with contextlib.suppress(AssertionError):
            row.told()
        if not home.daemon.lines("topics of before", since=row.mark):
            home.way.cut()  # with the next session at the latest
        row.told(PATIENCE * LOADED)
        row.over()
        home.finish(row)
        kept = [topic for topic in home.broker.retained() if topic.startswith("han/bridge/")]
        assert len(kept) == 2 and all("after" in topic for topic in kept), kept
