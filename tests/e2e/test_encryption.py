"""Encrypted meters: keys, authentication, replays, and what is said where a key is missing or wrong."""
import re

import pytest

import gcm
from dlms import W, cipher, element, hdlc, mbus, notification, text, u32
from rig import config, talking

METER = "7359992890941742"
KEY = bytes.fromhex("000102030405060708090a0b0c0d0e0f")
AUTH_KEY = bytes.fromhex("d0d1d2d3d4d5d6d7d8d9dadbdcdddedf")
OTHER_KEY = bytes.fromhex("ffeeddccbbaa99887766554433221100")
TITLE = b"KAM\x00\x01\x02\x03\x04"


def plain(power, meter=METER):
    named = [element("0-0:96.1.0.255", text(meter))] if meter else []
    return notification(named + [element("1-0:1.7.0.255", u32(power), 0, W),
                                 element("1-0:2.7.0.255", u32(0), 0, W)])


def message(power, counter, key=KEY, auth_key=None, title=TITLE, meter=METER):
    return hdlc(cipher(plain(power, meter), key, title, counter, auth_key))


def key_file(rig, key, name="key", mode=0o600):
    path = rig.directory("keys") / name
    path.write_text(key.hex() + "\n", encoding="utf-8")
    path.chmod(mode)
    return path


def known(house):
    """The meter is known from a message in clear."""
    house.port.write(hdlc(plain(1)))
    house.watcher.expect(f"han/{METER}/power_active_import", "1")
    house.watcher.barrier()
    return house.watcher.mark()


def problem(house, says, since):
    return house.watcher.wait(f"problem {says}", lambda seen: [
        m for m in seen if m.topic == f"han/{METER}/diagnostics/problem" and re.search(says, m.payload)], since)


def test_second_hand():
    """The cipher of these tests is right: FIPS 197, appendix B, and test case 4 of the GCM specification."""
    assert gcm.encrypt_block(bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c"),
                             bytes.fromhex("3243f6a8885a308d313198a2e0370734")).hex() == \
        "3925841d02dc09fbdc118597196a0b32"
    hidden, tag = gcm.seal(
        bytes.fromhex("feffe9928665731c6d6a8f9467308308"), bytes.fromhex("cafebabefacedbaddecaf888"),
        bytes.fromhex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                      "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"),
        bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2"))
    assert hidden.hex().startswith("42831ec2217774244b7221b784d0d49c")
    assert tag.hex() == "5bc94fbc3221a5db94fae95ae7121a47"


@pytest.mark.parametrize("auth_key", [None, AUTH_KEY])
def test_key_file(rig, auth_key):
    """With its keys an encrypted meter is one like others; no key stands in the log, at no level."""
    keys = {"key-file": key_file(rig, KEY)}
    if auth_key:
        keys["auth-key-file"] = key_file(rig, auth_key)
    house = rig.house(meter=keys, log={"level": "debug", "frames": "yes"})
    house.port.write(message(1527, 1, auth_key=auth_key) + message(1528, 2, auth_key=auth_key))
    house.watcher.expect(f"han/{METER}/power_active_import", "1528")
    house.watcher.expect(f"han/{METER}/availability", "online")
    house.watcher.expect(f"homeassistant/device/hanmqttd_{METER}/config")
    assert house.daemon.stop()[0] == 0
    assert not house.daemon.lines(f"{KEY.hex()}|{AUTH_KEY.hex()}")
    assert house.watcher.state()[f"han/{METER}/diagnostics/problem"] == "ok"


def test_mbus(rig):
    """A message in several M-Bus frames is deciphered when it is whole."""
    house = rig.house(meter={"key-file": key_file(rig, KEY)})
    house.port.write(b"".join(mbus(cipher(plain(99), KEY, TITLE, 1), 40)))
    house.watcher.expect(f"han/{METER}/power_active_import", "99")


@pytest.mark.parametrize("section, name", [("", "key"), ("cabin", "cabin-key")])
def test_credential(rig, section, name):
    """Without key-file the key is the systemd credential of the section."""
    broker, port = rig.broker(), rig.port()
    watcher = rig.watch(broker)
    text_ = config(broker.port, port.path, **({"meters": {section: {}}} if section else {}))
    rig.daemon(text_, env={"CREDENTIALS_DIRECTORY": str(key_file(rig, KEY, name, 0o400).parent)})
    port.write(message(77, 1))
    watcher.expect(f"han/{section or METER}/power_active_import", "77")


