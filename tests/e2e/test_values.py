"""Every value of every message on its topic, with the digits that the meter sent."""
import datetime
import decimal
import json
import subprocess
import time

import pytest

import corpus
import kaifa
from measurements import BY_NAME, structural_zeros
from rig import PATIENCE, Rig

COUNTERS = {"bytes", "frames_ok", "crc_errors", "parity_errors", "framing_errors", "discarded_bytes",
            "resyncs", "decrypt_failed", "replayed", "decode_failed", "rejected_values", "published",
            "dropped", "last_frame_age", "clock_offset", "problem"}
OTHERS = ("availability", "info", "reading", "hourly")
CASES = sorted((case for case in corpus.load("hdlc-*.json") if corpus.is_kaifa(case)),
               key=lambda case: (case["layout"] == "kaifa-list1", case["timestamp"]))


@pytest.fixture(name="shared", scope="module")
def fixture_shared():
    """One daemon for all messages, which publishes nothing else. A first one tells it who the meter is."""
    rig = Rig()
    try:
        house = rig.house(publish={"live-energy": "no"})
        house.feed(kaifa.Meter("1111222233334444").list2())
        yield house
    finally:
        rig.close()


def check_published(house, message, meter_id, wanted):
    """The measurements that this message puts on the meter's topics: these, and nothing else."""
    mark = house.feed(message)
    house.feed(kaifa.Meter().list1(60606))  # whatever the message does comes before this
    for name in wanted:
        house.watcher.expect(f"han/{meter_id}/{name}", since=mark)
    house.watcher.barrier()
    seen = {}
    for m in house.watcher.messages(r"han/(?!bridge/)[^/]+/[^/]+", mark):
        _, meter, leaf = m.topic.split("/")
        if leaf not in OTHERS and m.payload != "60606":
            assert meter == meter_id, m
            assert leaf not in seen, f"twice: {m}"
            seen[leaf] = m.payload
    assert seen == wanted


def corpus_digits(expected):
    """The exact payloads, from what the corpus says: the decimals are the list's."""
    values = corpus.by_name(expected)
    hidden = structural_zeros(values)
    texts = {}
    for name, value in values.items():
        if name == "meter_timestamp":
            texts[name] = kaifa.text_of(name, datetime.datetime.fromisoformat(value))
        elif isinstance(value, decimal.Decimal):
            texts[name] = f"{value:.{BY_NAME[name].decimals}f}"
        else:
            texts[name] = value
    return {name: text for name, text in texts.items() if name not in hidden}


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES] or
                         [pytest.param(None, id="none", marks=pytest.mark.skip(corpus.MISSING))])
def test_recorded_message(shared, case):
    """Each value of a real meter's message stands on its topic, and a zero that is none on no topic."""
    octets = bytes.fromhex(case["hex"])
    wanted = corpus_digits(case["expected"])
    known = [m.topic.split("/")[1] for m in shared.watcher.messages(r"han/[^/]+/reading")][-1]
    message = kaifa.Message(octets, case["layout"], None, None)
    check_published(shared, message, wanted.get("meter_id", known), wanted)


def test_digits(house):
    """Decimals stay as the meter's list has them: 232.0, 0.000, 0, and 11589.514."""
    meter = kaifa.Meter("6970631400000042", phase_voltage_l1=2320, phase_current_l1=0, power_active_import=0,
                        energy_active_cum_import=11589514, energy_active_cum_export=0,
                        energy_reactive_cum_import=5, energy_reactive_cum_export=2**40)
    house.feed(meter.list3())
    house.watcher.barrier()
    state = house.watcher.state()
    for name, text in {"phase_voltage_l1": "232.0", "phase_current_l1": "0.000", "power_active_import": "0",
                       "energy_active_cum_import": "11589.514", "energy_active_cum_export": "0.000",
                       "energy_reactive_cum_import": "0.005",
                       "energy_reactive_cum_export": "1099511627.776"}.items():
        assert state[f"han/6970631400000042/{name}"] == text


@pytest.mark.parametrize("meter", [
    pytest.param(kaifa.Meter("6970631400000301", "MA304H3E", phase_voltage_l2=0, phase_current_l2=42),
                 id="H3E"),
    pytest.param(kaifa.Meter("6970631400000302", "MA304H3E", phase_voltage_l2=0, phase_current_l2=0),
                 id="H3E-no-current"),
    pytest.param(kaifa.Meter("6970631400000303", "MA304H4", phase_voltage_l2=0, phase_current_l2=0),
                 id="H4-phase-lost"),
    pytest.param(kaifa.Meter("6970631400000304", "MA105H2E", phases=1), id="one-phase"),
])
def test_made_message(shared, meter):
    """A zero is a value but where the meter does not measure at all: U(L2) of a meter for three wires."""
    for message in (meter.list2(), meter.list3()):
        check_published(shared, message, meter.values["meter_id"], message.published())


