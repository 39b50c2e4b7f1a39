"""Many meters on one daemon, on ports and on serial servers, one of which brings nothing but garbage."""
import contextlib
import json
import random
import threading

import pytest

import kaifa
from rig import config, until
from test_tcp import Server

HALF = 20  # of the meters, on ports and on serial servers
LISTS = 12


class Babble:
    """Octets without sense on a port, as fast as they are read."""

    def __init__(self, port, seed):
        self.port = port
        self.octets = random.Random(seed).randbytes(1 << 16)
        self.written = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._babble, daemon=True)
        self._thread.start()

    def _babble(self):
        while not self._over.is_set():
            self.port.write(self.octets)
            self.written += len(self.octets)

    def stop(self):
        self._over.set()
        self._thread.join()


def identity(number):
    return f"69706314000{number:05}"


def name(number):
    return f"m{number:02}"


def power(number, turn):
    """A value that tells whose it is, and which list it is from."""
    return 1000 * (number + 1) + turn


def read_of(watcher, number):
    """The readings of one meter, in order: whose they say they are, and their power."""
    readings = (json.loads(m.payload) for m in watcher.messages(f"han/{name(number)}/reading"))
    return [(r["meter_id"], r["values"]["power_active_import"]) for r in readings]


@pytest.fixture(name="servers")
def fixture_servers():
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(contextlib.closing(Server())) for _ in range(HALF)]


def test_crowd(rig, servers):
    """Every list of every meter arrives, in order, and as its own; so does the first after the garbage."""
    broker = rig.broker()
    watcher = rig.watch(broker)
    ports = [rig.port() for _ in range(HALF + 1)]
    lines = [*ports[:HALF], *servers]
    devices = [p.path for p in ports[:HALF]] + [f"tcp://127.0.0.1:{s.port}" for s in servers] + [ports[HALF].path]
    babbler = len(devices) - 1
    rig.daemon(config(broker.port, *devices, meters={name(n): {} for n in range(len(devices))}))
    for server in servers:
        server.connection()
    babble = Babble(ports[HALF], 1)
    meters = [kaifa.Meter(identity(n)) for n in range(babbler)]
    for turn in range(LISTS):
        for number, (line, meter) in enumerate(zip(lines, meters)):
            line.write(meter.list2(power_active_import=power(number, turn)).octets)
        until("more garbage", lambda before=babble.written: babble.written > before)
    for number in range(babbler):
        owed = [(identity(number), power(number, turn)) for turn in range(LISTS)]
        until(f"all lists of {name(number)}", lambda n=number, owed=owed: len(read_of(watcher, n)) >= len(owed))
        assert read_of(watcher, number) == owed
    assert not watcher.messages(f"han/{name(babbler)}/.*")
    babble.stop()
    ports[HALF].write(kaifa.Meter(identity(babbler)).list2(power_active_import=7).octets)
    watcher.expect(f"han/{name(babbler)}/reading")
    assert read_of(watcher, babbler) == [(identity(babbler), 7)]
    state = watcher.state()
    for number in range(babbler):
        assert state[f"han/{name(number)}/meter_id"] == identity(number)
        assert state[f"han/{name(number)}/power_active_import"] == str(power(number, LISTS - 1))
