"""hantool explain, and the options that it shares with decode: keys, lists, protocols, sources."""
import json
import os
import pathlib
import pty
import random
import re
import subprocess
import termios

import pytest

import explained
import kaifa
from programs import HANTOOL
from rig import PATIENCE, environment, until

KEY, AUTH_KEY = "000102030405060708090a0b0c0d0e0f", "d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
OTHER = "ff" * 16


def run(*arguments, octets=b"", timeout=PATIENCE):
    return subprocess.run([*HANTOOL, *arguments], input=octets, capture_output=True, timeout=timeout,
                          env=environment(), check=False)


def simulated(rig, meter, *options):
    """Some messages of a simulated meter."""
    link = rig.directory("simulate") / "meter"
    rig.tool("simulate", "--meter", meter, "--link", str(link), "--speed", "20", "--start", "2026-01-01T00:59:50",
             *options, stdout=subprocess.DEVNULL)
    until("the link", link.exists)
    heard = b""
    tty = os.open(link, os.O_RDONLY | os.O_NOCTTY)
    try:
        while len(heard) < 1500:
            heard += os.read(tty, 4096)
    finally:
        os.close(tty)
    return heard


@pytest.fixture(name="sealed")
def fixture_sealed(rig):
    """Messages of a meter that encrypts and authenticates."""
    return simulated(rig, "sagemcom-t210d", "--key", KEY, "--auth-key", AUTH_KEY)


# ---- every octet ----

@pytest.mark.parametrize("meter", ["kaifa-ma304", "aidon-6525", "kamstrup-omnipower", "lg-e450", "iskra-am550",
                                   "sagemcom-t210d", "dsmr5"])
def test_every_octet(rig, meter):
    """explain shows every octet of a meter's stream once and in order, and the values that decode prints."""
    keys = ("--key", KEY) if meter == "sagemcom-t210d" else ()
    octets = simulated(rig, meter, *keys)
    done = run("explain", *keys, octets=octets)
    assert done.returncode == 0, done.stderr
    page = done.stdout.decode()
    assert explained.octets(page) == octets
    decoded = [json.loads(line) for line in run("decode", "--compact", *keys, octets=octets).stdout.splitlines()]
    assert decoded
    assert page.count(" => ") == sum(len(message["data"]) for message in decoded)


def test_every_damaged_octet():
    """Whatever is damaged, lost or thrown in: every octet stands on the page, and exit status and counts say
    whether anything was decoded."""
    dice = random.Random(7)
    meter = kaifa.Meter()
    for _ in range(30):
        octets = bytearray(b"".join((meter.list1(1) if dice.random() < 0.5 else meter.list3()).octets
                                    for _ in range(5)))
        for _ in range(dice.randrange(12)):
            at = dice.randrange(len(octets))
            octets[at:at + dice.randrange(2)] = dice.randbytes(dice.randrange(3))
        done = run("explain", octets=bytes(octets))
        page = done.stdout.decode()
        assert explained.octets(page) == octets
        messages = int(re.search(r"(\d+) messages? decoded", page)[1])
        assert done.returncode == (0 if messages else 1)


def test_refused_frame():
    """A damaged frame is taken apart all the same: which check is wrong, and what it should be."""
    octets = bytearray(kaifa.Meter().list1(1527).octets)
    octets[-3] ^= 0x10
    page = run("explain", octets=bytes(octets)).stdout.decode()
    assert re.search(r"header check .*: right", page)
    wrong = re.search(r"frame check (.. ..): wrong, computed (.. ..)", page)
    assert bytes.fromhex(wrong[1]) == octets[-3:-1]
    assert bytes.fromhex(wrong[2]) == kaifa.x25(octets[1:-3])
    assert "refused: frame check sequence wrong" in page


# ---- colour ----

def on_terminal(*arguments, **variables):
    """What a command writes to a terminal."""
    master, slave = pty.openpty()
    with subprocess.Popen([*HANTOOL, *arguments], stdin=subprocess.DEVNULL, stdout=slave,
                          env={**environment(), "TERM": "xterm", **variables}) as process:
        os.close(slave)
        text = b""
        try:
            while True:
                text += os.read(master, 4096)
        except OSError:  # the terminal hung up: the command has ended
            pass
        process.wait(PATIENCE)
    os.close(master)
    return text


