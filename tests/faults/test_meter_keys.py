"""A meter that is encrypted all of a sudden, whose key changes, that falls back to an old counter: nothing wrong is
published, one line says what to do, and with the right key all is right at once."""
import pytest

from dlms import W, WH, cipher, element, hdlc, notification, text, u32
from row import Row

METER = "7359992890941742"
KEY = bytes.fromhex("000102030405060708090a0b0c0d0e0f")
OTHER_KEY = bytes.fromhex("ffeeddccbbaa99887766554433221100")
AUTH_KEY = bytes.fromhex("d0d1d2d3d4d5d6d7d8d9dadbdcdddedf")
TITLE = b"KAM\x00\x01\x02\x03\x04"
LISTS = 40


def plain(power, register=1000):
    return notification([element("0-0:96.1.0.255", text(METER)), element("1-0:1.7.0.255", u32(power), 0, W),
                         element("1-0:1.8.0.255", u32(register), 0, WH)])


def sealed(power, counter, key=KEY, auth_key=None, register=1000):
    return hdlc(cipher(plain(power, register), key, TITLE, counter, auth_key))


class Home:
    """A meter that is read; its keys are in files."""

    def __init__(self, rig, first, key=None, auth_key=None):
        self.files = {name: rig.directory("keys") / name for name, octets in
                      (("key-file", key), ("auth-key-file", auth_key)) if octets}
        self.write(key, auth_key)
        self.house = rig.house(meter=self.files, log={"level": "debug"})
        self.watcher, self.daemon, self.port = self.house.watcher, self.house.daemon, self.house.port
        self.port.write(first)
        self.watcher.expect(f"han/{METER}/diagnostics/problem", "ok")
        self.watcher.expect(f"homeassistant/device/hanmqttd_{METER}/config")
        self.watcher.barrier()
        self.start = self.watcher.mark()

    def write(self, key, auth_key=None):
        for file, octets in zip(self.files.values(), (key, auth_key)):
            file.write_text(octets.hex() + "\n", encoding="ascii")
            file.chmod(0o600)

    def refused(self, count):
        """So many were, and so none waits."""
        self.daemon.log.wait(f"{count} refusals", lambda _: len(self.daemon.lines("message refused")) >= count)

    def has(self, power):
        return self.watcher.state(self.start).get(f"han/{METER}/power_active_import") == str(power)

    def said(self):
        """All payloads since the beginning, but for the counters."""
        self.watcher.barrier()
        return {m.payload for m in self.watcher.since(self.start) if "/diagnostics/" not in m.topic}

    def problem(self, says):
        self.watcher.wait("problem", lambda seen: [
            m for m in seen if m.topic.endswith("/diagnostics/problem") and says in m.payload], self.start)


def test_encrypted_suddenly(rig):
    """The meter is encrypted from one list to the next: what is retained is not overwritten, the meter is online, and
    after a reload with the key it is read; no daemon is started anew."""
    home = Home(rig, hdlc(plain(1)))
    with Row("meter is encrypted suddenly", home.daemon, "no key is given; set key-file") as row:
        for counter in range(LISTS):
            home.port.write(sealed(4711, counter + 1))
        home.refused(LISTS)
        home.problem("no key is given; set key-file in [meter]")
        row.told()
        row.over()
        home.port.write(hdlc(plain(2)))  # and in clear again
        row.right("the power", lambda: home.has(2))
        assert not {"4711", "offline"} & home.said()
        row.missed("lists that were encrypted", LISTS)


def test_encrypted_then_key(rig):
    """The same, and the key is put into a file: a reload is enough."""
    home = Home(rig, hdlc(plain(1)))
    for counter in range(LISTS):
        home.port.write(sealed(4711, counter + 1))
    home.refused(LISTS)
    home.problem("no key is given; set key-file in [meter]")
    home.files = {"key-file": rig.directory("keys") / "key"}
    home.write(KEY)
    home.daemon.reload(rig.setting(home.house.broker, home.port, meter=home.files, log={"level": "debug"}))
    mark = home.watcher.mark()
    home.port.write(sealed(77, LISTS + 1))
    home.watcher.expect(f"han/{METER}/power_active_import", "77", since=mark)
    home.watcher.expect(f"han/{METER}/diagnostics/problem", "ok", since=mark)
    assert "4711" not in home.said()


@pytest.mark.parametrize("auth_key", [None, AUTH_KEY], ids=["", "authenticated"])
def test_key_changed(rig, auth_key):
    """The meter got another key: told once, and right with the first list after the reload with the new file."""
    home = Home(rig, sealed(1, 1, auth_key=auth_key), KEY, auth_key)
    says = "another key; check key-file"
    with Row(f"meter's key changed{', authenticated' if auth_key else ''}", home.daemon, says) as row:
        for counter in range(LISTS):
            home.port.write(sealed(4711, counter + 2, OTHER_KEY, auth_key))
        home.refused(LISTS)
        home.problem(says)
        row.told()
        home.write(OTHER_KEY, auth_key)
        row.over()
        home.daemon.reload()
        home.port.write(sealed(5, LISTS + 2, OTHER_KEY, auth_key))
        row.right("the power", lambda: home.has(5))
        assert "4711" not in home.said()
        row.missed("lists of the other key", LISTS)


def test_counter_anew(rig):
    """A meter whose counter begins anew after a reboot, and one that repeats old messages, look the same: told once,
    nothing is published, and the next higher counter is taken."""
    home = Home(rig, sealed(1, 1000), KEY)
    with Row("meter's invocation counter begins anew", home.daemon, "allow-replay") as row:
        for counter in range(LISTS):
            home.port.write(sealed(4711, counter + 1))
        home.refused(LISTS)
        row.told()
        home.problem("set allow-replay in [meter]")
        row.over()
        home.port.write(sealed(3, 1001))
        row.right("the power", lambda: home.has(3))
        assert "4711" not in home.said()
        row.missed("lists with an old counter", LISTS)
