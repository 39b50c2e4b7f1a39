"""The host's disk, descriptors and memory end."""
import contextlib
import itertools
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import pytest

import kaifa
from home import ROOT, Home, waiting
from hours import UTC, Listener
from rig import PATIENCE, config, pause, until
from row import LOADED, Row, descriptors, write
from way import Way

SECONDS = 30  # the rows wait together


# ---- the disk ----

READ_ONLY = 'mount -t tmpfs -o size=4m,mode=0700 tmpfs "$0" && mount -o remount,ro "$0" && exec "$@"'


def inside(home, *command):
    """As the daemon sees its disks."""
    subprocess.run(["nsenter", "-t", str(home.daemon.pid), "-m", *command], check=True)


@pytest.mark.background
@pytest.mark.skipif(not ROOT, reason="a disk cannot be mounted here: that takes root")
def test_read_only(rig):
    """A state directory that cannot be written to: registers wait in memory, and are on disk once that is over."""
    state = rig.directory("state")
    home = Home(rig, state=state, wrap=("unshare", "-m", "sh", "-c", READ_ONLY, str(state)))
    with Row("state directory read-only", home.daemon, "hourly: .*Read-only file system; .* in memory",
             "kept on disk again", loud=8, growth_kb=2048) as row:
        # each room has something that it cannot keep; and the database is opened within
        row.mark = 0
        home.expect_hours(2)
        home.way.shut()
        waiting = home.talk.hours
        until("hours that wait", lambda: home.talk.hours > waiting + 3)
        inside(home, "mount", "-o", "remount,rw", str(state))
        row.over()
        home.daemon.expect_line("kept on disk again")
        home.way.open()
        home.finish(row)
        row.descriptors = descriptors(home.daemon)  # the file is open now


@pytest.mark.background
@pytest.mark.parametrize("what", ["emptied", "removed"])
def test_state_removed(rig, what):
    """What waits in a file that somebody removes is kept, also for the next run as soon as there is a directory."""
    told, again, loud = "hourly: .* was removed: it is made again", None, 3
    if what == "removed":
        told, again, loud = "hourly: .*No such file", "kept on disk again", 4
    home = Home(rig)
    with Row(f"state directory {what}", home.daemon, told, again, loud=loud) as row:
        home.way.shut()
        first = home.talk.hours
        until("hours that wait", lambda: home.talk.hours > first + 3)
        shutil.rmtree(home.state)
        if what == "removed":
            row.told(PATIENCE * LOADED)
        home.state.mkdir()
        row.over()
        row.told(PATIENCE * LOADED)
        owed = set(range(first, home.talk.hours))
        row.right("hours on disk again", lambda: (home.state / "hourly.db").exists() and owed <= waiting(home))
        home.way.open()
        home.finish(row)


# ---- descriptors ----

PORTS, OPEN = 120, 100


@pytest.mark.background
def test_few_descriptors(rig):
    """More ports than files may be open: as many as fit are read, the others are told of, and the broker comes back."""
    broker = rig.broker()
    way = rig.keep(Way(broker.port))
    watcher = rig.keep(Listener(broker))
    ports = [rig.port() for _ in range(PORTS)]
    names = {f"m{i:03}": {"name": f"m{i:03}"} for i in range(PORTS)}
    daemon = rig.daemon(config(way.port, *(p.path for p in ports), meters=names), env=UTC,
                        wrap=("prlimit", f"--nofile={OPEN}"))
    with Row(f"{PORTS} ports, {OPEN} descriptors", daemon, "serial: .*Too many open files .*LimitNOFILE",
             None, times=None, loud=PORTS, growth_kb=4096, within=15) as row:  # they are read for the first time
        row.mark = 0
        row.told()
        opened = {os.readlink(entry.path) for entry in os.scandir(f"/proc/{daemon.pid}/fd")}
        read = [i for i, port in enumerate(ports) if os.path.realpath(port.path) in opened]
        assert PORTS / 2 < len(read) < OPEN
        mark = watcher.mark()
        way.cut()
        row.over()
        watcher.expect("han/bridge/[^/]+/availability", "online", since=mark, timeout=PATIENCE * LOADED)
        for i in read:
            ports[i].write(kaifa.Meter(f"69706314{i:08}").list2(power_active_import=i).octets)

        def missing():
            return set(read) - {int(m.payload) for m in watcher.messages("han/[^/]+/power_active_import", mark)}
        with contextlib.suppress(AssertionError):
            row.right("those that fit", lambda: not missing())
        assert not missing(), daemon.status()
        row.missed("meters", PORTS - len(read))
        way.cut()
        mark = watcher.mark()
        watcher.expect("han/bridge/[^/]+/availability", "online", since=mark, timeout=PATIENCE * LOADED)
        row.descriptors = descriptors(daemon)


