"""The first broken step of a meter's way to the broker: one sentence on MQTT and in the journal, for each step.

What is ciphered or not understood is in test_encryption and test_meters, registers in test_gate.
"""
import json
import re

import pytest

import kaifa
from rig import config, pause, until

METER = "6970631400000016"
PROBLEM = f"han/{METER}/diagnostics/problem"
QUICK = {"silent-after": 1, "baud": 2400, "format": "8N1"}


def known(rig, **keys):
    """A house whose daemon knows the meter from an earlier run, so that its problems have a topic."""
    state = rig.directory("state")
    broker, port = rig.broker(), rig.port()
    text = rig.setting(broker, port, meter={**QUICK, **keys})
    first = rig.daemon(text, env={"STATE_DIRECTORY": str(state)})
    watcher = rig.watch(broker)
    port.write(kaifa.Meter(METER).list2().octets)
    watcher.expect(PROBLEM, "ok")
    assert first.stop()[0] == 0
    watcher.barrier()
    mark = watcher.mark()
    return port, watcher, mark, lambda: rig.daemon(text, env={"STATE_DIRECTORY": str(state)})


def expect(watcher, daemon, says, since, told=True):
    """The sentence on the broker; told: in one line of the journal, too, in the same words."""
    problem = watcher.wait(f"problem {says}", lambda seen: [
        m for m in seen if m.topic == PROBLEM and re.fullmatch(says, m.payload)], since)[0].payload
    assert len(problem) <= 255
    if told:
        daemon.expect_line(re.escape(f"meter: {METER}: {problem}"), levels=("warning",))
    return problem


def damaged(message):
    octets = bytearray(message.octets)
    octets[-6] ^= 0x10
    return bytes(octets)


def test_no_port(rig):
    """A port that is not there; the journal has it from the port itself, once."""
    port, watcher, mark, start = known(rig)
    port.unplug()
    daemon = start()
    expect(watcher, daemon, r"port .* is not open \(No such file or directory\): check the adapter and the device setting",
           mark, told=False)
    daemon.expect_line("No such file", levels=("warning",))
    assert len(daemon.lines("No such file", levels=("warning",))) == 1
    port.plug()
    port.write(kaifa.Meter(METER).list2().octets)
    watcher.expect(PROBLEM, "ok", since=mark)


def test_nothing_comes_in(rig):
    """An open port without octets: at first there is no more to be done than to wait."""
    _, watcher, mark, start = known(rig)
    daemon = start()
    expect(watcher, daemon, "nothing has come in on .* at 2400 8N1 yet: wait a moment", mark, told=False)
    expect(watcher, daemon, "nothing comes in on .* at 2400 8N1: check the cable and the bus power", mark)
    assert len(daemon.lines("check the cable")) == 1


def test_age_of_an_earlier_run(rig):
    """How long ago the last frame came is not known before one comes: what the run before said of it goes."""
    port, watcher, mark, start = known(rig)
    age, offset = (f"han/{METER}/diagnostics/{name}" for name in ("last_frame_age", "clock_offset"))
    assert watcher.state()[age] and watcher.state()[offset]
    start()
    for topic in (age, offset):
        watcher.expect(topic, "", since=mark)
    port.write(kaifa.Meter(METER).list2().octets)
    watcher.expect(PROBLEM, "ok", since=mark)
    watcher.barrier()
    assert watcher.state()[age] and watcher.state()[offset]


@pytest.mark.parametrize("keys, advice", [
    ({}, r"check baud, format and protocol in \[meter\]"),
    ({"baud": "auto"}, r"other line settings are being tried; if none is right, check protocol in \[meter\]"),
])
def test_no_frame(rig, keys, advice):
    """Octets that are no frames."""
    port, watcher, mark, start = known(rig, **keys)
    daemon = start()
    port.write(bytes(range(1, 0x60)) * 2)
    expect(watcher, daemon, f"octets come in on .* but no valid frame: {advice}", mark)


def test_frames_all_damaged(rig):
    """Frames whose header is right and whose check is not, and nothing else."""
    port, watcher, mark, start = known(rig)
    daemon = start()
    port.write(damaged(kaifa.Meter(METER).list2()) + damaged(kaifa.Meter(METER).list2()))
    problem = expect(watcher, daemon, "all frames on .* are damaged: check the cable and the adapter", mark)
    daemon.expect_status("^" + re.escape(problem))


def test_cut_off(rig):
    """A meter that falls silent in the middle of a frame has fallen silent: nothing comes in any more."""
    house = rig.house(meter=QUICK)
    meter = kaifa.Meter(METER)
    house.feed(meter.list2())
    mark = house.watcher.mark()
    house.port.write(meter.list2().octets + meter.list2().octets[:100])
    expect(house.watcher, house.daemon, "the meter on .* has fallen silent: check the cable and the bus power", mark)


