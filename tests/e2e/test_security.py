"""Who can write what, and what comes of it: the threats of hanmqttd-security(7), in its order.

Those that have their tests elsewhere: a meter without the key, replay (test_encryption), commands (test_commands),
names of another meter (test_identity, test_several_meters), certificates (test_tls), key files (test_login,
test_configuration), passwords in logs (test_journal, test_tls), the unit's sandbox (tests/system).
"""
import contextlib
import datetime
import json
import os
import pathlib
import random
import re
import socket
import struct
import threading

import pytest

import kaifa
from dlms import A, V, W, WH, date, element, hdlc, notification, telegram, text, u16, u32
from programs import SANITIZED
from rig import config, talking, until

METER = "7359992890941742"
MEMORY_KB = 4096  # more than that has been kept
TOPICS = re.compile(r"han/bridge/[^/]+/(availability|info)"
                    r"|han/(?!bridge/)[^/]+/([a-z][a-z0-9_]*|obis/(\d+-\d+:\d+(\.\d+)+|item\d\d)|diagnostics/[a-z_]+)"
                    r"|homeassistant/device/hanmqttd_[A-Za-z0-9_-]+/config")


def clean(name):
    """As a topic: no level more, no wildcard, nothing that a terminal obeys."""
    return not re.search(r"[\x00-\x1f\x7f-\x9f+#]", name) and TOPICS.fullmatch(name)


# ---- who can write to the bus ----

def values(number, power, *more):
    """A list as an honest meter would say it, with this number."""
    return notification([
        element("1-1:0.2.129.255", text("AIDON_V0001")), element("0-0:96.1.0.255", text(number)),
        element("0-0:96.1.7.255", text("6534")), element("1-0:1.7.0.255", u32(power), 0, W), *more])


def whole(number, power):
    """One with all kinds of values."""
    return values(number, power, element("1-0:31.7.0.255", u16(17), -1, A), element("1-0:32.7.0.255", u16(2303), -1, V),
                  element("0-0:1.0.0.255", date(datetime.datetime(2026, 1, 15, 14))),
                  element("1-0:1.8.0.255", u32(1234567), 1, WH))


def reading(house, number, power=1500):
    house.port.write(hdlc(values(number, power)))


def damage(dice, apdu):
    """Octets that are others, missing, or more; but never in the meter's number, whose change would be another's."""
    octets = bytearray(apdu)
    number = apdu.index(METER.encode())
    for _ in range(dice.randrange(1, 4)):
        at = dice.randrange(len(octets))
        if number - 9 <= at < number + len(METER):
            continue
        kind = dice.randrange(3)
        if kind == 0:
            octets[at] = dice.choice((0, 1, 2, 9, 10, 0x7f, 0x80, 0x82, 0xff, dice.randrange(256)))
        elif at > number:
            octets[at:at + kind - 1] = dice.randbytes(2) if kind == 2 else b""
            octets[at:at + 1] = b"" if kind == 1 else octets[at:at + 1]
    return bytes(octets)


def test_frames_that_lie(house):
    """Lists with right checks and any content: clean topics, JSON that is JSON, and the next honest list is right."""
    dice = random.Random(7)
    reading(house, METER)
    house.watcher.expect(f"han/{METER}/power_active_import", "1500")
    before = house.daemon.memory_kb()
    for _ in range(30):
        house.port.write(b"".join(hdlc(damage(dice, whole(METER, dice.randrange(9000)))) for _ in range(40)))
    mark = house.watcher.mark()
    reading(house, METER, 4711)
    house.watcher.expect(f"han/{METER}/power_active_import", "4711", since=mark, timeout=30)
    house.watcher.barrier()
    for m in house.watcher.since():
        assert m.topic == house.watcher.MARKER or clean(m.topic), m.topic
        if m.topic.endswith(("/reading", "/info", "/hourly", "/config")) and m.payload:
            json.loads(m.payload)
    assert SANITIZED or house.daemon.memory_kb() - before < MEMORY_KB


ODD = ["a/b/c", "../../etc", "+", "#", "a+b#c", "$SYS/x", "bridge", " ", "\x1b[2J\x07", "a\nb: error: forged", "\x7f",
       '"},"x":{"', "\\", "%s%n%d", "'; DROP TABLE hours; --", "x" * 120]


@pytest.mark.parametrize("number", ODD, ids=range(len(ODD)))
def test_number_that_is_none(rig, number):
    """Whatever a meter calls itself is one level of the topics, a text in JSON, and one line in the log."""
    house = rig.house()
    reading(house, number)
    if number != "bridge":  # that is no meter's name: it will get its port's
        house.watcher.expect("homeassistant/.*/config")
    house.watcher.barrier()
    topics = {m.topic for m in house.watcher.since()} - {house.watcher.MARKER}
    assert all(clean(t) for t in topics), topics
    assert len({t.split("/")[1] for t in topics if t.startswith("han/")} - {"bridge"}) == (number != "bridge")
    for m in house.watcher.since():
        if m.topic.endswith(("/reading", "/info", "/config")):
            parsed = json.loads(m.payload)
            assert "x" not in parsed and "x" not in parsed.get("values", {})
    for line in house.daemon.log.since():
        assert line.text.startswith("hanmqttd: ") and not re.search(r"[\x00-\x1f\x7f]", line.text), line.text


