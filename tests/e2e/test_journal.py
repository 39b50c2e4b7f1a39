"""The journal: its fields, one line per change of state, limits, and no secrets."""
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import threading

import pytest

import kaifa
from programs import ROOT, TOP
from rig import Record, config

METER = "6970631400000016"
DEBUG = {"level": "debug", "frames": "yes"}

READ, SILENT = "91d4b6ea69b642fc93cc5783b81a28c9", "389e871b75d1487dacf668d703d721ca"
PORT_OPEN, PORT_LOST = "b5501dea46654b5081337e5a581e628f", "0525519eeb5b4b2fa71cec8bce74f07d"
CONNECTED, BROKER_LOST = "5bf2f0180f0b445ba390a441a4e167b0", "82fbd64fd01244b78c43e9281dd52d1a"
REGISTER = "dca564d926b1b22c4d44894eeb69e8ad"
CONFIG_REFUSED = "1490e74b2dd34c34a0f30bac4b3a58f7"

# In a mount namespace of its own: the test's socket stands where the journal's is, and standard error is said
# to be the journal's stream.
INSIDE = """
root=$1; shift
mount -t tmpfs none "$root/run"
mkdir -p "$root/run/systemd/journal"
mount --bind "$0" "$root/run/systemd/journal"
JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec "$@"
"""


class Journal(Record):
    """Takes the entries in the journal's place: each a dictionary of its fields."""

    def __init__(self, directory):
        super().__init__("journal")
        self.directory = directory
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(directory / "socket"))
        os.chmod(directory / "socket", 0o666)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        while True:
            entry = self.socket.recv(1 << 17).decode()
            if entry == "END":
                return
            self.add(dict(line.split("=", 1) for line in entry.splitlines()))

    def wrap(self):
        words = ["unshare", *(["-r"] if os.geteuid() else []), "-m", "sh", "-ec", INSIDE, str(self.directory), ROOT]
        tried = subprocess.run([*words, "true"], capture_output=True, text=True, check=False)
        if tried.returncode != 0:
            pytest.skip(f"no mount namespace to be had here: {tried.stderr.strip()}")
        return words

    def expect(self, message_id, since=0):
        return self.wait(f"entry {message_id}", lambda seen: [e for e in seen if e.get("MESSAGE_ID") == message_id],
                         since)[0]

    def close(self):
        with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as end:
            end.sendto(b"END", str(self.directory / "socket"))
        self.thread.join()
        self.socket.close()


@pytest.fixture(name="journal")
def fixture_journal(rig):
    if not shutil.which("unshare"):
        pytest.skip("unshare (util-linux) is missing")
    journal = Journal(rig.directory("journal"))
    rig.records.append(journal)
    yield journal
    journal.close()


def test_fields(rig, journal):
    """What happens comes with fields: a meter read and silent, a port lost and back, a broker lost and back."""
    broker, port = rig.broker(), rig.port()
    rig.watch(broker)
    settings = {"log": {"level": "info"}, "meters": {"house": {"silent-after": 1}}}
    daemon = rig.daemon(rig.setting(broker, port, **settings), wrap=journal.wrap())
    entry = journal.expect(CONNECTED)
    assert (entry["BROKER"], entry["BROKER_PORT"], entry["PRIORITY"]) == ("127.0.0.1", str(broker.port), "6")
    assert entry["SYSLOG_IDENTIFIER"] == "hanmqttd"
    assert entry["CODE_FILE"].endswith(".c") and entry["CODE_FUNC"] and int(entry["CODE_LINE"]) > 0
    assert journal.expect(PORT_OPEN)["PORT"] == str(port.path)

    octets = kaifa.Meter(METER).list2().octets
    port.write(octets[:-4] + bytes([octets[-4] ^ 1]) + octets[-3:] + octets)
    entry = journal.expect(READ)
    # The frame in which it was found is counted.
    assert {key: entry.get(key) for key in ("METER", "METER_ID", "PORT", "FRAMES_OK", "FRAMES_BAD", "MESSAGES_REFUSED")} \
        == {"METER": "house", "METER_ID": METER, "PORT": str(port.path), "FRAMES_OK": "1", "FRAMES_BAD": "1",
            "MESSAGES_REFUSED": "0"}
    assert entry["OBIS_LIST"].startswith("kaifa-list2")
    assert "ERROR_CAUSE" not in entry
    entry = journal.expect(SILENT)
    assert (entry["METER_ID"], entry["ERROR_CAUSE"], entry["PRIORITY"]) == (METER, "silence", "4")

    port.unplug()
    entry = journal.expect(PORT_LOST)
    assert entry["PORT"] == str(port.path) and re.fullmatch(r"E[A-Z]+", entry["ERROR_CAUSE"])
    mark = journal.mark()
    port.plug()
    journal.expect(PORT_OPEN, mark)

    broker.kill()
    assert journal.expect(BROKER_LOST)["ERROR_CAUSE"]
    mark = journal.mark()
    broker.start()
    journal.expect(CONNECTED, mark)

    mark = journal.mark()
    daemon.reload("[mqtt]\nport = x\n")
    entry = journal.expect(CONFIG_REFUSED, mark)
    assert entry["ERROR_CAUSE"] == entry["MESSAGE"] and str(daemon.config) in entry["MESSAGE"]
    assert entry["PRIORITY"] == "3"
    assert daemon.stop()[0] == 0
    assert not daemon.log.since()  # nothing on standard error


