"""A serial server on the network instead of a port: device = tcp://HOST:PORT."""
import contextlib
import json
import re
import select
import shutil
import socket
import subprocess
import sys
import threading
import time

import pytest

import kaifa
from programs import HANMQTTD, TOP
from rig import PATIENCE, Record, config, environment, free_port, pause

METER = "6970631400000017"
BASE = f"han/{METER}"


class Call:
    """One connection."""

    def __init__(self, connection):
        self.time = time.monotonic()
        self.socket = connection
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Server(Record):
    """Listens like ser2net. Its entries are the calls, in order; what is written goes to the newest."""

    def __init__(self, host="127.0.0.1", port=None, greet=lambda call: None):
        super().__init__("calls")
        self.family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.host, self.port = host, port or free_port()
        self.greet = greet
        self.door = self._wake = self._thread = None
        self.open()

    def open(self):
        self.door = socket.socket(self.family, socket.SOCK_STREAM)
        self.door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.door.bind((self.host, self.port))
        self.door.listen(5)
        self._wake = socket.socketpair()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self):
        while self._wake[1] not in select.select([self.door, self._wake[1]], [], [])[0]:
            call = Call(self.door.accept()[0])
            self.greet(call)
            self.add(call)

    def connection(self, since=0):
        """The first since then, awaited."""
        return self.wait("call", lambda seen: seen and seen[0], since, 15 + PATIENCE)

    def write(self, octets):
        self.since()[-1].socket.sendall(octets)

    def hang_up(self):
        for call in self.since():
            call.socket.close()

    def close(self):
        """Stops listening and hangs up."""
        if not self.door:
            return
        self._wake[0].send(b"x")
        self._thread.join()
        for s in (self.door, *self._wake):
            s.close()
        self.door = None
        self.hang_up()


class Place:
    """A broker, somebody who watches it, and the daemon, whose meter is at this address."""

    def __init__(self, rig, address, **options):
        self.broker = rig.broker()
        self.watcher = rig.watch(self.broker)
        self.daemon = rig.daemon(config(self.broker.port, address, **options))

    def feed(self, server, message):
        """Says it, and waits for the values."""
        mark = self.watcher.mark()
        server.write(message.octets)
        self.watcher.expect(f"{BASE}/reading", since=mark)
        return mark


@pytest.fixture(name="server")
def fixture_server():
    server = Server()
    yield server
    server.close()


def address(server, host="127.0.0.1"):
    return f"tcp://{host}:{server.port}"


def test_values(rig, server):
    """Values arrive as from a port; of the line's settings nothing is said, as they are not known."""
    place = Place(rig, address(server))
    place.daemon.expect_line(re.escape(address(server)), "open", levels=["info"])
    server.connection()
    mark = place.feed(server, kaifa.Meter(METER).list2())
    place.watcher.expect(f"{BASE}/power_active_import", "1527", since=mark)
    place.watcher.expect(f"{BASE}/availability", "online")
    info = json.loads(place.watcher.expect(f"{BASE}/info").payload)
    assert info["line"] == {"device": address(server)}
    place.watcher.expect(f"{BASE}/diagnostics/problem", "ok")
    place.daemon.expect_status(METER, re.escape(address(server)))
    assert not re.search("8N1|2400", place.daemon.status())
    for line in place.daemon.lines(re.escape(address(server))):
        assert not re.search("8N1|2400", line.text), line
    assert len(server.since()) == 1


def test_octet_by_octet(rig, server):
    """A bridge may send each octet as it comes: nothing is lost, and nothing waits for more."""
    place = Place(rig, address(server))
    server.connection()
    place.feed(server, kaifa.Meter(METER).list2())
    mark = place.watcher.mark()
    for octet in kaifa.Meter(METER).list1(4242).octets:
        server.write(bytes([octet]))
        pause(0.002)
    place.watcher.expect(f"{BASE}/power_active_import", "4242", since=mark, timeout=1.5)


def test_name_and_second_address(rig):
    """localhost has two addresses on most machines: the one that answers is found."""
    server = Server()
    with contextlib.closing(server):
        place = Place(rig, f"tcp://localhost:{server.port}")
        server.connection()
        place.feed(server, kaifa.Meter(METER).list2())