def test_fallen_silent(rig):
    """A meter that was read, then: nothing; octets; damaged frames; each is another sentence, and told once."""
    house = rig.house(meter={**QUICK, "silent-after": 2})

    def keep_saying(octets):
        for _ in range(10):
            house.port.write(octets)
            pause(0.2)
    meter = kaifa.Meter(METER)
    house.feed(meter.list2())
    house.watcher.expect(PROBLEM, "ok")
    mark = house.watcher.mark()
    expect(house.watcher, house.daemon, "the meter on .* has fallen silent: check the cable and the bus power", mark)
    mark = house.watcher.mark()
    house.port.write(bytes(range(1, 0x60)) + meter.list1(1).octets)
    house.watcher.expect(PROBLEM, "ok", since=mark)
    mark = house.watcher.mark()
    keep_saying(bytes(range(1, 0x60)))
    expect(house.watcher, house.daemon, "octets come in on .* but no valid frame: .*", mark)
    mark = house.watcher.mark()
    house.port.write(meter.list1(1).octets)
    house.watcher.expect(PROBLEM, "ok", since=mark)
    mark = house.watcher.mark()
    keep_saying(damaged(meter.list2()))
    expect(house.watcher, house.daemon, "all frames on .* are damaged: .*", mark)
    assert len(house.daemon.lines("fallen silent")) == 1
    # Read again: one line each time, no second one for the end of the problem.
    assert len(house.daemon.lines("frames arrive", levels=("info",))) == 3
    assert not house.daemon.lines("meter:", "^(?!.*its clock is)", levels=("notice",))  # that one is of January


@pytest.mark.background
def test_frames_many_damaged(rig):
    """A line that damages one frame in four: the meter is read, and its problem is the line. It is over after a
    minute without."""
    house = rig.house(meter={"silent-after": "300"})
    meter = kaifa.Meter(METER)
    house.feed(meter.list2())
    house.watcher.expect(PROBLEM, "ok")
    mark = house.watcher.mark()
    for n in range(4):
        house.port.write(damaged(meter.list2()) + b"".join(meter.list1(n).octets for _ in range(3)))
    problem = house.watcher.wait("problem", lambda seen: [
        m for m in seen if m.topic == PROBLEM and m.payload.startswith("many frames on ")], mark, 70)[0].payload
    assert problem.endswith(" are damaged: check the cable and the adapter")
    house.daemon.expect_line(re.escape(f"{METER}: {problem}"), levels=("warning",))
    house.daemon.expect_status("^reading .*; many frames on ")
    mark = house.feed(meter.list2())
    house.watcher.expect(PROBLEM, "ok", since=mark, timeout=70)
    house.daemon.expect_line("frames arrive whole again", levels=("notice",))


def test_before_the_name(rig):
    """A meter that has not said who it is has no topic: the daemon's info has its problem, under its section."""
    broker, port = rig.broker(), rig.port()
    watcher = rig.watch(broker)
    daemon = rig.daemon(config(broker.port, port.path, meters={"cabin": QUICK}))

    def problem(text):
        return lambda seen: [m for m in seen if m.topic.startswith("han/bridge/") and m.topic.endswith("/info") and
                             json.loads(m.payload)["problems"] == ({"cabin": text} if text else {})]
    sentence = f"nothing comes in on {port.path} at 2400 8N1: check the cable and the bus power"
    watcher.wait("problem in info", problem(sentence))
    daemon.expect_line(f"meter: {sentence}", levels=("warning",))
    mark = watcher.mark()
    port.write(kaifa.Meter(METER).list2().octets)
    watcher.wait("no problem in info", problem(None), mark)


@pytest.mark.background
def test_broker_too_slow(rig):
    """A broker that takes nothing for so long that messages are dropped: said at once in the journal, and on the
    broker, where diagnostics are the first to be dropped, with those of the next minute."""
    house = rig.house(meter={"silent-after": "300"})
    meter = kaifa.Meter(METER)
    house.feed(meter.list2())
    house.watcher.expect(PROBLEM, "ok")
    mark = house.watcher.mark()
    sentence = "messages are dropped, as the broker takes them too slowly: check the broker and the network"
    lists = b"".join(meter.list1(n).octets for n in range(100))
    house.broker.pause()
    until("message dropped", lambda: house.port.write(lists) or house.daemon.lines(sentence), 25)
    house.broker.resume()
    house.watcher.expect(PROBLEM, sentence, since=mark, timeout=70)
    line, = house.daemon.lines(sentence)
    assert line.text.endswith(f"warning: mqtt: {sentence}")
