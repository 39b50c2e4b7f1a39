"""hantool: the simulated meter, the decoder on files and ports, its exit status. What it makes of real
messages is tested in tests/corpus."""
import datetime
import fcntl
import json
import os
import re
import signal
import socket
import subprocess
import termios
import time

import pytest

import kaifa
from programs import HANTOOL
from rig import PATIENCE, environment, until


def run(*arguments, octets=b"", timeout=PATIENCE):
    return subprocess.run([*HANTOOL, *arguments], input=octets, capture_output=True, timeout=timeout,
                          env=environment(), check=False)


def lines(done):
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


# ---- simulate ----

class Played:
    """What `hantool simulate` sends, read from its pty: messages with their times of arrival."""

    def __init__(self, rig, *arguments):
        self.link = rig.directory("simulate") / "meter"
        self.process = rig.tool("simulate", "--link", str(self.link), *arguments, stdout=subprocess.PIPE)
        self.path = self.process.stdout.readline().decode().strip()
        until("the link", self.link.exists)
        self.messages, self.rest = [], b""

    def read(self, count):
        """Until there are so many. Every frame must be whole and its checks right."""
        tty = os.open(self.link, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            deadline = time.monotonic() + 3 * PATIENCE
            while len(self.messages) < count:
                assert time.monotonic() < deadline, f"only {[m.list for m in self.messages]}"
                try:
                    octets = os.read(tty, 4096)
                except BlockingIOError:
                    time.sleep(0.005)
                    continue
                frames, self.rest = kaifa.split(self.rest + octets)
                for frame in frames:
                    message = kaifa.read(frame)
                    message.time = time.monotonic()
                    self.messages.append(message)
        finally:
            os.close(tty)
        return self.messages


START = datetime.datetime(2026, 1, 1, 0, 59, 40)


def test_periods(rig):
    """The simulated meter sends list 1 every 2 s, list 2 every 10 s, list 3 at 10 s past the hour, at its
    own pace times --speed."""
    messages = Played(rig, "--speed", "20", "--start", START.isoformat()).read(20)
    first = messages[0].when
    assert START <= first <= START + datetime.timedelta(seconds=4)
    for number, message in enumerate(messages):
        assert message.when == first + datetime.timedelta(seconds=2 * number)
        if message.when == datetime.datetime(2026, 1, 1, 1, 0, 10):
            assert message.list == "kaifa-list3-3ph"
        elif message.when.second % 10 == 0:
            assert message.list == "kaifa-list2-3ph"
        else:
            assert message.list == "kaifa-list1"
    assert {m.list for m in messages} == {"kaifa-list1", "kaifa-list2-3ph", "kaifa-list3-3ph"}
    took = messages[-1].time - messages[1].time
    assert took == pytest.approx(18 * 2 / 20, rel=0.25)


def test_own_pace(rig):
    """Without --speed it takes the meter's own time: one list in 2 s, spread as 2400 baud spread it."""
    played = Played(rig)
    messages = played.read(2)
    assert messages[1].time - messages[0].time == pytest.approx(2, abs=0.6)


def test_household(rig):
    """The simulated household is plausible: registers grow with the power, voltages are those of
    a grid, the clock is that of --start."""
    played = Played(rig, "--speed", "1000", "--start", "2026-03-05T10:00:00")
    messages = played.read(2000)
    hours = [m.values for m in messages if m.list.startswith("kaifa-list3")]
    assert len(hours) >= 1
    full = [m.values for m in messages if not m.list.endswith("list1")]
    for values in full:
        assert re.fullmatch(r"\d{16}", values["meter_id"])
        assert values["meter_type"].startswith("MA304")
        assert values["obis_version"] == "KFM_001"
        for phase in (1, 2, 3):
            assert 2070 <= values[f"phase_voltage_l{phase}"] <= 2530
            assert 0 <= values[f"phase_current_l{phase}"] < 63000
    powers = [m.values["power_active_import"] for m in messages]
    assert max(powers) < 25000
    assert len(set(powers)) > 20
    for a, b in zip(hours, hours[1:]):
        assert b["energy_active_cum_import"] >= a["energy_active_cum_import"]


def test_simulated_frames_decode(rig):
    """What simulate sends, decode reads, with the same values."""
    messages = Played(rig, "--speed", "1000", "--start", "2026-01-01T00:59:50").read(15)
    done = run("decode", "--compact", octets=b"".join(m.octets for m in messages))
    assert done.returncode == 0
    decoded = lines(done)
    assert [d["data"]["power_active_import"]["value"] for d in decoded] == \
        [m.values["power_active_import"] for m in messages]
    last = next(i for i, m in enumerate(messages) if m.list == "kaifa-list3-3ph")
    assert decoded[last]["data"]["energy_active_cum_import"]["value"] == \
        messages[last].values["energy_active_cum_import"] / 1000


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_link(rig, number):
    """--link makes a stable name for the pty, and takes it away at the end."""
    played = Played(rig, "--speed", "10")
    assert os.path.realpath(played.link) == os.path.realpath(played.path)
    assert played.path.startswith("/dev/pts/")
    played.process.send_signal(number)
    played.process.wait(PATIENCE)
    assert not os.path.lexists(played.link)


def test_link_replaces_an_old_one(rig):
    """A link that a crash left behind is taken over; a file of somebody's is not."""
    place = rig.directory("link")
    (place / "old").symlink_to("/dev/pts/no-such-pty")
    process = rig.tool("simulate", "--link", str(place / "old"), stdout=subprocess.DEVNULL)
    until("the new link", lambda: os.path.exists(place / "old"))
    assert process.poll() is None
    (place / "file").write_text("mine", encoding="ascii")
    done = run("simulate", "--link", str(place / "file"))
    assert done.returncode != 0
    assert str(place / "file") in done.stderr.decode()
    assert (place / "file").read_text(encoding="ascii") == "mine"


def test_nobody_reads(rig):
    """A simulated meter that nobody listens to talks on: who comes later hears the present."""
    played = Played(rig, "--speed", "500", "--start", "2026-01-01T00:00:00")
    start = time.monotonic()
    time.sleep(1.5)
    heard = b""
    tty = os.open(played.link, os.O_RDONLY | os.O_NOCTTY)
    try:
        while time.monotonic() < start + 2:
            heard += os.read(tty, 4096)
    finally:
        os.close(tty)
    clocks = re.findall(rb"\xe6\xe7\x00\x0f....\x09\x0c(.{12})", heard, re.S)
    behind = 500 * (time.monotonic() - start) - \
        (kaifa.read_clock(clocks[-1]) - datetime.datetime(2026, 1, 1)).total_seconds()
    assert behind < 500, f"{behind} s of its own time late"


# ---- decode ----

def messages_file(rig, *messages):
    path = rig.directory("decode") / "bytes"
    path.write_bytes(b"".join(messages))
    return path


def test_decode_file(rig):
    """decode reads a file, standard input by - or by nothing, and says the same of each."""
    meter = kaifa.Meter()
    octets = meter.list1(1).octets + meter.list2().octets + meter.list3().octets
    path = messages_file(rig, octets)
    outputs = {run("decode", "--compact", str(path)).stdout, run("decode", "--compact", "-", octets=octets).stdout,
               run("decode", "--compact", octets=octets).stdout}
    assert len(outputs) == 1
    assert [len(json.loads(line)["data"]) for line in outputs.pop().splitlines()] == [1, 13, 18]


def test_decode_device(rig):
    """decode reads a serial port as it speaks, message by message."""
    played = Played(rig, "--speed", "20")
    decoder = rig.tool("decode", "--compact", str(played.link), stdout=subprocess.PIPE)
    seen = [json.loads(decoder.stdout.readline()) for _ in range(3)]
    assert all(re.fullmatch(r"\d+", str(m["data"]["power_active_import"]["value"])) for m in seen)


def test_decode_device_goes_away(rig):
    """decode ends when the port goes away: with 0, as messages were decoded."""
    for _ in range(5):
        port = rig.port()
        decoder = rig.tool("decode", "--compact", str(port.path), stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL)
        until("open port", lambda: port.speed() == termios.B2400)
        port.write(kaifa.Meter().list1(77).octets)
        message = json.loads(decoder.stdout.readline())
        assert message["data"]["power_active_import"]["value"] == 77
        port.unplug()
        assert decoder.wait(PATIENCE) == 0


def test_decode_network():
    """decode reads a serial server on the network, tcp://HOST:PORT, until that hangs up."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        door.settimeout(PATIENCE)
        with subprocess.Popen([*HANTOOL, "decode", "--compact", f"tcp://127.0.0.1:{door.getsockname()[1]}"],
                              stdout=subprocess.PIPE, env=environment()) as decoder:
            server, _ = door.accept()
            with server:
                server.sendall(kaifa.Meter().list1(78).octets)
                message = json.loads(decoder.stdout.readline())
            assert decoder.wait(PATIENCE) == 0
    assert message["data"]["power_active_import"]["value"] == 78


@pytest.mark.parametrize("closed, status", [("0<&-", 0), ("1>&-", 1), ("2>&-", 0), ("0<&- 1>&- 2>&-", 1)])
def test_closed_streams(closed, status):
    """What is printed goes nowhere where a standard stream is closed, and never to the meter."""
    frame = kaifa.Meter().list1(79).octets
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        door.settimeout(PATIENCE)
        command = ["sh", "-c", f'exec "$@" {closed}', "sh", *HANTOOL, "decode", "--compact",
                   f"tcp://127.0.0.1:{door.getsockname()[1]}"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              env=environment()) as decoder:
            server, _ = door.accept()
            with server:
                server.settimeout(PATIENCE)
                server.sendall(frame[:-4] + b"\x00" + frame[-3:] + frame)
                server.shutdown(socket.SHUT_WR)
                assert server.recv(4096) == b""
            assert decoder.wait(PATIENCE) == status


def test_decode_protocol_dlms():
    """A bare APDU is decoded with --protocol dlms; automatic detection finds it too, or says no."""
    apdu = kaifa.unwrap(kaifa.Meter().list2().octets)["apdu"]
    done = run("decode", "--compact", "--protocol", "dlms", octets=apdu)
    assert done.returncode == 0
    message, = lines(done)
    assert not [key for key in message["header"] if key.startswith(("hdlc_", "llc_"))]
    assert message["data"]["power_active_import"]["value"] == 1527


@pytest.mark.parametrize("octets, status, count", [
    pytest.param(b"", 1, 0, id="nothing"),
    pytest.param(b"this is no meter\n" * 50, 1, 0, id="text"),
    pytest.param(kaifa.Meter().list2().octets[:-10], 1, 0, id="cut short"),
    pytest.param(kaifa.Meter().list1(1).octets, 0, 1, id="one"),
    pytest.param(b"\x00" * 5000 + kaifa.Meter().list1(1).octets + b"\xff" * 50, 0, 1, id="one in noise"),
    pytest.param(kaifa.Meter().list1(1).octets[:-3] + b"\x00\x00\x7e" + kaifa.Meter().list1(2).octets, 0, 1,
                 id="bad and good"),
])
def test_decode_status(octets, status, count):
    """decode ends with 0 when it decoded at least one message, with 1 and a sentence when none."""
    done = run("decode", "--compact", octets=octets)
    assert done.returncode == status
    assert len(lines(done)) == count
    if status:
        assert re.search(rb"\w+ \w+", done.stderr)
    else:
        assert lines(done)[0]["data"]["power_active_import"]["value"] in (1, 2)


def test_structural_zero_is_marked():
    """decode prints the zero of a voltage that is not measured, and marks it; other zeros are values."""
    meter = kaifa.Meter("6970631400000303", "MA304H3E", phase_voltage_l2=0, phase_current_l2=42,
                        phase_current_l3=0)
    message, = lines(run("decode", "--compact", octets=meter.list2().octets))
    assert message["data"]["phase_voltage_l2"]["structural"] is True
    assert message["data"]["phase_voltage_l2"]["value"] == 0
    assert [name for name, entry in message["data"].items() if "structural" in entry] == ["phase_voltage_l2"]


def test_decode_hex():
    """Hex that somebody wrote down is no message, and the last line says what to do with it."""
    text = kaifa.Meter().list1(1).octets.hex(" ").encode() + b"\n"
    for command in ("decode", "explain"):
        done = run(command, octets=text)
        assert done.returncode == 1
        assert f"xxd -r -p FILE | hantool {command}" in (done.stderr + done.stdout).decode().splitlines()[-1]


def test_decode_and_explain_count_the_same():
    """What is in no frame is counted in the same way, flags and all."""
    frame = kaifa.Meter().list1(1).octets
    for octets in (b"\xff" + frame + b"\x01\x7e\x7e", frame + b"\x7e", b"\x7e\x7e\x00" + frame, frame[:-3] + b"\x7e",
                   b"\x00\x7e"):
        decoded, page = run("decode", octets=octets).stderr.decode(), run("explain", octets=octets).stdout.decode()
        assert sum(int(n) for n in re.findall(r"(\d+) octets? .*in no frame", decoded)) == \
            int(re.search(r"octets?, (\d+) of them in no frame", page)[1])


def test_decode_missing_file():
    """A file that is not there is told."""
    done = run("decode", "/no/such/file")
    assert done.returncode == 1
    assert b"/no/such/file" in done.stderr
    assert done.stdout == b""


# ---- the port ----

@pytest.mark.parametrize("options, speed", [
    ((), termios.B2400), (("--protocol", "p1"), termios.B115200), (("--baud", "9600"), termios.B9600),
    (("--baud", "300", "--protocol", "p1", "--format", "7E1"), termios.B300), (("--format=8e1",), termios.B2400),
])
@pytest.mark.parametrize("command", ["decode", "explain"])
def test_line_settings(rig, command, options, speed):
    """--baud and --format set the port up; without them the protocol says."""
    port = rig.port()
    process = rig.tool(command, *options, str(port.path), stdout=subprocess.DEVNULL)
    until("the port's speed", lambda: port.speed() == speed)
    assert process.poll() is None


@pytest.mark.parametrize("wrong", [("--baud", "2401"), ("--baud", "fast"), ("--baud="), ("--format", "8N2"),
                                   ("--format", "")])
@pytest.mark.parametrize("command", ["decode", "explain", "capture"])
def test_wrong_line_settings(command, wrong):
    """A speed or format that there is not is refused, with those that there are."""
    wrong = (wrong,) if isinstance(wrong, str) else wrong
    done = run(command, *wrong, "/dev/null")
    assert (done.returncode, done.stdout) == (2, b"")
    assert re.search(rb"2400.*115200|8N1, 8E1 or 7E1", done.stderr)
    assert f"hantool {command} --help".encode() in done.stderr


def test_standard_input_is_left_alone(rig):
    """A port on standard input keeps its settings: whoever opened it has set it up."""
    port = rig.port()
    before = termios.tcgetattr(port.slave)
    with open(port.path, "rb", buffering=0) as tty, subprocess.Popen(
            [*HANTOOL, "decode", "--compact", "--baud", "9600"], stdin=tty, stdout=subprocess.PIPE,
            env=environment()) as process:
        port.write(kaifa.Meter().list1(3).octets)
        message = json.loads(process.stdout.readline())
        process.terminate()
    assert message["data"]["power_active_import"]["value"] == 3
    assert termios.tcgetattr(port.slave) == before


@pytest.mark.parametrize("how", ["exclusive", "locked"])
def test_port_in_use(rig, how):
    """A port that the daemon reads is neither reset nor read."""
    port = rig.port()
    before = termios.tcgetattr(port.slave)
    with open(port.path, "rb", buffering=0) as tty:
        if how == "exclusive":
            fcntl.ioctl(port.slave, termios.TIOCEXCL)
        else:
            fcntl.flock(tty, fcntl.LOCK_EX)
        for command in ("decode", "explain", "capture"):
            done = run(command, "--baud", "9600", str(port.path))
            assert done.returncode == 1
            assert b"in use by another program" in done.stderr and b"systemctl stop hanmqttd" in done.stderr
    assert termios.tcgetattr(port.slave) == before


# ---- the rest ----

@pytest.mark.parametrize("arguments", [("lists",), ("--help",), ("--version",), ("decode", "--help"),
                                       ("explain", "-")])
def test_full_disk(arguments):
    """What cannot be written is told, and is no success."""
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*HANTOOL, *arguments], input=kaifa.Meter().list1(1).octets, stdout=full,
                              stderr=subprocess.PIPE, env=environment(), timeout=PATIENCE, check=False)
    assert done.returncode == 1
    assert done.stderr.count(b"\n") == 1 and b"standard output: No space left on device" in done.stderr


SECRET = "00112233445566778899aabbccddeeff"


@pytest.mark.parametrize("arguments, said", [
    (("decode", "--key"), "--key wants a value"),
    (("decode", "--compact", "-k" + SECRET), "unknown option -k:"),
    (("decode", "--compact", "-kab", "file"), "unknown option -k:"),
    (("explain", "--nonsense=" + SECRET), "unknown option --nonsense;"),
    (("decode", "--compact=" + SECRET), "--compact takes no value"),
    (("explain", "--compact"), "unknown option --compact;"),
    (("decode", "--list="), "--list takes auto, or a name"),
    (("capture", "--protocol", "dlms", "/dev/null"), "--protocol takes auto, hdlc, mbus or p1"),
    (("replay", "--link"), "--link wants a value"),
    (("replay", "--link=", "/dev/null"), "--link takes a path"),
    (("simulate", "--link", ""), "--link takes a path"),
    (("simulate", "--meter", "kaifa-ma30"), "is this meant: kaifa-ma304"),
    (("simulate", "--meter", "abacus"), "`hantool lists`"),
])
def test_wrong_options(arguments, said):
    """A wrong option is named, not its neighbour and not its value, and the command's help with it."""
    done = run(*arguments)
    assert done.returncode == 2
    assert said in done.stderr.decode()
    assert f"`hantool {arguments[0]} --help`" in done.stderr.decode()
    assert SECRET[:6] not in done.stderr.decode()


def test_lists():
    """`hantool lists` names what can be decoded, one per line."""
    done = run("lists")
    assert done.returncode == 0
    names = [line.split()[0] for line in done.stdout.decode().splitlines()]
    assert names and len(set(names)) == len(names)
    assert any("kaifa" in line.lower() for line in done.stdout.decode().splitlines())


def test_list_names_are_those_of_readings(rig):
    """The names that `hantool lists` prints are those of `reading`."""
    names = {line.split()[0] for line in run("lists").stdout.decode().splitlines()}
    house = rig.house()
    meter = kaifa.Meter()
    house.feed(meter.list2(), meter.list3(), meter.list1(1))
    assert {json.loads(m.payload)["list"] for m in house.watcher.messages(r"han/[^/]+/reading")} <= names


def test_help():
    """--help names the commands and ends with 0; a wrong command or option ends with 2 and a hint."""
    helped = run("--help")
    assert helped.returncode == 0
    for command in (b"decode", b"simulate", b"lists"):
        assert command in helped.stdout
    for wrong in ((), ("nonsense",), ("decode", "--nonsense"), ("simulate", "--speed", "fast"),
                  ("simulate", "--speed", "0"), ("simulate", "--start", "yesterday"),
                  ("simulate", "--meter", "abacus"), ("decode", "--protocol", "morse"), ("lists", "extra")):
        done = run(*wrong)
        assert done.returncode == 2, wrong
        assert done.stderr.strip() and not done.stdout, wrong
    assert re.search(rb"\d+\.\d+", run("--version").stdout)


@pytest.mark.parametrize("command", [(), ("decode",), ("explain",), ("capture",), ("replay",), ("simulate",),
                                     ("lists",)])
def test_help_fits(command):
    """What --help prints fits into a terminal of 80 columns."""
    wide = [line for line in run(*command, "--help").stdout.decode().splitlines() if len(line) > 80]
    assert not wide