def test_ipv6(rig):
    """An IPv6 address stands in brackets."""
    try:
        server = Server("::1")
    except OSError as error:
        pytest.skip(f"no IPv6 here: {error}")
    with contextlib.closing(server):
        place = Place(rig, f"tcp://[::1]:{server.port}")
        server.connection()
        place.feed(server, kaifa.Meter(METER).list2())


def test_server_restarts(rig, server):
    """The connection breaks: offline at once, one line; when the server is back the values are, too."""
    place = Place(rig, address(server))
    server.connection()
    place.feed(server, kaifa.Meter(METER).list2())
    mark, connections = place.watcher.mark(), server.mark()
    server.close()
    place.watcher.expect(f"{BASE}/availability", "offline", since=mark, timeout=3)
    place.watcher.expect(f"{BASE}/diagnostics/problem", since=mark)
    place.daemon.expect_line(re.escape(address(server)), "lost", levels=["warning"])
    place.daemon.expect_status(re.escape(address(server)), "refused")
    server.open()
    server.connection(connections)
    mark = place.feed(server, kaifa.Meter(METER).list1(77))
    place.watcher.expect(f"{BASE}/power_active_import", "77", since=mark)
    place.watcher.expect(f"{BASE}/availability", "online")
    place.watcher.expect(f"{BASE}/diagnostics/problem", "ok", since=mark)


def test_cut_in_a_frame(rig, server):
    """Half a frame before the connection broke and half after it make no message."""
    place = Place(rig, address(server))
    server.connection()
    meter = kaifa.Meter(METER)
    place.feed(server, meter.list2())
    mark, connections = place.watcher.mark(), server.mark()
    octets = meter.list2(power_active_import=6666).octets
    server.write(octets[:60])
    pause(0.1)
    lines = place.daemon.log.mark()
    server.hang_up()
    server.connection(connections)
    place.daemon.expect_line(re.escape(address(server)), "lost", since=lines, levels=["warning"])
    place.daemon.expect_line(re.escape(address(server)), "open", since=lines, levels=["info"])
    server.write(octets[60:] + meter.list1(7).octets)
    place.watcher.expect(f"{BASE}/power_active_import", "7", since=mark)
    assert "6666" not in {m.payload for m in place.watcher.messages(r".*", mark)}


@pytest.mark.background
def test_refuses(rig):
    """Nobody listens: growing delays up to a limit, one line for people, and the status says why."""
    port = free_port()
    place = Place(rig, f"tcp://127.0.0.1:{port}", log={"level": "debug"})
    where = f"tcp://127.0.0.1:{port}"
    place.daemon.expect_status(where, "refused")
    lines = place.daemon.log.wait("six attempts", lambda _: (lambda tried: len(tried) >= 6 and tried)(
        place.daemon.lines(where, "refused")), timeout=60)
    gaps = [b.time - a.time for a, b in zip(lines, lines[1:])]
    assert all(longer > shorter * 0.9 for shorter, longer in zip(gaps, gaps[1:])), gaps
    assert gaps[3] > gaps[0] * 1.9, gaps
    assert sum(line.level != "debug" for line in lines) == 1
    server = Server(port=port)
    with contextlib.closing(server):
        server.connection()
        place.feed(server, kaifa.Meter(METER).list2())


@pytest.mark.background
def test_hangs_up_at_once(rig):
    """A server that takes the call and hangs up is called ever more rarely, and told once."""
    server = Server(greet=lambda call: call.socket.close())
    with contextlib.closing(server):
        place = Place(rig, address(server))
        calls = server.wait("five calls", lambda seen: len(seen) >= 5 and seen, timeout=40)
        gaps = [b.time - a.time for a, b in zip(calls, calls[1:])]
        assert gaps[-1] > 3, gaps  # the first is half a second, or what a busy machine makes of it
        told = [line for line in place.daemon.lines(re.escape(address(server)))
                if line.level in ("info", "warning", "error")]
        assert len(told) <= 3, "\n".join(map(str, told))


