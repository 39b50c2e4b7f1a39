"""hantool capture and replay: from a line to a file and back."""
import json
import os
import signal
import socket
import subprocess
import time

import pytest

import explained
import kaifa
from programs import HANTOOL
from rig import PATIENCE, environment, until


def run(*arguments, octets=b"", timeout=PATIENCE):
    return subprocess.run([*HANTOOL, *arguments], input=octets, capture_output=True, timeout=timeout,
                          env=environment(), check=False)


def read_capture(path):
    """Arrivals: milliseconds and octets, a line each."""
    lines = path.read_text(encoding="ascii").splitlines()
    assert lines[0].startswith("# hantool capture 1")
    return [(int(ms), bytes.fromhex(octets)) for ms, octets in (line.split() for line in lines[1:])]


def write_capture(rig, arrivals):
    path = rig.directory("capture") / "arrivals"
    lines = [f"{ms} {octets.hex()}" for ms, octets in arrivals]
    path.write_text("\n".join(["# hantool capture 1, by hand", *lines, ""]), encoding="ascii")
    return path


def values(done):
    return [json.loads(line)["data"]["power_active_import"]["value"] for line in done.stdout.splitlines()]


# ---- capture ----

@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_capture(rig, number):
    """capture writes octets with their times, each as it comes, until it is stopped."""
    port, meter = rig.port(), kaifa.Meter()
    path = rig.directory("capture") / "file"
    process = rig.tool("capture", "--output", str(path), str(port.path), stderr=subprocess.DEVNULL)
    until("the file", path.exists)
    until("the first line", lambda: path.read_bytes().endswith(b"8N1\n"))
    sent = [meter.list1(1).octets, b"\x00\xff noise", meter.list3().octets]
    for count, octets in enumerate(sent):
        port.write(octets)
        until("the octets", lambda so_far=b"".join(sent[:count + 1]):
              path.read_bytes().endswith(b"\n") and b"".join(o for _, o in read_capture(path)) == so_far)
        time.sleep(0.2)
    process.send_signal(number)
    assert process.wait(PATIENCE) == 0
    arrivals = read_capture(path)
    times = [ms for ms, _ in arrivals]
    assert times == sorted(times)
    assert times[-1] - times[0] >= 400
    assert run("decode", "--compact", str(path)).returncode == 0
    assert explained.octets(run("explain", str(path)).stdout.decode()) == b"".join(sent)


@pytest.mark.parametrize("options, settings", [
    ((), ", 2400 8N1\n"), (("--protocol", "p1"), ", 115200 8N1\n"), (("--baud", "9600", "--format", "8E1"), ", 9600 8E1\n"),
])
def test_capture_settings(rig, options, settings):
    """The first line says how the port was read."""
    port, path = rig.port(), rig.directory("capture") / "file"
    rig.tool("capture", *options, "--output", str(path), str(port.path), stderr=subprocess.DEVNULL)
    until("the first line", lambda: path.exists() and path.read_text(encoding="ascii").endswith(settings))


def test_capture_network(rig):
    """Of a serial server only the address is known."""
    path = rig.directory("capture") / "file"
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        address = f"tcp://127.0.0.1:{door.getsockname()[1]}"
        process = rig.tool("capture", "--output", str(path), address, stderr=subprocess.DEVNULL)
        server, _ = door.accept()
        server.close()
        assert process.wait(PATIENCE) == 0
    assert path.read_text(encoding="ascii").endswith(f"Z, {address}\n")


def test_capture_never_overwrites(rig):
    """A file that is there stays as it is."""
    path = rig.directory("capture") / "file"
    path.write_text("mine", encoding="ascii")
    done = run("capture", "--output", str(path), str(rig.port().path))
    assert done.returncode == 1 and str(path).encode() in done.stderr
    assert path.read_text(encoding="ascii") == "mine"


def test_capture_takes_a_port(rig):
    """capture wants one port, and no file."""
    path = write_capture(rig, [])
    for wrong in (("capture",), ("capture", str(path)), ("capture", "a", "b"), ("replay",)):
        assert run(*wrong).returncode == 2, wrong
    assert run("capture", "/no/such/port").returncode == 1


# ---- decode of a capture ----

def test_decode_keeps_time(rig):
    """A capture's own times count: a frame that came in two halves, seconds apart, is none. In a file
    without times it is."""
    octets = kaifa.Meter().list1(5).octets
    whole = write_capture(rig, [(0, octets[:20]), (300, octets[20:])])
    torn = write_capture(rig, [(0, octets[:20]), (5000, octets[20:])])
    assert values(run("decode", "--compact", str(whole))) == [5]
    done = run("decode", "--compact", str(torn))
    assert done.returncode == 1 and b"silent" in done.stderr
    assert values(run("decode", "--compact", octets=octets)) == [5]


def test_decode_standard_input(rig):
    """A capture is known by its first line, also in a pipe."""
    path = write_capture(rig, [(0, kaifa.Meter().list1(7).octets)])
    assert values(run("decode", "--compact", octets=path.read_bytes())) == [7]
    assert values(run("decode", "--compact", "-", octets=path.read_bytes().replace(b"\n", b"\r\n"))) == [7]


