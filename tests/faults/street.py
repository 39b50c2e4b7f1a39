"""Many meters of one daemon, each on a port of its own, so that a fault is done to all of them at once.

What each says and what came of it is compared list by list: a reading that is not, value for value, one of the lists
that were said is a mixed one.
"""
import collections
import contextlib
import decimal
import fcntl
import json
import socket
import struct
import termios

import kaifa
from measurements import BY_NAME
from rig import Daemon, PATIENCE, config, pause, until
from test_tcp import Server


def values_of(message):
    """A list as `reading` has it: numbers, without what no value is."""
    return {name: decimal.Decimal(value).scaleb(-BY_NAME[name].decimals)
            for name, value in message.values.items() if isinstance(value, int)}


def said_by(reading):
    """The numbers of a reading, read once."""
    if not hasattr(reading, "numbers"):
        values = json.loads(reading.payload, parse_float=decimal.Decimal, parse_int=decimal.Decimal)["values"]
        reading.numbers = {name: value for name, value in values.items() if isinstance(value, decimal.Decimal)}
    return reading.numbers


class Gateway(Server):
    """A serial server of one meter: an unplugged one has hung up."""

    path = property(lambda self: f"tcp://127.0.0.1:{self.port}")

    def __init__(self, **options):
        super().__init__(**options)
        self.calls = 0

    def plug(self):
        """The next call is awaited."""
        self.connection(self.calls)
        self.calls = self.mark()

    def unplug(self):
        call = self.since()[-1].socket
        call.shutdown(socket.SHUT_RDWR)
        call.close()

    def reset(self):
        """Without a goodbye: RST."""
        call = self.since()[-1].socket
        call.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        call.close()

    def write(self, octets, timeout=None):
        call = self.since()[-1].socket
        call.settimeout(PATIENCE if timeout is None else timeout)
        call.sendall(octets)


def unread(port):
    """How many octets wait in a pty for whoever reads it."""
    return struct.unpack("i", fcntl.ioctl(port.slave, termios.FIONREAD, b"\0" * 4))[0]


class Street:
    """The daemon, its meters, its broker, and somebody who watches that."""

    def __init__(self, rig, count, ports=None, **options):
        self.rig = rig
        self.broker = options.pop("broker", None) or rig.broker()
        self.watcher = rig.watch(self.broker)
        self.ports = ports or [rig.port() for _ in range(count)]
        self.meters = [kaifa.Meter(f"69706314{number:08}") for number in range(count)]
        self.said = [[] for _ in self.ports]
        self._sorted, self._readings = 0, collections.defaultdict(list)
        keys = options.pop("keys", {"baud": 2400, "format": "8N1"})
        text = config(self.broker.port, *(p.path for p in self.ports),
                      meters={f"m{n}": {"name": f"m{n}", **keys} for n in range(len(self.ports))},
                      **options.pop("sections", {}))
        self.daemon = rig.keep(Daemon(rig, text, **options))
        for port in self.ports:
            if isinstance(port, Gateway):
                port.plug()

    def say(self, index, message, octets=None):
        """A list, or what the line made of it."""
        self.said[index].append(message)
        self.ports[index].write(message.octets if octets is None else octets)

    def talk(self, index, power):
        """An undamaged list with that power."""
        message = self.meters[index].list2(power_active_import=power)
        self.say(index, message)
        return message

    def readings(self, index, since=0):
        """Of that meter; each message is looked at once, as there are very many."""
        for m in self.watcher.since(self._sorted):
            if m.topic.endswith("/reading"):
                self._readings[m.topic].append((self._sorted, m))
            self._sorted += 1
        return [m for place, m in self._readings[f"han/m{index}/reading"] if place >= since]

    def came(self, index, message, since=0):
        values = values_of(message)
        return any(said_by(m) == values for m in self.readings(index, since))

    def hear(self, messages, since=0, timeout=None):
        """Waits for one list of each meter."""
        def missing():
            return [n for n, message in enumerate(messages) if not self.came(n, message, since)]
        with contextlib.suppress(AssertionError):
            until("all of them", lambda: not missing(), timeout or 3 * PATIENCE)
        assert not missing(), f"not in time: {[f'm{n}' for n in missing()]}"

    def swallow(self):
        """What was written to the ports has been read: of a pty the kernel says so, once it has passed it on."""
        for _ in range(2):
            pause(0.01)
            until("octets read", lambda: not any(p.master is not None and unread(p) for p in self.ports
                                                 if not isinstance(p, Gateway)))

    def check(self):
        """Nothing came that nobody said, and nothing twice."""
        for n, said in enumerate(self.said):
            known = [values_of(message) for message in said]
            for reading in self.readings(n):
                assert said_by(reading) in known, f"nobody said this: {reading}"
                known.remove(said_by(reading))
