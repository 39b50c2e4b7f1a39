"""When values leave: on change, at intervals; and when the broker forgets them."""
import re
import time

import pytest

import kaifa
from measurements import BY_NAME
from rig import pause

METER = "6970631400000016"
POWER = f"han/{METER}/power_active_import"
UNKNOWN = 90000  # seconds that a value lives before the pause between two is known


def leaf(topic):
    return topic.rpartition("/")[2]


def is_live(topic):
    return topic.startswith(f"han/{METER}/") and getattr(BY_NAME.get(leaf(topic)), "kind", "") == "live"


def count(house, topic, since=0):
    return len(house.watcher.messages(re.escape(topic), since))


def test_live_values_expire(house):
    """Live values, and they alone, have an expiry; from the second one on it follows the meter's pause."""
    meter = kaifa.Meter(METER)
    house.feed(meter.list3())
    house.watcher.barrier()
    first = house.watcher.since()
    assert {m.expiry for m in first if is_live(m.topic)} == {UNKNOWN}
    pause(1)
    mark = house.feed(meter.list3())
    house.feed(meter.list1(17))
    house.watcher.barrier()
    seen = house.watcher.since(mark)
    assert {m.expiry for m in seen if is_live(m.topic)} == {60}
    others = [m for m in first + seen if not is_live(m.topic)]
    assert {m.expiry for m in others} == {None}
    assert len({m.topic for m in others}) > 10


def test_newcomer_sees_what_is_left(house):
    """The broker counts down, and tells a newcomer how long a value is still good."""
    meter = kaifa.Meter(METER)
    house.feed(meter.list2(), meter.list2(), meter.list2())
    pause(3)
    kept = house.broker.retained()
    assert 50 <= kept[POWER].expiry <= 58
    assert kept[f"han/{METER}/meter_id"].expiry is None


@pytest.mark.background
def test_values_are_forgotten(rig):
    """A minute after the last one a live value is gone from the broker; everything else is still there."""
    house = rig.house()
    meter = kaifa.Meter(METER)
    house.feed(meter.list3(), meter.list3())
    before = house.broker.retained()
    assert POWER in before
    pause(63)
    after = house.broker.retained()
    assert {t for t in before if t not in after} == {t for t in before if is_live(t)}
    house.feed(meter.list1(18))
    assert house.broker.retained()[POWER].payload == "18"


@pytest.mark.background
def test_unchanged_value_stays(rig):
    """With on-change an unchanged value is sent seldom, and never expires while the meter sends it."""
    house = rig.house(publish={"on-change": "yes"})
    meter = kaifa.Meter(METER)
    began = time.monotonic()
    house.feed(meter.list3())
    gone = []
    while time.monotonic() - began < 72:
        house.feed(meter.list1(1527))
        if POWER not in house.broker.retained():
            gone.append(time.monotonic() - began)
        pause(1)
    assert not gone
    assert 3 <= count(house, POWER) <= 4
    assert count(house, f"han/{METER}/reading") > 50
    for name in ("meter_id", "energy_active_cum_import", "phase_current_l1"):
        assert count(house, f"han/{METER}/{name}") == 1


def test_on_change(rig):
    """Each change is sent at once, and nothing else but the readings."""
    house = rig.house(publish={"on-change": "yes"})
    meter = kaifa.Meter(METER)
    mark = house.feed(meter.list3())
    for power in (5, 5, 6, 6, 6, 5, 7, 7):
        house.feed(meter.list1(power))
    meter.values["phase_voltage_l1"] = 2299
    for _ in range(2):
        house.feed(meter.list3())
    house.watcher.barrier()
    assert [m.payload for m in house.watcher.messages(POWER, mark)] == ["1527", "5", "6", "5", "7"]
    assert count(house, f"han/{METER}/reading") == 11
    twice = {leaf(m.topic) for m in house.watcher.messages(rf"han/{METER}/[^/]+")
             if count(house, m.topic) > 1} - {"hourly"}
    assert twice == {"reading", "power_active_import", "phase_voltage_l1", "meter_timestamp"}


def test_on_change_after_restart_of_the_broker(rig):
    """What the broker lost it gets again, changed or not."""
    house = rig.house(publish={"on-change": "yes"})
    house.feed(kaifa.Meter(METER).list3())
    house.watcher.barrier()
    state = {t: p for t, p in house.watcher.state().items() if is_live(t) or leaf(t).startswith("energy_")}
    house.broker.kill()
    house.broker.start()
    mark = house.watcher.mark()
    for topic, payload in state.items():
        house.watcher.expect(re.escape(topic), payload, since=mark)


def test_min_interval(rig):
    """Live values keep their distance; the newest of those between is sent when the time is up."""
    house = rig.house(publish={"min-interval": "2"})
    meter = kaifa.Meter(METER)
    meter.values["power_active_import"] = 1
    mark = house.feed(meter.list2())
    powers = iter(range(2, 1000))
    until = time.monotonic() + 7
    while time.monotonic() < until:
        house.feed(meter.list1(next(powers)))
        pause(0.3)
    last = meter.values["power_active_import"]
    house.watcher.expect(POWER, str(last), since=mark, timeout=4)
    seen = house.watcher.messages(POWER, mark)
    gaps = [later.time - earlier.time for earlier, later in zip(seen, seen[1:])]
    assert min(gaps) > 1.95 and max(gaps) < 2.8
    assert 4 <= len(seen) <= 6
    assert count(house, f"han/{METER}/reading", mark) == last
    values = [int(m.payload) for m in seen]
    assert values == sorted(set(values))


def test_min_interval_is_for_live_values(rig):
    """Registers, texts and the clock do not wait."""
    house = rig.house(publish={"min-interval": "3600"})
    meter = kaifa.Meter(METER)
    for _ in range(3):
        house.feed(meter.list3())
    house.watcher.barrier()
    for name in ("meter_id", "meter_timestamp", "energy_active_cum_import"):
        assert count(house, f"han/{METER}/{name}") == 3
    assert count(house, POWER) == 1


def test_no_expiry(rig):
    """expire = no: nothing expires."""
    house = rig.house(publish={"expire": "no"})
    meter = kaifa.Meter(METER)
    house.feed(meter.list3(), meter.list3())
    assert {m.expiry for m in house.watcher.since()} == {None}


def test_3_1_1(rig):
    """The older protocol knows no expiry: values are kept, and nobody complains."""
    house = rig.house(mqtt={"protocol": "3.1.1"}, publish={"on-change": "yes"})
    meter = kaifa.Meter(METER)
    house.feed(meter.list3(), meter.list3())
    kept = house.broker.retained()
    assert POWER in kept and kept[POWER].expiry is None
    assert not house.daemon.lines("", levels=("error", "warning"))