def test_colour(rig):
    """explain is coloured on a terminal, plain in a pipe, and plain where NO_COLOR asks for it."""
    path = rig.directory("explain") / "octets"
    path.write_bytes(kaifa.Meter().list1(1).octets)
    plain = run("explain", str(path)).stdout
    assert b"\x1b" not in plain
    coloured = on_terminal("explain", str(path))
    assert b"\x1b[" in coloured
    assert re.sub(rb"\x1b\[[0-9;]*m", b"", coloured).replace(b"\r\n", b"\n") == plain
    assert b"\x1b" not in on_terminal("explain", str(path), NO_COLOR="1")
    assert b"\x1b" not in on_terminal("explain", str(path), TERM="dumb")
    assert b"\x1b" not in on_terminal("explain", str(path), TERM="")


# ---- a line ----

def test_line_that_makes_no_sense(rig):
    """Noise on a port is on the page a moment later, not when there is a lot of it."""
    port = rig.port()
    process = rig.tool("explain", str(port.path), stdout=subprocess.PIPE)
    until("open port", lambda: port.speed() == termios.B2400)
    port.write(b"\x7e\xa0\x27\x01 what is this?")
    os.set_blocking(process.stdout.fileno(), False)
    heard = b""

    def shown():
        nonlocal heard
        heard += process.stdout.read() or b""
        return b"this?" in heard
    until("the noise", shown, 5)
    port.write(kaifa.Meter().list1(9).octets)
    until("the message", lambda: b"message decoded" in (process.stdout.read() or b""))
    process.terminate()
    assert process.wait(PATIENCE) == 0


def test_announced(rig):
    """On a terminal a command says what it reads, and how, before anything comes."""
    port = rig.port()
    for command in ("decode", "explain"):
        master, slave = pty.openpty()
        process = rig.tool(command, "--format", "8E1", str(port.path), stdout=subprocess.DEVNULL, stderr=slave)
        assert os.read(master, 4096).decode() == f"hantool: reading {port.path} at 2400 8E1; Ctrl-C ends\r\n"
        process.terminate()
        process.wait(PATIENCE)
        os.close(master)
        os.close(slave)


def test_reading_fails():
    """An empty file, one that cannot be read and an APDU that is too long are told apart from silence."""
    assert "The input is empty." in run("explain").stdout.decode()
    broken = f"# hantool capture 1\n0 {kaifa.Meter().list1(1).octets.hex()}\n0 nonsense\n"
    done = run("explain", octets=broken.encode())
    assert done.returncode == 1 and "1 message decoded\nReading ended early: Bad message." in done.stdout.decode()
    octets = random.Random(3).randbytes(20000)
    done = run("explain", "--protocol", "dlms", octets=octets)
    page = done.stdout.decode()
    assert done.returncode == 1 and "Reading ended early: File too large." in page
    shown = explained.octets(page)
    assert len(shown) >= 16384 and octets.startswith(shown)


# ---- keys ----

@pytest.mark.parametrize("options, word", [
    ((), "--key"),
    (("--key", OTHER), "key"),
], ids=["none", "another one"])
def test_no_key(sealed, options, word):
    """Without the right key a message shows who sent it, no data, and what to do; that is not decoded."""
    done = run("decode", "--compact", *options, octets=sealed)
    assert done.returncode == 1
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    assert messages
    for message in messages:
        assert message.keys() == {"encryption", "header"}
        assert re.fullmatch("[0-9a-f]{16}", message["encryption"]["system_title"])
        assert message["encryption"]["security_control"] == "30"
        assert re.fullmatch("[0-9a-f]{8}", message["encryption"]["invocation_counter"])
        assert message["encryption"]["authenticated"] is False
        assert message["header"]["mbus_control"] == "53"
    refusals = [line for line in done.stderr.decode().splitlines() if re.search("message not decoded at octet [0-9]+: ", line)]
    assert len(refusals) == len(messages)
    assert all(word in line for line in refusals)
    page = run("explain", *options, octets=sealed)
    assert page.returncode == 1
    assert explained.octets(page.stdout.decode()) == sealed
    assert "--key" in page.stdout.decode()