def test_capture_from_a_mail(rig):
    """A byte order mark, blank lines and marks of quoting do no harm."""
    text = write_capture(rig, [(0, kaifa.Meter().list1(7).octets)]).read_text(encoding="ascii")
    quoted = "\ufeff\n\n" + "".join(f"> {line}\n" for line in text.splitlines())
    assert values(run("decode", "--compact", octets=quoted.encode())) == [7]
    assert values(run("decode", "--compact", octets=("\ufeff" + text).encode())) == [7]


def test_broken_capture(rig):
    """A line that is none is told with its number."""
    path = write_capture(rig, [(0, kaifa.Meter().list1(7).octets)])
    path.write_text(path.read_text(encoding="ascii") + "12 7e 5\n", encoding="ascii")
    done = run("decode", "--compact", str(path))
    assert done.returncode == 1
    assert f"{path}:3".encode() in done.stderr


# ---- replay ----

def replay(rig, *arguments):
    link = rig.directory("replay") / "port"
    process = rig.tool("replay", "--link", str(link), *arguments, stdout=subprocess.PIPE)
    assert process.stdout.readline().decode().strip() == os.path.realpath(link)
    return process, link


def test_replay_timing(rig):
    """replay keeps the capture's times, divided by --speed, and ends when all was read."""
    meter = kaifa.Meter()
    sent = [(100, meter.list1(1).octets), (2100, meter.list1(2).octets), (4100, meter.list1(3).octets)]
    process, link = replay(rig, "--speed", "4", str(write_capture(rig, sent)))
    tty = os.open(link, os.O_RDONLY | os.O_NOCTTY)
    heard, times = b"", {}
    try:
        while len(heard) < sum(len(octets) for _, octets in sent):
            heard += os.read(tty, 4096)
            times[len(heard)] = time.monotonic()
    finally:
        os.close(tty)
    assert heard == b"".join(octets for _, octets in sent)
    first, last = times[len(sent[0][1])], times[len(heard)]
    assert last - first == pytest.approx(1, abs=0.3)
    assert process.wait(PATIENCE) == 0
    assert not os.path.lexists(link)


def test_replay_loses_nothing(rig):
    """More than a terminal holds, as fast as can be, to a reader that comes late: nothing is lost."""
    meter = kaifa.Meter()
    octets = b"".join(meter.list3(power_active_import=n).octets for n in range(100))
    path = write_capture(rig, [(0, octets[at:at + 32]) for at in range(0, len(octets), 32)])
    process, link = replay(rig, "--speed", "1000", str(path))
    time.sleep(0.5)
    assert process.poll() is None
    done = run("decode", "--compact", str(link))
    assert values(done) == list(range(100))
    assert process.wait(PATIENCE) == 0


def test_replay_waits(rig):
    """While the reader takes nothing the time stands still: what comes later has its pauses."""
    meter = kaifa.Meter()
    octets, later = meter.list3().octets * 1500, meter.list1(1).octets  # more than a terminal takes
    path = write_capture(rig, [(0, octets[at:at + 32]) for at in range(0, len(octets), 32)] + [(500, later), (1500, later)])
    process, link = replay(rig, str(path))
    time.sleep(2)
    tty, heard, times = os.open(link, os.O_RDONLY | os.O_NOCTTY), 0, {}
    try:
        while heard < len(octets) + 2 * len(later):
            heard += len(os.read(tty, 4096))
            times[heard] = time.monotonic()
    finally:
        os.close(tty)
    assert times[heard] - times.get(heard - len(later), times[heard]) > 0.5
    assert process.wait(PATIENCE) == 0


def test_replay_raw_file(rig):
    """A file without times comes as 2400 8N1 brings it: 240 octets a second."""
    path = rig.directory("replay") / "octets"
    path.write_bytes(kaifa.Meter().list3().octets)
    process, link = replay(rig, "--speed", "2", str(path))
    start = time.monotonic()
    done = run("decode", "--compact", str(link))
    assert done.returncode == 0
    assert time.monotonic() - start == pytest.approx(path.stat().st_size / 480, abs=0.25)
    assert process.wait(PATIENCE) == 0


def test_replay_is_stopped(rig):
    """A replay that nobody reads ends when it is told to, and takes its link away."""
    process, link = replay(rig, str(write_capture(rig, [(0, b"\x7e"), (3600000, b"\x7e")])))
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0
    assert not os.path.lexists(link)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize("rest", [b"", b"2000 7"])
def test_replay_of_a_pipe_is_stopped(rig, number, rest):
    """A replay that waits for more of its input ends when it is told to, also inside a line."""
    pipe = rig.directory("pipe") / "capture"
    os.mkfifo(pipe)
    with open(os.open(pipe, os.O_RDWR), "wb", buffering=0) as capture:
        capture.write(b"# hantool capture 1, by hand\n0 7e7e\n" + rest)
        process, link = replay(rig, str(pipe))
        tty = os.open(link, os.O_RDONLY | os.O_NOCTTY)
        try:
            assert os.read(tty, 2) == b"\x7e\x7e"
        finally:
            os.close(tty)
        process.send_signal(number)
        try:
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()
    assert not os.path.lexists(link)