@pytest.mark.background
def test_descriptors_end(rig):
    """No file may be opened any more: what is open goes on, port and broker return when there are some again."""
    home = Home(rig)
    with Row("no descriptors any more", home.daemon, "mqtt: .*Too many open files", "connected to broker", times=None,
             loud=8) as row:
        home.limit("--nofile=5:1024")
        home.expect_hours(2)
        mark = home.watcher.mark()
        home.way.cut()
        home.watcher.expect("han/bridge/[^/]+/availability", "offline", since=mark, timeout=PATIENCE * LOADED)
        row.told(PATIENCE * LOADED)
        with home.talk.quiet:
            home.port.unplug()
            home.daemon.expect_line("port lost")
            home.port.plug()
            home.daemon.expect_line("serial: .*Too many open files", timeout=PATIENCE * LOADED)
        home.limit("--nofile=1024:1024")
        row.over()
        home.finish(row)


# ---- memory ----

@pytest.mark.background
def test_no_memory(rig):
    """With too little of it the start ends with a sentence; what waits on disk is as before."""
    home = Home(rig)
    home.way.shut()
    first = home.talk.hours
    until("hours that wait", lambda: home.talk.hours > first + 3)
    home.talk.ending.set()
    home.talk.join()
    home.daemon.stop()
    started, lines = 0, set()
    for megabytes in range(12, 80, 2):
        daemon = rig.daemon(home.text, ready=False, **{**home.options, "wrap": ("prlimit", f"--as={megabytes << 20}")})
        until("an end or a start", lambda: daemon.process.poll() is not None or any(
            "READY" in note.fields for note in daemon.notes.since()), PATIENCE * LOADED)
        started += daemon.process.poll() is None
        if daemon.process.poll() is None:
            daemon.stop()
        elif daemon.ended() != 127:  # the loader's own
            said = daemon.lines("Cannot allocate memory|temporarily unavailable", levels=("error",))
            assert daemon.ended() == 1 and said, f"{megabytes} MiB: {daemon.ended()}"
            lines.add(said[-1].text)
    assert started > 3 and lines
    home.daemon = rig.daemon(home.text, **home.options)
    began = time.monotonic()
    home.way.open()
    home.talk.say_hour()
    until("every topic and hour", home.right, PATIENCE * LOADED)
    write("too little memory at the start", ["0 hours"], time.monotonic() - began, 0, sorted(lines)[0])


@pytest.mark.background
def test_memory_ends(rig):
    """No more is given: when it cannot go on it ends with 1 and a sentence; what was on disk then is not lost."""
    home = Home(rig)
    used = int(re.search(r"VmSize:\s+(\d+)", pathlib.Path(f"/proc/{home.daemon.pid}/status").read_text("ascii"))[1])
    home.limit(f"--as={used * 1024}")
    home.expect_hours(3)
    home.talk.ending.set()
    home.talk.join()
    home.way.shut()
    home.talk.say_hour()
    until("the hour on disk", lambda: home.talk.hours - 1 in waiting(home))
    keepalives = itertools.cycle((31, 32))  # another session each time

    def ended():
        home.daemon.config.write_text(home.text.replace("[mqtt]", f"[mqtt]\nkeepalive = {next(keepalives)}"))
        with contextlib.suppress(ProcessLookupError):
            home.daemon.send(signal.SIGHUP)
        pause(0.05)
        return home.daemon.process.poll() is not None
    line = ""
    with contextlib.suppress(AssertionError):  # it may have all that it needs
        until("the end", ended)
    if home.daemon.process.poll() is not None:
        assert home.daemon.ended() == 1
        line, = (said.text for said in home.daemon.lines("", levels=("error",)))
        assert "Cannot allocate memory" in line or "Resource temporarily unavailable" in line
        home.daemon = rig.daemon(home.text, **home.options)
    home.way.open()
    began = time.monotonic()
    home.talk.say_hour()
    until("every topic and hour", home.right, PATIENCE * LOADED)
    write("no memory any more", ["0 hours"], time.monotonic() - began, 0, line)