def simulated(rig, wanted):
    """Frames of `hantool simulate` until each of these lists was there."""
    path = rig.directory("simulate") / "meter"
    rig.tool("simulate", "--speed", "400", "--start", "2026-03-01T11:59:40", "--link", str(path),
             stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + PATIENCE
    while not path.exists():
        assert time.monotonic() < deadline, "hantool simulate makes no link"
        time.sleep(0.01)
    messages, rest = [], b""
    with open(path, "rb", buffering=0) as tty:
        while not wanted <= {m.list for m in messages}:
            assert time.monotonic() < deadline, f"only {[m.list for m in messages]}"
            frames, rest = kaifa.split(rest + tty.read(4096))
            messages += [kaifa.read(frame) for frame in frames]
    return messages


def test_simulated_messages(shared, rig):
    """What `hantool simulate` plays arrives digit by digit."""
    messages = simulated(rig, {"kaifa-list1", "kaifa-list2-3ph", "kaifa-list3-3ph"})
    meter_id = next(m.values["meter_id"] for m in messages if "meter_id" in m.values)
    first = next(i for i, m in enumerate(messages) if "meter_id" in m.values)
    shared.feed(messages[first])
    for name in ("kaifa-list1", "kaifa-list2-3ph", "kaifa-list3-3ph"):
        message = next(m for m in messages if m.list == name)
        check_published(shared, message, meter_id, message.published())


def flip(message, at):
    octets = bytearray(message.octets)
    octets[at] ^= 0x10
    return bytes(octets)


def test_bad_checks(house):
    """A message whose check is wrong, in the header or at the end, changes nothing."""
    meter = kaifa.Meter()
    house.feed(meter.list2())
    house.watcher.barrier()
    mark = house.watcher.mark()
    for at in (8, -3, -20):  # header check, frame check, a value
        house.port.write(flip(meter.list2(power_active_import=66666, meter_id="9999999999999999"), at))
    house.feed(kaifa.Meter().list1(1234))
    house.watcher.barrier()
    seen = [m for m in house.watcher.since(mark) if not m.topic.startswith("test/")]
    assert {m.topic.rpartition("/")[2] for m in seen} == {"power_active_import", "reading"}, seen
    assert json.loads(seen[-1].payload)["values"] == {"power_active_import": 1234}


@pytest.mark.background
def test_counters(rig):
    """Once a minute the counters say what came in: octets, good frames, bad ones, noise."""
    house = rig.house(meter={"silent-after": 100})
    meter = kaifa.Meter()
    sent = [meter.list2().octets, meter.list1(1).octets, flip(meter.list1(2), 8), flip(meter.list1(3), -3),
            b"\x01\x02\x03\x04\x05", meter.list1(4).octets]
    house.port.write(b"".join(sent))
    total = str(sum(map(len, sent)))
    base = f"han/{meter.values['meter_id']}/diagnostics/"
    last = house.watcher.expect(base + "frames_ok", "3", timeout=70)

    def round_of(seen):
        found = {m.topic[len(base):]: m for m in seen
                 if m.topic.startswith(base) and abs(m.time - last.time) < 2}
        return found if COUNTERS <= found.keys() else None
    counters = house.watcher.wait("whole round of counters", round_of)
    assert counters.keys() == COUNTERS
    assert all(m.retain and m.qos == 0 for m in counters.values())
    counters = {name: m.payload for name, m in counters.items()}
    assert counters["bytes"] == total
    assert counters.pop("problem") == "ok"
    numbers = {name: int(text) for name, text in counters.items()}
    assert numbers["frames_ok"] == 3
    assert numbers["crc_errors"] == 2
    assert numbers["discarded_bytes"] >= 5
    assert numbers["resyncs"] >= 1
    assert numbers["published"] > 20
    assert 0 <= numbers["last_frame_age"] <= 75
    for name in ("parity_errors", "framing_errors", "decrypt_failed", "replayed", "decode_failed",
                 "rejected_values"):
        assert numbers[name] == 0, name