def test_all_mistakes(rig, journal):
    """However many mistakes a file has, and however often it is read: each is in the journal."""
    broker, port = rig.broker(), rig.port()
    daemon = rig.daemon(rig.setting(broker, port), wrap=journal.wrap())
    for _ in range(2):
        mark = journal.mark()
        daemon.reload("[mqtt]\n" + "".join(f"no-key-{n} = x\n" for n in range(30)))
        journal.wait("30 mistakes", lambda seen: [
            re.search(r"no-key-(\d+)", e["MESSAGE"])[1] for e in seen if e.get("MESSAGE_ID") == CONFIG_REFUSED
        ] == [str(n) for n in range(30)], mark)


def test_fields_of_registers(rig, journal):
    """So does a register that is not believed: which one, of which meter."""
    broker, port = rig.broker(), rig.port()
    daemon = rig.daemon(rig.setting(broker, port, meters={"house": {}}), wrap=journal.wrap())
    meter = kaifa.Meter(METER)
    port.write(meter.list3().octets + meter.list3(energy_active_cum_import=1).octets)
    entry = journal.expect(REGISTER)
    assert (entry["METER"], entry["METER_ID"], entry["PORT"], entry["ERROR_CAUSE"], entry["PRIORITY"]) == \
        ("house", METER, str(port.path), "energy_active_cum_import", "4")
    searched = [e for e in journal.since() if re.search("searching|found on", e["MESSAGE"])]
    assert [e["PORT"] for e in searched] == [str(port.path)] * 2
    assert daemon.stop()[0] == 0


def test_ids_in_manual():
    """The manual page lists every MESSAGE_ID, and no other."""
    ids = re.findall(r'"([0-9a-f]{32})"', (TOP / "daemon/journal.h").read_text(encoding="utf-8"))
    manual = (TOP / "daemon/hanmqttd.8").read_text(encoding="utf-8")
    assert len(set(ids)) == len(ids) >= 9
    assert set(re.findall(r"^\.It Li ([0-9a-f]{32}) Ta", manual, re.M)) == set(ids)


def test_normal_day(rig):
    """Start, an hour's lists, stop: a few lines, and the same few for any number of lists."""
    house = rig.house(mqtt={"commands": "no"}, env={"STATE_DIRECTORY": str(rig.directory("state"))})
    meter = kaifa.Meter(METER)
    house.feed(meter.list3(), *(meter.list1(n) for n in range(50)), *(meter.list2() for _ in range(10)))
    assert house.daemon.stop()[0] == 0
    lines = [line.text for line in house.daemon.log.since()]
    assert len(lines) <= 8, lines  # one of them that this meter's clock is in January
    assert all(len(line) < 160 for line in lines), lines


@pytest.mark.background
def test_flapping_port(rig):
    """A port that comes and goes all the time fills no journal: a burst of each line, then silence, and a
    word about how many there were."""
    house = rig.house(log=DEBUG)
    port, daemon, meter = house.port, house.daemon, kaifa.Meter(METER)
    house.feed(meter.list2())
    for power in range(26):
        port.unplug()
        port.plug()
        house.feed(meter.list1(power))
    assert daemon.stop()[0] == 0
    for words in ("port lost", ": open at"):
        told = daemon.lines(re.escape(str(port.path)), words, levels=("info", "warning"))
        assert len(told) == 21  # a burst of 20, and the last one
        assert re.search(r"the last of \d+ similar messages suppressed", told[-1].text)


def test_secrets(rig):
    """At level debug, with frames, neither password nor keys are in the log, the status or any topic."""
    key, auth_key, password = "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "a0b1c2d3e4f5061728394a5b6c7d8e9f", "tr0ub4dor"
    credentials = rig.directory("credentials")
    for name, text in (("key", key), ("auth-key", auth_key), ("mqtt-password", password)):
        (credentials / name).write_text(text + "\n", encoding="ascii")
        (credentials / name).chmod(0o600)
    house = rig.house(log=DEBUG, mqtt={"username": "meter"}, env={"CREDENTIALS_DIRECTORY": str(credentials)})
    meter = kaifa.Meter(METER)
    house.feed(meter.list2(), meter.list3())
    house.daemon.reload(house.daemon.config.read_text(encoding="utf-8") + "\n[log]\nlevel = x\n")
    house.daemon.send(signal.SIGHUP)
    assert house.daemon.stop()[0] == 0
    said = "\n".join([line.text for line in house.daemon.log.since()] +
                     [str(note) for note in house.daemon.notes.since()] +
                     [f"{m.topic} {m.payload}" for m in house.watcher.since()])
    assert "debug: meter: frame of" in said
    for secret in (key, auth_key, password):
        assert secret not in said.lower()


@pytest.mark.parametrize("name", ["key-file", "auth-key-file"])
def test_key_in_place_of_file(rig, name):
    """Who writes the key itself in place of a file's name is told so, without it."""
    key = "0F1E2D3C4B5A69788796A5B4C3D2E1F0"
    daemon = rig.daemon(config(1, rig.port().path, meter={name: key}), ready=False)
    assert daemon.ended() == 78
    daemon.expect_line(name, "a file that holds it")
    assert not daemon.lines(key)
    assert key not in "\n".join(str(note) for note in daemon.notes.since())
