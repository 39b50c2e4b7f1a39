"""A port that brings more than any meter says, and messages that never end: the others are served, the watchdog is
told in time, memory has its bounds."""
import itertools
import os
import random
import signal
import subprocess
import threading
import time

import pytest

import dlms
import kaifa
from rig import ENDED, PATIENCE, pause, until
from row import LOADED, Row, Worker, given
from street import Street

SECONDS = 20
LASTING = given("SECONDS", 3)
WATCHDOG_S = 1  # it tells twice as often that it lives
LINE = 11520  # octets that 115200 baud bring in a second
FAST = {"baud": 115200, "format": "8N1", "silent-after": 3600}


class Flood(Worker):
    """Writes as fast as somebody reads, or so many octets in a second."""

    def __init__(self, port, pieces, pace=None):
        super().__init__()
        self.port, self.pieces, self.pace = port, pieces, pace
        self.octets = 0
        self.start()

    def work(self):
        began = time.monotonic()
        while not self.ending.is_set() and not ENDED.is_set():
            piece = next(self.pieces)
            if self.pace:
                self.ending.wait(max(0, began + self.octets / self.pace - time.monotonic()))
            self.port.write(piece)
            self.octets += len(piece)


class Torrent:
    """A program that writes the file again and again, without a pause, but after everybody else."""

    def __init__(self, port, file):
        self.port = port
        os.set_blocking(port.master, True)
        self.process = subprocess.Popen(["nice", "sh", "-c", f"while cat {file}; do :; done"], stdin=subprocess.DEVNULL,
                                        stdout=port.master, process_group=0)

    def stop(self):
        if self.process.returncode is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            os.set_blocking(self.port.master, False)

    close = stop


def watchdog_gap(daemon, mark):
    """The longest time between two notes."""
    times = [note.time for note in daemon.notes.since(mark) if "WATCHDOG" in note.fields]
    return max((b - a for a, b in zip(times, times[1:])), default=float("inf"))


def live_through(street, row, floods, lasting=LASTING):
    """The last meter is read all the time; afterwards all are."""
    daemon, last = street.daemon, len(street.ports) - 1
    mark, numbers = daemon.notes.mark(), itertools.count(2)
    ended = threading.Event()
    timer = threading.Timer(lasting, ended.set)
    timer.start()
    while not ended.is_set():
        message = street.talk(last, next(numbers))
        until("the other meter", lambda message=message: street.came(last, message), PATIENCE * LOADED)
    for flood in floods:
        flood.stop()
    assert watchdog_gap(daemon, mark) < WATCHDOG_S * LOADED
    row.over()
    return [street.talk(n, 77777) for n in range(last + 1)]


@pytest.mark.background
def test_flood(rig):
    """Sound frames on one port, four times as many as its line can bring, and random octets on another, as fast as a
    pseudo terminal takes them, some hundred times that."""
    street = Street(rig, 3, keys=FAST, env={"WATCHDOG_USEC": str(WATCHDOG_S * 1000000)})
    street.hear([street.talk(n, 1) for n in range(3)])
    noise = rig.base / "noise"
    noise.write_bytes(random.Random(given("SEED", 1)).randbytes(1 << 20))
    lists = [b"".join(street.meters[0].list1(100 * n + m).octets for m in range(10)) for n in range(20)]
    with Row("flood at 115200 baud", street.daemon, None) as row:
        floods = [Flood(street.ports[0], itertools.cycle(lists), 4 * LINE), rig.keep(Torrent(street.ports[1], noise))]
        messages = live_through(street, row, floods)
        row.right("the next lists", lambda: all(street.came(n, m) for n, m in enumerate(messages)))
        row.lost("lists of the flood", floods[0].octets // len(lists[0]) * 10 - len(street.readings(0)) + 2)


def hdlc(information, segmented=False, length=None):
    """A frame without its flag at the end; length: another one than it has."""
    body = kaifa.NORWAY + b"\x10"
    length = length or 2 + len(body) + 2 + len(information) + 2
    head = (0xA800 | length if segmented else 0xA000 | length).to_bytes(2, "big") + body
    head += kaifa.x25(head)
    return b"\x7e" + head + information + (kaifa.x25(head + information) if information else b"")


def header_only():
    """The rest never comes, and then there is nothing."""
    yield hdlc(b"", length=2047)
    while True:
        yield b""
        pause(0.05)


def no_flag():
    """Octets that begin nothing."""
    return itertools.cycle([bytes((0x55,)) * 1024])


def segments():
    """Each says that another one follows."""
    yield hdlc(kaifa.LLC + kaifa.NOTIFICATION + bytes(80), True) + b"\x7e"
    yield from itertools.cycle([(hdlc(bytes(80), True) + b"\x7e") * 8])


def blocks():
    """General-block-transfer, numbered, without a last one."""
    for number in itertools.chain.from_iterable(itertools.repeat(range(1, 0xFFFF))):
        apdu = b"\xe0\x00" + number.to_bytes(2, "big") + b"\0\0\x50" + bytes(0x50)
        yield hdlc(kaifa.LLC + apdu) + b"\x7e"


def mbus_parts():
    """M-Bus frames, numbered, without a last one."""
    return itertools.cycle(b"".join(dlms.mbus(bytes(3000), 200)[:-1]) for _ in range(1))


def lines():
    """A P1 telegram that has no end."""
    yield b"/XMX5LGBBFFB231215493\r\n\r\n"
    yield from itertools.cycle([b"1-0:1.8.1(001234.567*kWh)\r\n" * 40])


ENDLESS = (header_only, no_flag, segments, blocks, mbus_parts, lines)


@pytest.mark.background
def test_never_ends(rig):
    """Six kinds of messages without an end, on six ports, each twenty times as fast as its line can be."""
    count = len(ENDLESS)
    street = Street(rig, count + 1, keys=FAST, env={"WATCHDOG_USEC": str(WATCHDOG_S * 1000000)})
    street.hear([street.talk(n, 1) for n in range(count + 1)])
    with Row("messages that never end", street.daemon,
             "messages arrive but are (refused|not understood)", times=5, loud=5) as row:
        floods = [Flood(street.ports[n], make(), 20 * LINE) for n, make in enumerate(ENDLESS)]
        live_through(street, row, floods)
        pause(1.2)  # a frame that has begun is given up after a second
        messages = [street.talk(n, 88888) for n in range(count + 1)]
        row.right("the next lists", lambda: all(street.came(n, m) for n, m in enumerate(messages)))
        row.lost("lists", sum(3 - len(street.readings(n)) for n in range(count)))
