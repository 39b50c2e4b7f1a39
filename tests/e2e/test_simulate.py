"""hantool simulate: every meter on its pty, at its own pace, and its keys."""
import os
import re
import subprocess
import time

import pytest

from programs import HANTOOL
from rig import PATIENCE, environment, until

KEYS = ("--key", "000102030405060708090a0b0c0d0e0f", "--auth-key", "d0d1d2d3d4d5d6d7d8d9dadbdcdddedf")

# Name; what its message begins with; octets of the first one after START; seconds between them; octets a
# second that its line takes. At START list 2 of Kaifa and Aidon, the short list of Kamstrup are due.
METERS = [
    ("kaifa-ma304", b"\x7e\xa0", 122, 2, 240),
    ("kaifa-ma105", b"\x7e\xa0", 103, 2, 240),
    ("aidon-6525", b"\x7e\xa1", 269, 2.5, 2400 / 11),
    ("kamstrup-omnipower", b"\x7e\xa0", 228, 10, 240),
    ("lg-e450", b"\x7e\xa0\x8c\xce\xff\x03", 401, 5, 2400 / 11),
    ("iskra-am550", b"\x7e\xa8\xa4\xcf", 751, 5, 11520),
    ("sagemcom-t210d", b"\x68\x01\x01\x68\x53\xff\x00", 295, 5, 2400 / 11),
    ("dsmr5", b"/ISK5", 913, 1, 11520),
]
START = "2026-01-01T00:59:30"
SPEED = 8
LONGEST = 1200  # octets of a message

# What hantool says of a message that is cut, and of what is left of it.
CUT = re.compile(r"hantool: (?:\d+ octets? in no frame|(?:frame refused|message not decoded) at octet (\d+): "
                 r"(?:input ended inside a frame or message|rest of the message missing))")


def listen(link, seconds):
    """What comes in so many seconds: octets with their times of arrival."""
    tty = os.open(link, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
    heard, deadline = [], time.monotonic() + seconds
    try:
        while time.monotonic() < deadline:
            try:
                heard += [(octet, time.monotonic()) for octet in os.read(tty, 4096)]
            except BlockingIOError:
                time.sleep(0.002)
    finally:
        os.close(tty)
    return heard


def play(rig, meter, *arguments):
    link = rig.directory("simulate") / "meter"
    keys = KEYS if meter == "sagemcom-t210d" else ()
    rig.tool("simulate", "--meter", meter, "--link", str(link), *keys, *arguments, stdout=subprocess.DEVNULL)
    until("the link", link.exists)
    return link


@pytest.mark.parametrize("meter, start, length, period, speed", METERS, ids=[m[0] for m in METERS])
def test_pace(rig, meter, start, length, period, speed):
    """A message takes as long as its line takes for it, and the next one comes a period after it."""
    heard = listen(play(rig, meter, "--start", START, "--speed", str(SPEED)), (period + length / speed) / SPEED + 0.7)
    octets = bytes(octet for octet, _ in heard)
    at = octets.index(start)
    assert at == 0, octets[:at + 10].hex()
    assert len(octets) > length
    took = heard[length - 1][1] - heard[0][1]
    assert took == pytest.approx((length - 1) / speed / SPEED, rel=0.25, abs=0.06)
    assert heard[length][1] - heard[0][1] == pytest.approx(period / SPEED, rel=0.25, abs=0.06)


def decode(octets):
    """And nothing is refused but what the end of the input has cut, a message of one frame or of several."""
    done = subprocess.run([*HANTOOL, "decode", "--compact"], input=octets, capture_output=True, timeout=PATIENCE,
                          env=environment(), check=False)
    for line in done.stderr.decode().splitlines():
        said = CUT.fullmatch(line)
        assert said and int(said[1] or len(octets)) > len(octets) - LONGEST, done.stderr
    return done


@pytest.mark.parametrize("meter", [m[0] for m in METERS if m[0] != "sagemcom-t210d"])
def test_decodes(rig, meter):
    """At many times its pace, what it sends in some minutes is decoded without a refusal."""
    heard = listen(play(rig, meter, "--start", START, "--speed", "200"), 1)
    done = decode(bytes(octet for octet, _ in heard))
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) > 10
    assert done.stdout.count(b'"power_active_import":') == len(done.stdout.splitlines())


def counters(octets):
    """The invocation counters of Sagemcom's messages, from their first frames."""
    head = b"\x67\xdb\x08SAG\x59\x00\x00\x00\x01\x82\x01\x04\x30"
    parts = octets.split(head)[1:]
    return [int.from_bytes(part[:4], "big") for part in parts if len(part) >= 4]


def test_counters(rig):
    """Invocation counters grow by one a message, and a meter that starts again goes on above."""
    runs = []
    for _ in range(2):
        heard = listen(play(rig, "sagemcom-t210d", "--start", START, "--speed", "20"), 1.6)
        runs.append(counters(bytes(o for o, _ in heard)))
    for run in runs:
        assert len(run) > 4
        assert run == list(range(run[0], run[0] + len(run)))
    assert runs[1][0] > runs[0][-1]


@pytest.mark.parametrize("arguments", [
    ("--meter", "sagemcom-t210d"),
    ("--meter", "sagemcom-t210d", "--auth-key", KEYS[1]),
    ("--meter", "sagemcom-t210d", "--key", "abc"),
    ("--meter", "kaifa-ma304", "--key", KEYS[1]),
    ("--meter", "abacus"),
])
def test_refusals(arguments):
    """A key that is missing, malformed or of no use, an unknown meter: one sentence, exit 2."""
    done = subprocess.run([*HANTOOL, "simulate", *arguments], capture_output=True, timeout=PATIENCE,
                          env=environment(), check=False)
    assert done.returncode == 2
    assert done.stdout == b""
    assert len(done.stderr.splitlines()) == 1
    assert b"key" in done.stderr or b"meter" in done.stderr
