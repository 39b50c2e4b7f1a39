"""What a bad line makes of frames: octets between them and in them, wrong bits, breaks, lost and doubled octets.

A pseudo terminal cannot make parity or framing errors, but the daemon asks no port to mark or to drop octets that have
them: what a UART hands over then, an octet with a wrong bit or 00 for a break, is what is written here. Whether the
kernel counts them is for a machine with a UART to show.
"""
import random
import termios

import pytest

from row import Row, given
from street import Street, said_by, values_of

SECONDS = 15
PORTS = 8
LISTS = 400


def some(numbers, most):
    return bytes(numbers.randrange(256) for _ in range(numbers.randrange(1, most)))


def wrong_bits(numbers, octets):
    """One to three, as a parity error leaves them."""
    octets = bytearray(octets)
    for _ in range(numbers.randrange(1, 4)):
        octets[numbers.randrange(len(octets))] ^= 1 << numbers.randrange(8)
    return bytes(octets)


def breaks(numbers, octets):
    """The line is down for an octet or some: 00."""
    at, count = numbers.randrange(len(octets)), numbers.randrange(1, 4)
    return octets[:at] + bytes(count) + octets[at + count:]


def lose(numbers, octets):
    at = numbers.randrange(len(octets))
    return octets[:at] + octets[at + numbers.randrange(1, 6):]


def double(numbers, octets):
    at = numbers.randrange(1, len(octets))
    return octets[:at] + octets[max(0, at - numbers.randrange(1, 6)):]


def insert(numbers, octets):
    at = numbers.randrange(1, len(octets))
    return octets[:at] + some(numbers, 6) + octets[at:]


def marks(numbers, octets):
    """An octet as PARMRK would mark it: FF 00 before it."""
    at = numbers.randrange(1, len(octets) - 1)
    return octets[:at] + b"\xff\x00" + octets[at:]


def flags(numbers, octets):
    """The octet that ends a frame, in its middle."""
    at = numbers.randrange(1, len(octets) - 1)
    return octets[:at] + b"\x7e" + octets[at:]


def cut_short(numbers, octets):
    return octets[:numbers.randrange(1, len(octets) - 1)]


def scramble(numbers, octets):
    """A stretch of it is something else."""
    at, other = numbers.randrange(1, len(octets)), some(numbers, 20)
    return octets[:at] + other + octets[at + len(other):]


DAMAGES = (wrong_bits, breaks, lose, double, insert, marks, flags, cut_short, scramble)


class Line:
    """What comes out of a bad line: a third of the lists damaged, noise in front of a third."""

    def __init__(self, meter, seed):
        self.numbers = random.Random(seed)
        self.octets = b""
        self.sound, self.damaged = [], []
        for power in range(1000, 1000 + LISTS):
            kind = self.numbers.randrange(6)
            message = meter.list1(power) if kind < 4 else meter.list2(power_active_import=power) if kind < 5 else \
                meter.list3(power_active_import=power)
            octets = message.octets
            if self.numbers.randrange(3) == 0:
                octets = self.numbers.choice(DAMAGES)(self.numbers, octets)
            (self.sound if octets == message.octets else self.damaged).append(message)
            self.octets += (some(self.numbers, 80) if self.numbers.randrange(3) == 0 else b"") + octets
        # a damaged length may have announced 2047 octets, and what was hidden behind it comes with them
        last = [meter.list2(power_active_import=1) for _ in range(20)]
        self.octets += b"".join(message.octets for message in last)
        self.last = last[-1]
        self.damaged += last[:-1]

    def check(self, readings):
        """Every sound list, in order; of the others only what is right all the same, as when a flag was hit."""
        came = [said_by(m) for m in readings]
        sound = [values_of(m) for m in self.sound]
        known = sound + [values_of(m) for m in self.damaged + [self.last]]
        for values in came:
            assert values in known, f"nobody said this: {values}"
        assert [values for values in came if values in sound] == sound


@pytest.mark.background
def test_noise(rig):
    """Sound frames are all read, damaged ones are counted, and nothing is published that nobody said."""
    street = Street(rig, PORTS, sections={"log": {"level": "debug"}})
    street.hear([street.talk(n, 1) for n in range(PORTS)])
    lines = [Line(street.meters[n], 1000 * given("SEED", 1) + n) for n in range(PORTS)]
    mark = street.watcher.mark()
    with Row(f"noise: {PORTS} x {LISTS} lists, a third damaged", street.daemon, None) as row:
        row.loud = PORTS  # that many frames are damaged is told where a minute ends in the middle of it
        for n, line in enumerate(lines):
            street.ports[n].write(line.octets)
        row.over()
        row.right("all sound lists", lambda: all(street.came(n, line.last, mark) for n, line in enumerate(lines)))
        for n, line in enumerate(lines):
            line.check(street.readings(n, mark))
        row.lost("sound lists", 0)
        row.missed("damaged lists", sum(len(line.damaged) for line in lines) - 19 * PORTS)
    check_counters(street, lines)


def check_counters(street, lines):
    """What they are is told with a problem, so each port is lost."""
    mark = street.watcher.mark()
    for n, line in enumerate(lines):
        street.ports[n].unplug()
        ok = len(street.readings(n))
        octets = len(street.said[n][0].octets) + len(line.octets)
        street.watcher.expect(f"han/m{n}/diagnostics/bytes", str(octets), since=mark)
        street.watcher.expect(f"han/m{n}/diagnostics/frames_ok", str(ok), since=mark)
        assert 0 < int(street.watcher.expect(f"han/m{n}/diagnostics/crc_errors", since=mark).payload)


@pytest.mark.background
def test_left_by_another(rig):
    """Whatever another program has left of a port's settings: each octet passes as it is."""
    port = rig.port()
    left = termios.tcgetattr(port.slave)
    left[0] = termios.INPCK | termios.PARMRK | termios.ISTRIP | termios.IXON | termios.IXOFF | termios.ICRNL | \
        termios.INLCR | termios.IGNBRK | termios.BRKINT | termios.IGNPAR
    left[3] = termios.ICANON | termios.ECHO | termios.ISIG | termios.IEXTEN
    termios.tcsetattr(port.slave, termios.TCSANOW, left)
    street = Street(rig, 1, [port])
    message = street.meters[0].list2(power_active_import=0x0D0A1113, power_active_export=0x037E7D1A,
                                     power_reactive_import=0x0004FF7F, power_reactive_export=0xFF00FFFF)
    street.say(0, message)
    street.hear([message])
    assert termios.tcgetattr(port.slave)[0] == 0
