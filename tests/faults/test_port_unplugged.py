"""A port is unplugged at every octet of a frame, goes and comes back under another number, or answers with errors."""
import contextlib
import itertools
import os
import pathlib
import re
import time

import pytest

import kaifa
from rig import PATIENCE, until
from row import Row
from street import Gateway, Street

SECONDS = 25
SIDE_BY_SIDE = 54
FLAPS = 26
BURST = 20  # lines of a kind that the journal takes at once


def cuts():
    """Each place of both lists, by how many octets came before it."""
    lists = (kaifa.Meter().list1(1), kaifa.Meter().list2())
    return [(kind, at) for kind, message in enumerate(lists) for at in range(1, len(message.octets))]


def make(meter, kind, power):
    """A list in which every number is another one than in all others."""
    if kind == 0:
        return meter.list1(power)
    return meter.list2(power_active_import=power, power_active_export=power + 1, phase_current_l1=power + 2,
                       power_reactive_import=power + 3, power_reactive_export=power + 4, phase_voltage_l1=power + 5,
                       phase_current_l2=power + 6, phase_current_l3=power + 7, phase_voltage_l2=power + 8,
                       phase_voltage_l3=power + 9)


@pytest.mark.background
@pytest.mark.parametrize("kind", ["pty", "tcp"])
def test_every_octet(rig, kind):
    """The next frame is whole and right, nothing of two frames is one, and no descriptor is left behind."""
    ports = [rig.keep(Gateway()) for _ in range(SIDE_BY_SIDE)] if kind == "tcp" else None
    street = Street(rig, SIDE_BY_SIDE, ports)
    numbers = itertools.count(1000, 10)
    todo = cuts()

    def all_say(places):
        """A whole list each."""
        messages = [make(street.meters[n], 1, next(numbers)) for n in range(len(places))]
        for n, message in enumerate(messages):
            street.say(n, message)
        return messages

    def cut_all(places):
        """Each hears the beginning of a list; the rest comes when it is plugged in again, and then another."""
        cut = [make(street.meters[n], which, next(numbers)) for n, (which, _) in enumerate(places)]
        for n, (_, at) in enumerate(places):
            street.ports[n].write(cut[n].octets[:at])
        street.swallow()
        mark, lines = street.watcher.mark(), street.daemon.log.mark()
        for port in street.ports[:len(places)]:
            port.unplug()
        until("all offline", lambda: len({m.topic for m in street.watcher.messages("han/m[0-9]+/availability", mark)
                                          if m.payload == "offline"}) == len(places))
        street.daemon.log.wait("all lost", lambda _: len(street.daemon.lines("port lost", since=lines)) == len(places))
        for port in street.ports[:len(places)]:
            port.plug()
        for n, (_, at) in enumerate(places):
            street.ports[n].write(cut[n].octets[at:])

    everywhere = [(1, 60)] * SIDE_BY_SIDE
    street.hear(all_say(everywhere))
    cut_all(everywhere)
    street.hear(all_say(everywhere))
    # lost, so the meter is silent, and perhaps not there at the first attempt
    with Row(f"unplugged at each of {len(todo)} octets ({kind})", street.daemon, "port lost", times=len(todo),
             loud=3 * len(todo), growth_kb=1024) as row:
        for at in range(0, len(todo), SIDE_BY_SIDE):
            places = todo[at:at + SIDE_BY_SIDE]
            cut_all(places)
            row.over()
            messages = all_say(places)
            row.right("the next list", lambda messages=messages: all(
                street.came(n, message) for n, message in enumerate(messages)))
        street.watcher.barrier()
        street.check()
        row.lost("whole lists", 0)


def holds(daemon, device):
    """Whether the daemon has this device open."""
    with contextlib.suppress(OSError):
        return any(entry.resolve() == device for entry in pathlib.Path(f"/proc/{daemon.pid}/fd").iterdir())
    return False


def break_off(port):
    """What is behind the port is gone, and its name is still there: who opens it gets EIO, from the kernel itself."""
    os.unlink(port.path)
    os.symlink(f"/proc/{os.getpid()}/fd/{port.slave}", port.path)
    os.close(port.master)
    port.master = os.open(os.devnull, os.O_RDWR)  # to be closed with the rest


@pytest.mark.background
def test_errors_then_another_number(rig):
    """A device that answers with errors for a while, vanishes, and returns with another number."""
    street = Street(rig, 2)
    port, daemon = street.ports[0], street.daemon
    street.hear([street.talk(n, 1) for n in range(2)])
    street.watcher.expect("han/m0/diagnostics/problem", "ok")
    with Row("port gives errors, vanishes, is back as another", daemon, "port lost", "m0|frames arrive",
             within=10, loud=4) as row:
        number = os.ttyname(port.slave)
        break_off(port)
        row.told()
        daemon.expect_line(re.escape(str(port.path)), "Input/output error; trying again", levels=("warning",))
        street.watcher.wait("the problem", lambda seen: any(
            m.topic == "han/m0/diagnostics/problem" and "not open (Input/output error)" in m.payload for m in seen))
        kept = os.dup(port.slave)  # and so its number is not free
        port.unplug()
        daemon.expect_line(re.escape(str(port.path)), "No such file", levels=("warning",), timeout=10 + PATIENCE)
        port.plug()
        row.over()
        assert os.ttyname(port.slave) != number
        os.close(kept)
        message = street.talk(0, 2)
        row.right("the next list", lambda: street.came(0, message))
        street.check()


@pytest.mark.background
def test_fails_when_opened(rig):
    """A device that can be opened and is gone at once, again and again: tried ever more rarely, and told once."""
    street = Street(rig, 2)
    port, daemon = street.ports[0], street.daemon
    street.hear([street.talk(n, 1) for n in range(2)])
    with Row("port fails whenever it is opened", daemon, "port lost", "frames arrive", within=10, loud=4) as row:
        opened = []
        port.unplug()
        for _ in range(5):
            port.plug()
            until("the port open", lambda: holds(daemon, pathlib.Path(os.ttyname(port.slave))), 10 + PATIENCE)
            opened.append(time.monotonic())
            port.unplug()
        gaps = [b - a for a, b in zip(opened, opened[1:])]
        assert gaps[-1] > 3, gaps  # the first is half a second, or what a busy machine makes of it
        port.plug()
        row.over()
        message = street.talk(0, 2)
        row.right("the next list", lambda: street.came(0, message))


@pytest.mark.background
def test_loose_contact(rig):
    """A plug that goes and comes again and again: each time the next list is read, and the journal is not filled."""
    street = Street(rig, 2)
    port, daemon = street.ports[0], street.daemon
    street.hear([street.talk(n, 1) for n in range(2)])
    with Row(f"loose contact, {FLAPS} times", daemon, "port lost", times=None, loud=3 * BURST) as row:
        for power in range(2, FLAPS + 2):
            mark = street.watcher.mark()
            port.unplug()
            street.watcher.expect("han/m0/availability", "offline", since=mark)
            port.plug()
            row.over()
            message = street.talk(0, power)
            row.right("the next list", lambda message=message: street.came(0, message))
        street.check()
        row.lost("lists", FLAPS + 1 - len(street.readings(0)))
        lines = [line for line in daemon.log.since(row.mark) if line.level != "debug"]
        assert len(lines) <= 5 * BURST, len(lines)