def test_texts_that_are_none(house):
    """A message for the customer, as P1 meters show it, may hold anything: it stays within its payload."""
    hostile = '"}\n\0' + "\x1b[31m" + "{}\\" + "\x80\xff"
    lines = ("0-0:1.0.0(260115140000W)", "0-0:96.1.1(4530303434303037)", "1-0:1.7.0(00.193*kW)",
             f"0-0:96.13.0({hostile.encode('latin-1').hex().upper()})")
    house.port.write(telegram(*lines))
    house.watcher.expect("han/4530303434303037/power_active_import", "193")
    house.watcher.barrier()
    said = [m for m in house.watcher.since() if m.topic != house.watcher.MARKER]
    assert all(clean(m.topic) for m in said)
    for m in said:
        if m.topic.endswith(("/reading", "/info", "/config")):
            json.loads(m.payload)
    for line in house.daemon.log.since():
        assert not re.search(r"[\x00-\x1f\x7f]", line.text), line.text


def test_many_numbers(house):
    """Who pretends to be two hundred meters gets no memory for it, and the true one is read afterwards."""
    reading(house, METER)
    house.watcher.expect(f"han/{METER}/power_active_import", "1500")
    before = house.daemon.memory_kb()
    for number in range(200):
        reading(house, f"{number:016}")
    reading(house, METER, 4711)
    house.watcher.expect(f"han/{METER}/power_active_import", "4711")
    assert SANITIZED or house.daemon.memory_kb() - before < MEMORY_KB


# ---- who can write to the broker ----

@pytest.mark.parametrize("payload", [
    pytest.param(b"\0" * (1 << 20), id="a MiB"), pytest.param(b"[" * 60000, id="nested"),
    pytest.param(bytes(range(256)) * 100, id="binary"), pytest.param(b'{"components":' * 4000, id="nested objects"),
    pytest.param(b'{"origin":{"name":"hanmqttd"},"components":' + b"[" * 900 + b"]" * 900 + b"}", id="ours, nested"),
    pytest.param(b'{"origin":{"name":"hanmqttd"},"device":7,"components":{"\xff":null,"x":{"platform":[]}}}', id="types")])
def test_messages_that_lie(rig, payload):
    """On every topic that the daemon looks at: it goes on, and what it publishes is right at the end."""
    broker = rig.broker()
    watcher = rig.watch(broker)
    topics = [f"han/{METER}/{name}" for name in ("energy_active_live_import", "energy_active_cum_import", "hourly",
                                                 "info", "power_active_import", "obis/1-0:99.99.99.255")]
    topics += [f"homeassistant/device/hanmqttd_{METER}/config", "homeassistant/sensor/hanmqttd_x/power/config",
               "homeassistant/status", "han/bridge/daemon/command/announce", "han/bridge/daemon/command/power_cycle",
               "han/bridge/daemon/info"]
    for topic in topics:
        watcher.publish(topic, payload, retain=True)
    port = rig.port()
    daemon = rig.daemon(rig.setting(broker, port, mqtt={"client-id": "daemon", "commands": "yes"}))
    watcher.expect("han/bridge/daemon/availability", "online")
    meter = kaifa.Meter(METER)
    mark = watcher.mark()
    port.write(meter.list3().octets)
    watcher.expect(f"homeassistant/device/hanmqttd_{METER}/config", since=mark, timeout=30)
    for topic in topics[-6:]:
        watcher.publish(topic, payload)
    port.write(meter.list2(power_active_import=31).octets)
    watcher.expect(f"han/{METER}/power_active_import", "31", since=mark)
    kept = broker.retained()
    assert kept[f"han/{METER}/energy_active_live_import"].payload == "48211.337"
    json.loads(kept[f"homeassistant/device/hanmqttd_{METER}/config"].payload)
    json.loads(kept["han/bridge/daemon/info"].payload)
    assert SANITIZED or daemon.memory_kb() < 32768
    assert all(len(line.text) < 1000 for line in daemon.log.since())


def answers(dice):
    """What a broker that is none says after its first words: true packets with wrong contents, and noise."""
    string = struct.pack(">H", 5) + b"han/#"
    yield from (b"\x90\x03\xff\xff\x00", b"\x40\x02\x12\x34", b"\x62\x02\x12\x34", b"\x50\x02\x00\x00",
                b"\xd0\x00" * 500, b"\xd0\x7f", b"\x30\xff\xff\xff\xff", b"\x30\xff\xff\xff\x7f" + b"x" * 100,
                b"\x30" + bytes((len(string) + 1,)) + string + b"\0", b"\x30\x02\x00\x00", b"\x36\x05\x00\x01a\x00\x01",
                b"\x30\x04\x00\x02\xff\xfe", b"\x30\x04\x00\x02\x00a", b"\xe0\x02\x8b\x00", b"\xe0\x00", b"\xf0\x00",
                b"\x20\x03\x00\x00\x00", b"\x10\x00", b"\x82\x00", b"\x30\x09\x00\x01a\x7f" + b"\xff" * 5)
    while True:
        yield dice.randbytes(dice.randrange(1, 400))


