"""Name lookup, connections and brokers may fail or hang; the port is read all the same, and a stop is quick."""
import contextlib
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

import kaifa
from programs import TOP
from rig import ENDED, SANITIZED, config, pause, until
from test_tls import TlsBroker

DEBUG = {"level": "debug", "frames": "yes"}
NAME = "broker.example.invalid"


def read_on(daemon, port, count):
    """The frames of so many lists are seen."""
    meter = kaifa.Meter()
    for power in range(count):
        message = meter.list2(power_active_import=power)
        port.write(message.octets)
        daemon.saw(message)


def test_unknown_name(rig):
    """A broker whose name nobody knows: one line says so, the meter is read, a stop is quick."""
    port = rig.port()
    daemon = rig.daemon(config(1883, port.path, mqtt={"host": NAME}, log=DEBUG))
    read_on(daemon, port, 20)
    status, seconds = daemon.stop()
    assert status == 0
    assert seconds < 2
    assert len(daemon.lines(NAME, levels=("error", "warning", "notice"))) <= 1


def deaf():
    """The words in front of a command that hide all name servers from it."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a network namespace")
    if not shutil.which("unshare") or not shutil.which("ip"):
        pytest.skip("unshare (util-linux) or ip (iproute2) is missing")
    words = ("unshare", "--net", sys.executable, str(TOP / "tests/support/deaf-resolver.py"))
    tried = subprocess.run([*words, "true"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        pytest.skip(f"no network namespace to be had here: {tried.stderr.strip().splitlines()[-1:]}")
    return words


def questions(daemon):
    """Whether a name server has been asked: octets wait on port 53 of the daemon's namespace."""
    for name in ("udp", "udp6"):
        table = pathlib.Path(f"/proc/{daemon.pid}/net/{name}")
        for line in table.read_text(encoding="ascii").splitlines()[1:] if table.exists() else []:
            fields = line.split()
            if fields[1].endswith(":0035") and int(fields[4].split(":")[1], 16) > 0:
                return True
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_resolver_hangs(rig, number):
    """While a name lookup hangs every frame is counted, the watchdog is fed, and a stop takes less than 2 s."""
    port = rig.port()
    daemon = rig.daemon(config(1883, port.path, mqtt={"host": NAME}, log=DEBUG), wrap=deaf(),
                        env={"RES_OPTIONS": "timeout:30 attempts:2", "WATCHDOG_USEC": "500000"})
    until("question to a name server", lambda: questions(daemon))
    read_on(daemon, port, 20)
    mark = daemon.notes.mark()
    daemon.notes.wait("watchdog", lambda seen: sum("WATCHDOG" in n.fields for n in seen) >= 3, mark)
    daemon.expect_status("broker")
    status, seconds = daemon.stop(number)
    assert status == 0
    assert seconds < 2


def test_reload_while_resolver_hangs(rig):
    """SIGHUP with another broker does not wait for the lookup of the old one."""
    port = rig.port()
    settings = {"meter": {"silent-after": 100}, "log": DEBUG}
    daemon = rig.daemon(config(1883, port.path, mqtt={"host": NAME}, **settings), wrap=deaf(),
                        env={"RES_OPTIONS": "timeout:30 attempts:2"})
    until("question to a name server", lambda: questions(daemon))
    daemon.reload(config(1884, port.path, mqtt={"host": "127.0.0.1"}, **settings))
    daemon.expect_line("127.0.0.1", "1884", "refused")
    read_on(daemon, port, 3)
    status, seconds = daemon.stop()
    assert status == 0
    assert seconds < 2


def lives_on(daemon, port):
    """Every frame is counted and the watchdog is fed."""
    mark = daemon.notes.mark()
    read_on(daemon, port, 20)
    daemon.notes.wait("watchdog", lambda seen: sum("WATCHDOG" in n.fields for n in seen) >= 3, mark)


def stops_soon(daemon):
    status, seconds = daemon.stop()
    assert status == 0
    assert seconds < 2