def test_no_key(rig):
    """Without a key nothing is published; journal, status and `problem` say what to do, and say it once."""
    house = rig.house()
    mark = known(house)
    for n in range(1, 6):
        house.port.write(message(4711, n))
    says = r"encrypted, and no key is given; set key-file in \[meter\]"
    problem(house, says, mark)
    house.daemon.expect_line(says, levels=("warning",))
    house.port.write(hdlc(plain(2)))
    house.watcher.expect(f"han/{METER}/power_active_import", "2", since=mark)
    house.watcher.barrier()
    assert len(house.daemon.lines("no key is given")) == 1
    assert len(problem(house, "", mark)) == 1
    assert not [m for m in house.watcher.since(mark) if m.payload == "4711"]
    assert {m.payload for m in house.watcher.messages(f"han/{METER}/availability", mark)} <= {"online"}


def test_no_key_after_reload(house):
    """A known meter whose messages are refused from the first one on is there all the same."""
    known(house)
    mark = house.watcher.mark()
    house.daemon.reload(config(house.broker.port, house.port.path, publish={"net-power": "yes"}))
    house.watcher.expect(f"han/{METER}/availability", "offline", since=mark)
    house.port.write(message(4711, 1))
    house.watcher.expect(f"han/{METER}/availability", "online", since=mark)


@pytest.mark.background
def test_no_key_ever(rig):
    """A meter that can never be read is there all the same after a minute, under a name made of its port,
    and says what is missing; with the key it gets its own name."""
    house = rig.house()
    sent = iter(range(1, 10000))

    def told(seen):
        return next((m for m in seen if re.fullmatch(r"han/port-[0-9a-z]+/diagnostics/problem", m.topic)), None)
    talk = talking(house.port, lambda: message(4711, next(sent)), told)
    said = house.watcher.wait("problem under the port's name", talk, timeout=75)
    assert "no key is given; set key-file in [meter]" in said.payload
    base = said.topic.rpartition("/diagnostics")[0]
    house.watcher.expect(base + "/availability", "online")
    house.daemon.expect_status("no key is given")
    assert not house.watcher.messages(r"homeassistant/.*")
    mark = house.watcher.mark()
    house.daemon.reload(config(house.broker.port, house.port.path, meter={"key-file": key_file(rig, KEY)}))
    house.watcher.expect(base + "/availability", "offline", since=mark)
    house.port.write(message(4712, next(sent)))
    house.watcher.expect(f"han/{METER}/power_active_import", "4712", since=mark)


@pytest.mark.parametrize("key, auth_key, says", [
    pytest.param(OTHER_KEY, None, r"encrypted with another key; check key-file in \[meter\]", id="no tag"),
    pytest.param(OTHER_KEY, AUTH_KEY, r"encrypted with another key; check key-file in \[meter\]", id="key"),
    pytest.param(KEY, OTHER_KEY, r"tag wrong; check key-file and auth-key-file in \[meter\]", id="auth key"),
])
def test_wrong_key(rig, key, auth_key, says):
    """A wrong key gives no values but a sentence; the right message afterwards is taken."""
    house = rig.house(meter={"key-file": key_file(rig, KEY), "auth-key-file": key_file(rig, AUTH_KEY)})
    mark = known(house)
    house.port.write(message(4711, 1, key, auth_key))
    problem(house, says, mark)
    house.daemon.expect_line(says, levels=("warning",))
    house.port.write(message(5, 1, auth_key=AUTH_KEY))
    house.watcher.expect(f"han/{METER}/power_active_import", "5", since=mark)
    assert not [m for m in house.watcher.since(mark) if m.payload == "4711"]


def test_what_counts_with_both_keys(rig):
    """As hanmqttd-security(7) has it: one without a tag until one with a right tag has come, one in clear at any time."""
    house = rig.house(meter={"key-file": key_file(rig, KEY), "auth-key-file": key_file(rig, AUTH_KEY, "auth-key")})
    for power, octets in ((1, message(1, 1)), (2, message(2, 2, auth_key=AUTH_KEY)), (3, hdlc(plain(3)))):
        house.port.write(octets)
        house.watcher.expect(f"han/{METER}/power_active_import", str(power))
    mark = house.watcher.mark()
    house.port.write(message(4711, 3) + message(4, 4, auth_key=AUTH_KEY))
    house.watcher.expect(f"han/{METER}/power_active_import", "4", since=mark)
    assert not [m for m in house.watcher.since(mark) if m.payload == "4711"]


