"""Damage on the line costs the frames that were hit, and no others."""
import json
import random

import pytest

import corpus
import kaifa

COUNT = 12


def frames():
    """Twelve lists, each with a power that names it."""
    meter = kaifa.Meter()
    makers = [lambda n: meter.list1(n), lambda n: meter.list2(power_active_import=n),
              lambda n: meter.list1(n), lambda n: meter.list3(power_active_import=n)]
    return [makers[n % len(makers)](n).octets for n in range(COUNT)]


def cut(octets, at, count=1):
    return octets[:at] + octets[at + count:]


def damaged(name):
    """The stream, and the numbers of the frames that were hit."""
    f = frames()
    noise = random.Random(7)
    hit = set()
    if name == "begins in a frame":
        f[0], hit = f[0][17:], {0}
    elif name == "begins with the end of a frame":
        f[0], hit = f[0][-3:], {0}
    elif name == "ends in a frame":
        f[-1], hit = f[-1][:-20], {COUNT - 1}
    elif name == "noise between":
        f = [octets + bytes(noise.randrange(256) for _ in range(noise.randrange(1, 60))) for octets in f]
    elif name == "flags between":
        f = [b"\x7e" * (n % 4) + octets for n, octets in enumerate(f)]
    elif name == "one flag between two frames":
        f = [f[0]] + [octets[1:] for octets in f[1:]]
    elif name == "beginnings of frames between":
        f = [octets + b"\x7e\xa0\x27\x01\x02" for octets in f]
    elif name == "whole header between":
        f = [octets + octets[:12] for octets in f]
    elif name == "another protocol between":
        f = [octets + b"\x68\x0d\x0d\x68\x53\x01\x00\x16/KFM5KAIFA\r\n\r\n1-0:1.8.0(1*kWh)\r\n!0000\r\n"
             for octets in f]
    elif name == "octet dropped in the length":
        f[5], hit = cut(f[5], 2), {5}
    elif name == "octet dropped in the header check":
        f[5], hit = cut(f[5], 7), {5}
    elif name == "octet dropped in a value":
        f[5], hit = cut(f[5], 60), {5}
    elif name == "octet dropped in the frame check":
        f[5], hit = cut(f[5], -2), {5}
    elif name == "closing flag dropped":
        f[5] = f[5][:-1]
    elif name == "both flags dropped":
        f[5], f[6], hit = f[5][:-1], f[6][1:], {5, 6}
    elif name == "octet too many":
        f[5], hit = f[5][:50] + b"\x7e" + f[5][50:], {5}
    elif name == "length too long":
        f[5], hit = f[5][:1] + b"\xa7\xff" + f[5][3:], {5}
    elif name == "a few octets dropped in every fourth":
        for n in range(1, COUNT, 4):
            f[n] = cut(f[n], 30, 3)
        hit = set(range(1, COUNT, 4))
    else:
        raise AssertionError(name)
    return f, hit


@pytest.mark.parametrize("name", [
    "begins in a frame", "begins with the end of a frame", "ends in a frame", "noise between",
    "flags between", "one flag between two frames", "beginnings of frames between", "whole header between",
    "another protocol between", "octet dropped in the length", "octet dropped in the header check",
    "octet dropped in a value", "octet dropped in the frame check", "closing flag dropped",
    "both flags dropped", "octet too many", "length too long", "a few octets dropped in every fourth"])
def test_damage(house, name):
    """All frames that were not hit arrive, in order, and nothing that was never sent."""
    pieces, hit = damaged(name)
    assert len(hit) < COUNT / 2
    house.feed(kaifa.Meter().list2())
    mark = house.watcher.mark()
    house.port.write(b"".join(pieces))
    seen = powers(house, mark)
    assert [n for n in seen if n not in hit] == [n for n in range(COUNT) if n not in hit]
    assert seen == sorted(set(seen))


def powers(house, mark):
    """The powers of the readings up to a last one, which is sent until all that waited is through."""
    last = kaifa.Meter().list1(55555)
    for _ in range(60):  # a length of up to 2047 octets was announced
        house.port.write(last.octets)
    house.watcher.wait("last reading", lambda seen: any(
        m.topic.endswith("/reading") and '"power_active_import":55555' in m.payload for m in seen), mark)
    house.watcher.barrier()
    seen = [json.loads(m.payload)["values"]["power_active_import"]
            for m in house.watcher.messages(r"han/[^/]+/reading", mark)]
    return [n for n in seen if n != 55555]


@pytest.mark.parametrize("size", [1, 7, 64])
def test_pieces(house, size):
    """It does not matter in what pieces the octets come."""
    house.feed(kaifa.Meter().list2())
    mark = house.watcher.mark()
    octets = b"".join(frames())
    for at in range(0, len(octets), size):
        house.port.write(octets[at:at + size])
    assert powers(house, mark) == list(range(COUNT))


STREAMS = corpus.load("streams/stream-kaifa-*.json")


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in STREAMS] or
                         [pytest.param(None, id="none", marks=pytest.mark.skip(corpus.MISSING))])
def test_recorded_stream(house, case):
    """A recorded stream gives a reading for each of its messages, in order."""
    house.feed(kaifa.Meter().list2())
    mark = house.watcher.mark()
    house.port.write(bytes.fromhex(case["hex"]))
    assert powers(house, mark) == [m["expected"]["1-0:1.7.0.255"]["value"]
                                   for m in case["messages"] if m["valid"]]