@contextlib.contextmanager
def swallower():
    """A listener whose queue is full, and who fills it: the kernel answers no further SYN."""
    with socket.socket() as door, contextlib.ExitStack() as guests:
        door.bind(("127.0.0.1", 0))
        door.listen(0)
        for _ in range(4):
            guest = guests.enter_context(socket.socket())
            guest.setblocking(False)
            guest.connect_ex(door.getsockname())
        yield door, guests


@pytest.mark.background
def test_syn_unanswered(rig):
    """A broker behind a wall that swallows everything: the meter is read, and after a while one line says that
    nobody answers."""
    with swallower() as (door, _):
        port, broker_port = rig.port(), door.getsockname()[1]
        daemon = rig.daemon(config(broker_port, port.path, log=DEBUG), env={"WATCHDOG_USEC": "500000"})
        lives_on(daemon, port)
        daemon.expect_line(f"port {broker_port}", "no answer", timeout=15)
        lives_on(daemon, port)
        stops_soon(daemon)
        lines = daemon.lines(f"port {broker_port}", levels=("error", "warning", "notice", "info"))
        assert len(lines) == 1, [str(line) for line in lines]


@pytest.mark.background
def test_reload_while_connecting(rig):
    """What waits for the answer to a SYN when another broker, or another login, is set does not log in any more: with
    the same client-id it would throw out the session that took its place."""
    with swallower() as (door, guests):
        port, broker_port = rig.port(), door.getsockname()[1]
        daemon = rig.daemon(config(broker_port, port.path, mqtt={"client-id": "first"}))
        pause(0.5)  # it has sent its SYN
        daemon.reload(config(broker_port, port.path, mqtt={"client-id": "second"}))
        guests.close()
        door.listen(16)
        door.settimeout(15)
        said = [b""]
        while sum(b"MQTT" in words for words in said) < 1 or time.monotonic() < daemon.began + 8:
            client, _ = door.accept()
            with client, contextlib.suppress(OSError):
                said.append(client.recv(4096))
        assert b"first" not in b"".join(said)


def test_stop_while_connecting(rig):
    """A stop does not wait for the answer to a SYN."""
    with swallower() as (door, _):
        port, broker_port = rig.port(), door.getsockname()[1]
        daemon = rig.daemon(config(broker_port, port.path, log=DEBUG))
        read_on(daemon, port, 1)
        stops_soon(daemon)


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
def test_broker_stops_reading(rig, tls):
    """A broker that takes nothing any more, with more to send than the kernel keeps: the meter is read all the
    same, and a stop is quick."""
    if tls:
        broker = TlsBroker(rig)
        keys = {"port": broker.port, "tls": "yes", "ca-file": broker.authority.file}
        broker = broker.plain
    else:
        broker, keys = rig.broker(), {}
    port, meter = rig.port(), kaifa.Meter()
    watcher = rig.watch(broker)
    daemon = rig.daemon(rig.setting(broker, port, mqtt=keys, log=DEBUG), env={"WATCHDOG_USEC": "500000"})
    port.write(meter.list3().octets)
    watcher.expect("han/[^/]+/reading")
    broker.pause()
    octets = b"".join(meter.list2(power_active_import=n).octets for n in range(100))
    for _ in range(20):
        port.write(octets)
    lives_on(daemon, port)
    stops_soon(daemon)
    broker.resume()