class NoBroker:
    """Listens, greets as a broker does, and then says what none would; each connection something else."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.said = 0
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        words = answers(random.Random(3))
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self.socket.accept()
                with peer, contextlib.suppress(OSError):
                    peer.settimeout(1)
                    peer.recv(4096)
                    peer.sendall(b"\x20\x03\x00\x00\x00" + next(words))  # CONNACK of version 5
                    while peer.recv(4096):
                        pass
                self.said += 1

    def close(self):
        self.socket.close()
        self.thread.join(2)


def test_broker_that_is_none(rig):
    """What calls itself a broker may say anything: the port is read, memory stays, a true broker is served next."""
    port = rig.port()
    impostor = rig.keep(NoBroker())
    daemon = rig.daemon(config(impostor.port, port.path, log={"level": "debug", "frames": "yes"}))
    until("some conversations", lambda: impostor.said >= 4, 60)
    message = kaifa.Meter(METER).list2()
    port.write(message.octets)
    daemon.saw(message)
    assert SANITIZED or daemon.memory_kb() < 32768
    broker = rig.broker()
    watcher = rig.watch(broker)
    daemon.reload(rig.setting(broker, port))
    def served(seen):
        return any(m.topic == f"han/{METER}/power_active_import" for m in seen)
    watcher.wait("values", talking(port, lambda: message.octets, served), timeout=30)


# ---- who can write to the machine ----

def test_symlinks_in_the_state_directory(rig):
    """What lies there under its files' names is not followed: neither read nor written through."""
    state = rig.directory("state")
    broker, port = rig.broker(), rig.port()
    watcher = rig.watch(broker)
    env = {"STATE_DIRECTORY": str(state)}
    first = rig.daemon(rig.setting(broker, port, publish={"capacity-peaks": "yes"}), env=env)
    port.write(kaifa.Meter(METER).list3().octets)
    watcher.expect(f"han/{METER}/hourly")
    assert first.stop()[0] == 0
    names = sorted(p.name for p in state.iterdir())
    assert len(names) >= 2 and "hourly.db" in names
    elsewhere = rig.directory("elsewhere")
    for path in state.iterdir():
        target = elsewhere / path.name
        path.rename(target)
        path.symlink_to(target)
        (state / (path.name + ".new")).symlink_to(elsewhere / (path.name + ".new"))
    before = {p.name: p.read_bytes() for p in elsewhere.iterdir()}
    mark = watcher.mark()
    daemon = rig.daemon(rig.setting(broker, port, publish={"capacity-peaks": "yes"}), env=env)
    for power in (31, 32):
        port.write(kaifa.Meter("6970631400000016").list3(power_active_import=power).octets)
        watcher.expect("han/6970631400000016/power_active_import", str(power), since=mark)
    daemon.expect_line("hourly|spool", "symbolic|link|ELOOP", levels=("warning", "error"))
    assert daemon.stop()[0] == 0
    assert {p.name: p.read_bytes() for p in elsewhere.iterdir()} == before


def test_fifo_in_the_state_directory(rig):
    """Nothing that lies there stops the start."""
    state = rig.directory("state")
    broker, port = rig.broker(), rig.port()
    env = {"STATE_DIRECTORY": str(state)}
    first = rig.daemon(rig.setting(broker, port), env=env)
    watcher = rig.watch(broker)
    port.write(kaifa.Meter(METER).list2().octets)
    watcher.expect(f"han/{METER}/reading")
    assert first.stop()[0] == 0
    for path in state.iterdir():
        path.unlink()
        os.mkfifo(path)
    mark = watcher.mark()
    rig.daemon(rig.setting(broker, port), env=env)
    port.write(kaifa.Meter(METER).list2(power_active_import=31).octets)
    watcher.expect(f"han/{METER}/power_active_import", "31", since=mark)


def test_no_secret_among_its_strings(rig):
    """Neither the command line nor the environment, which others may read, holds a password or a key."""
    credentials = rig.directory("credentials")
    for name, secret in (("mqtt-password", "tr0ub4dor"), ("key", "0f1e2d3c4b5a69788796a5b4c3d2e1f0")):
        (credentials / name).write_text(secret + "\n", encoding="ascii")
        (credentials / name).chmod(0o600)
    house = rig.house(mqtt={"username": "meter"}, env={"CREDENTIALS_DIRECTORY": str(credentials)})
    house.feed(kaifa.Meter(METER).list2())
    for name in ("cmdline", "environ", "comm"):
        said = pathlib.Path(f"/proc/{house.daemon.pid}/{name}").read_bytes().lower()
        assert b"tr0ub4dor" not in said and b"0f1e2d3c" not in said