def test_replay(rig):
    """A message that was sent before is dropped and counted."""
    house = rig.house(meter={"key-file": key_file(rig, KEY)})
    house.port.write(message(1, 10) + message(2, 11))
    house.watcher.expect(f"han/{METER}/power_active_import", "2")
    mark = house.watcher.mark()
    house.port.write(message(1, 10) + message(2, 11) + message(4711, 11))
    problem(house, r"invocation counter did not rise; if .*, set allow-replay in \[meter\]", mark)
    house.port.write(message(3, 12))
    house.watcher.expect(f"han/{METER}/power_active_import", "3", since=mark)
    powers = [m.payload for m in house.watcher.messages(f"han/{METER}/power_active_import", mark)]
    assert powers == ["3"]
    assert len(house.daemon.lines("allow-replay")) == 1


def test_allow_replay(rig):
    """allow-replay takes every counter."""
    house = rig.house(meter={"key-file": key_file(rig, KEY), "allow-replay": "yes"})
    house.port.write(message(1, 10) + message(2, 10) + message(3, 9))
    house.watcher.expect(f"han/{METER}/power_active_import", "3")
    assert not house.daemon.lines("replay")


def test_restart_forgets_counters(rig):
    """A meter whose counter started anew needs no more than a reload with a changed key file."""
    path = key_file(rig, OTHER_KEY)
    house = rig.house(meter={"key-file": path})
    mark = known(house)
    house.port.write(message(4711, 1))
    problem(house, "another key", mark)
    path.write_text(KEY.hex(), encoding="utf-8")
    mark = house.watcher.mark()
    house.daemon.reload()
    house.port.write(message(8, 1))
    house.watcher.expect(f"han/{METER}/power_active_import", "8", since=mark)
    problem(house, "^ok$", mark)
    mark = house.watcher.mark()
    house.daemon.reload()  # nothing has changed: the meter is not disturbed
    house.port.write(message(8, 1) + message(9, 2))
    house.watcher.expect(f"han/{METER}/power_active_import", "9", since=mark)
    assert [m.payload for m in house.watcher.messages(f"han/{METER}/power_active_import", mark)] == ["9"]
    assert house.watcher.messages(f"han/{METER}/availability", mark) == []


def test_keys_after_a_refused_reload(rig):
    """A reload that names a line that is not there leaves a meter its keys, and its counter."""
    keys = {"key-file": key_file(rig, KEY)}
    house = rig.house(meter=keys)
    house.port.write(message(1, 1))
    house.watcher.expect(f"han/{METER}/power_active_import", "1")
    house.daemon.reload(config(house.broker.port, house.port.path, meter=keys, power={"line": "gpiochip255:0"}))
    house.daemon.expect_line("reload refused", levels=("error",))
    house.port.write(message(4711, 1) + message(2, 2))
    house.watcher.expect(f"han/{METER}/power_active_import", "2")
    house.watcher.barrier()
    assert not [m for m in house.watcher.since(0) if m.payload == "4711"]


def test_identity(rig):
    """A meter that never says its number is known by its system title; a forger's title renames nothing."""
    house = rig.house(meter={"key-file": key_file(rig, KEY)})
    house.port.write(message(5, 1, meter=None))
    house.watcher.expect("han/4b414d0001020304/power_active_import", "5")
    mark = house.watcher.mark()
    house.port.write(message(6, 1, key=OTHER_KEY, title=b"XXX12345", meter=None) + message(7, 2, meter=METER))
    house.watcher.expect("han/4b414d0001020304/power_active_import", "7", since=mark)
    assert {m.topic.split("/")[1] for m in house.watcher.messages(r"han/(?!bridge/).*", mark)} == \
        {"4b414d0001020304"}


@pytest.mark.background
def test_counters(rig):
    """Once a minute the counters say what was refused, each by its kind."""
    house = rig.house(meter={"key-file": key_file(rig, KEY), "silent-after": 100})
    mark = known(house)
    house.port.write(message(1, 5) + message(1, 5) + message(1, 4) + message(1, 9, key=OTHER_KEY) +
                     hdlc(b"\x60\x01\x02"))
    house.watcher.expect(f"han/{METER}/diagnostics/decrypt_failed", "1", since=mark, timeout=75)
    house.watcher.expect(f"han/{METER}/diagnostics/decode_failed", "1", since=mark)
    house.watcher.expect(f"han/{METER}/diagnostics/replayed", "2", since=mark)
    house.watcher.expect(f"han/{METER}/diagnostics/frames_ok", "6", since=mark)