@pytest.mark.background
def test_never_answers(rig):
    """A peer that takes no call and refuses none: it is told, everything else goes on, and the stop is quick."""
    with socket.socket() as deaf, contextlib.ExitStack() as stack:
        deaf.bind(("127.0.0.1", free_port()))
        deaf.listen(0)
        for _ in range(3):  # its queue is full: what else comes is dropped
            caller = stack.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(deaf.getsockname())
        where = f"tcp://127.0.0.1:{deaf.getsockname()[1]}"
        place = Place(rig, where)
        place.daemon.expect_status(where, "broker connected")
        place.daemon.expect_line(where, "timed out", levels=["warning"], timeout=10 + PATIENCE)
        place.daemon.expect_status(where, "timed out")
        status, seconds = place.daemon.stop()
        assert status == 0 and seconds < 2


def test_several(rig, server):
    """A meter on the network and one on a port, side by side; when one is lost the other is read on."""
    port = rig.port()
    broker = rig.broker()
    watcher = rig.watch(broker)
    daemon = rig.daemon(config(broker.port, address(server), port.path,
                               meters={"far": {"name": "far"}, "near": {"name": "near"}}))
    server.connection()
    server.write(kaifa.Meter(METER).list2().octets)
    port.write(kaifa.Meter("6970631400000018").list2().octets)
    watcher.expect("han/far/reading")
    watcher.expect("han/near/reading")
    server.close()
    watcher.expect("han/far/availability", "offline")
    mark = watcher.mark()
    port.write(kaifa.Meter("6970631400000018").list1(5).octets)
    watcher.expect("han/near/power_active_import", "5", since=mark)
    assert daemon.stop()[0] == 0


def test_stop(rig, server):
    """Connected, waiting, or calling: the stop takes no two seconds."""
    place = Place(rig, address(server))
    server.connection()
    status, seconds = place.daemon.stop()
    assert status == 0 and seconds < 2
    assert server.since()[0].socket.recv(1) == b""  # it hung up


def deaf_resolver():
    """The words before a command that sees no name server answer; see the file."""
    words = ("unshare", "--net", sys.executable, str(TOP / "tests/support/deaf-resolver.py"))
    if not shutil.which("ip") or subprocess.run([*words, "true"], stdin=subprocess.DEVNULL, check=False,
                                                capture_output=True).returncode != 0:
        pytest.skip("no network namespace of its own here (not root, or no ip)")
    return words


@pytest.mark.background
def test_lookup_hangs(rig):
    """The name's lookup hangs: it is told, a port beside it is read meanwhile, and the stop is quick."""
    port = rig.port()
    daemon = rig.daemon(config(1883, "tcp://meter.example.org:2000", port.path,
                               meters={"far": {}, "near": {}}, log={"level": "debug", "frames": "yes"}),
                        wrap=deaf_resolver())
    message = kaifa.Meter(METER).list2()
    port.write(message.octets)
    daemon.saw(message, timeout=2)
    daemon.expect_line("tcp://meter.example.org:2000", "timed out|no name server", levels=["warning"],
                       timeout=15 + PATIENCE)
    status, seconds = daemon.stop()
    assert status == 0 and seconds < 2


@pytest.mark.parametrize("value, accepted", [
    ("tcp://meter:2000", True), ("tcp://[fe80::1%eth0]:2000", True), ("TCP://192.0.2.1:1", True),
    ("tcp://meter", False), ("tcp://meter:0", False), ("tcp://meter:65536", False), ("tcp://:2000", False),
    ("tcp://meter:telnet", False), ("tcp://::1:2000", False), ("tcp://meter:2000/x", False),
    ("udp://meter:2000", False), ("meter:2000", False)])
def test_address(rig, value, accepted):
    """A wrong address ends the start with status 78, place and what is accepted."""
    file = rig.directory("config") / "hanmqttd.conf"
    file.write_text(f"[meter]\ndevice = {value}\n", encoding="utf-8")
    checked = subprocess.run([*HANMQTTD, "--config", str(file), "--check"], env=environment(), check=False,
                             capture_output=True, encoding="utf-8")
    assert checked.returncode == (0 if accepted else 78), checked.stderr
    if not accepted:
        assert re.search(rf"{re.escape(str(file))}:2: \[meter\] device: .*tcp://HOST:PORT", checked.stderr)