def test_key_alone(sealed):
    """With the encryption key alone a message is decoded, and it says that nobody verified it."""
    done = run("decode", "--compact", "--key", KEY, octets=sealed)
    assert done.returncode == 0
    for line in done.stdout.splitlines():
        message = json.loads(line)
        assert message["encryption"]["authenticated"] is False
        assert message["data"]


def test_both_keys(sealed):
    """With both keys it is verified; with another authentication key nothing is printed."""
    done = run("decode", "--compact", "--key", KEY.upper(), "--auth-key", AUTH_KEY, octets=sealed)
    assert done.returncode == 0
    assert all(json.loads(line)["encryption"]["authenticated"] for line in done.stdout.splitlines())
    done = run("decode", "--compact", "--key", KEY, "--auth-key", OTHER, octets=sealed)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"tag" in done.stderr


def test_replayed(sealed):
    """The same message again is refused: its counter has not grown."""
    once = run("decode", "--compact", "--key", KEY, octets=sealed)
    twice = run("decode", "--compact", "--key", KEY, octets=sealed + sealed)
    assert twice.stdout == once.stdout
    assert b"counter" in twice.stderr and b"given twice" in twice.stderr


def test_keys_are_not_shown(rig):
    """Keys stand in no list of processes, and in no message about them."""
    for command in ("decode", "explain"):
        process = rig.tool(command, "--key", KEY, f"--auth-key={AUTH_KEY}", str(rig.port().path), stdout=subprocess.DEVNULL)
        arguments = pathlib.Path(f"/proc/{process.pid}/cmdline")
        until("the key's disappearance", lambda: command.encode() in (text := arguments.read_bytes())
              and KEY.encode() not in text and AUTH_KEY.encode() not in text)
    for wrong in (("--key", KEY[:-1]), ("--key", KEY[:-1] + "g"), ("--auth-key", KEY + "00"), ("--kye=" + KEY,)):
        done = run("decode", *wrong)
        assert done.returncode == 2
        assert KEY[:16].encode() not in done.stderr + done.stdout


# ---- lists and protocols ----

def test_list():
    """--list takes a name of `hantool lists`; another one is refused with the nearest name."""
    octets = kaifa.Meter().list2().octets
    assert run("decode", "--list", "kaifa-list2-3ph", octets=octets).returncode == 0
    assert run("decode", "--list", "auto", octets=octets).returncode == 0
    other = run("decode", "--list", "aidon", octets=octets)
    assert (other.returncode, other.stdout) == (1, b"")
    assert b"try it without --list" in other.stderr
    assert b"try it without --list." in run("explain", "--list", "aidon", octets=octets).stdout
    wrong = run("decode", "--list", "kaifa-list2-3p")
    assert wrong.returncode == 2
    assert b"kaifa-list2-3ph" in wrong.stderr and b"hantool lists" in wrong.stderr


@pytest.mark.parametrize("protocol, status", [("auto", 0), ("hdlc", 0), ("mbus", 1), ("p1", 1)])
def test_protocol(protocol, status):
    """--protocol looks for that framing alone."""
    done = run("decode", "--protocol", protocol, octets=kaifa.Meter().list1(1).octets)
    assert done.returncode == status


def test_refusals_name_their_octet():
    """What is refused has a line with its place."""
    good, bad = kaifa.Meter().list1(1).octets, bytearray(kaifa.Meter().list1(2).octets)
    bad[20] ^= 1
    done = run("decode", "--compact", octets=good + bytes(bad) + good)
    assert done.stdout.count(b"\n") == 2
    assert re.search(rf"frame refused at octet {len(good)}: frame check sequence wrong".encode(), done.stderr)


@pytest.mark.parametrize("command", ["decode", "explain", "capture", "replay", "simulate", "lists"])
def test_help_of_a_command(command):
    """Every command has a --help of its own."""
    done = run(command, "--help")
    assert (done.returncode, done.stderr) == (0, b"")
    assert f"hantool {command}".encode() in done.stdout
    assert f"hantool {command}".encode() in run("--help").stdout
    wrong = run(command, "--nonsense")
    assert wrong.returncode == 2 and wrong.stderr and not wrong.stdout