@pytest.mark.background
def test_handshake_unanswered(rig):
    """A port that accepts and says nothing, when TLS is expected of it."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = rig.port()
        keys = {"tls": "yes"}
        daemon = rig.daemon(config(door.getsockname()[1], port.path, mqtt=keys, log=DEBUG),
                            env={"WATCHDOG_USEC": "500000"})
        lives_on(daemon, port)
        daemon.expect_line("no answer to the login", timeout=15)
        stops_soon(daemon)


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_hostile_messages(rig, protocol):
    """Messages of any size and content on the topics that are listened to, in any number, do no harm: memory
    stays, and what is meant arrives after them."""
    house = rig.house(mqtt={"protocol": protocol})
    house.feed(kaifa.Meter().list3())
    before = house.daemon.memory_kb()
    topic, dice = "homeassistant/status", random.Random(1)
    for size in (0, 1, 5, 64, 65535, 65536, 65537, 1 << 20, 3 << 20):
        house.watcher.publish(topic, dice.randbytes(size))
    for text in (b"online\0", b"\0online", b"ONLINE", b"online" * 10000, b"\xff\xfe"):
        house.watcher.publish(topic, text)
    for _ in range(500):
        house.watcher.publish(topic, dice.randbytes(30000), qos=0)
    house.watcher.publish(topic, b"", retain=True)
    mark = house.watcher.mark()
    house.watcher.publish(topic, "online")
    house.watcher.expect("homeassistant/device/[^/]+/config", since=mark, timeout=20)
    assert house.daemon.memory_kb() - before < 12000
    lines = house.daemon.lines("is not read", levels=("notice",))
    assert len(lines) == 1, [str(line) for line in lines]


@pytest.mark.background
def test_sessions_are_ended(rig):
    """A broker that ends each session soon after the login, as for a message that it does not allow: a few lines say
    so, and it is tried less and less often."""
    times = []

    def serve():
        with contextlib.suppress(OSError):
            while not ENDED.is_set():
                client, _ = door.accept()
                times.append(time.monotonic())
                with client, contextlib.suppress(OSError):
                    client.recv(4096)
                    client.sendall(b"\x20\x03\x00\x00\x00" b"\xe0\x02\x87\x00")
                    while client.recv(4096):
                        pass

    with socket.create_server(("127.0.0.1", 0)) as door:
        threading.Thread(target=serve, daemon=True).start()
        daemon = rig.daemon(config(door.getsockname()[1], rig.port().path))
        daemon.expect_line("again and again, soon after the login: the broker ends the session: Not authorized",
                           levels=("warning",), timeout=20)
        visits = len(times)
        pause(3)
        assert len(times) - visits <= 1
        lines = daemon.lines("mqtt:", levels=("error", "warning", "notice", "info"))
        assert len(lines) <= 5, [str(line) for line in lines]
        door.shutdown(socket.SHUT_RDWR)


@pytest.mark.background
def test_never_acknowledged(rig):
    """A broker that answers logins and pings, and acknowledges nothing, session after session: after the second one
    it is tried less and less often, and one line says so. When the connection is lost then, no other client did it."""
    clients = []

    def serve():
        with contextlib.suppress(OSError):
            while not ENDED.is_set():
                client, _ = door.accept()
                clients.append(client)
                with client, contextlib.suppress(OSError):
                    client.recv(4096)
                    client.sendall(b"\x20\x03\x00\x00\x00")
                    while octets := client.recv(4096):
                        if b"\xc0\x00" in octets:
                            client.sendall(b"\xd0\x00")

    with socket.create_server(("127.0.0.1", 0)) as door:
        threading.Thread(target=serve, daemon=True).start()
        daemon = rig.daemon(config(door.getsockname()[1], rig.port().path, mqtt={"keepalive": 5}))
        daemon.expect_line("messages are not acknowledged; trying again in 2 s, then ever less often",
                           levels=("warning",), timeout=30)
        mark = daemon.log.mark()
        pause(4)  # in the next session, which is nothing new
        assert not daemon.lines("mqtt:", since=mark)
        clients[-1].shutdown(socket.SHUT_RDWR)
        daemon.expect_line("connection lost; trying again every 2 s", levels=("info",))
        assert not daemon.lines("same client-id")
        door.shutdown(socket.SHUT_RDWR)


@pytest.mark.skipif(SANITIZED, reason="libmosquitto leaves some octets behind")
def test_unknown_property(rig):
    """A packet with a property that MQTT 5 does not have ends the session, and no more than that."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(8)
        daemon = rig.daemon(config(door.getsockname()[1], rig.port().path))
        for _ in range(2):
            client, _ = door.accept()
            with client:
                client.recv(4096)
                client.sendall(b"\x20\x03\x00\x00\x00" b"\xe0\x05\x00\x03\x7f\x00\x00")
                daemon.expect_line("a packet that comes is malformed", levels=("warning",))
        stops_soon(daemon)
