"""What is calculated: live energy above all, which never falls, whatever happens to the daemon.

3.6 MW are a kWh a second, so that much happens in little time.
"""
import decimal
import random
import re
import signal

import pytest

import kaifa
from rig import House, pause, talking

METER = "6970631400000016"
LIVE = f"han/{METER}/energy_active_live_import"
MEGA = 3600000


def numbers(house, topic=LIVE, since=0):
    return [decimal.Decimal(m.payload) for m in house.watcher.messages(topic, since)]


def check_never_falls(house):
    seen = numbers(house)
    assert seen == sorted(seen)
    return seen


def test_follows_the_power(house):
    """From the first register on, with what was drawn since, in Wh; retained, at QoS 1."""
    meter = kaifa.Meter(METER)
    house.feed(meter.list2(), meter.list1(MEGA))
    house.watcher.barrier()
    assert not numbers(house)
    house.feed(meter.list3())
    first = house.watcher.expect(LIVE)
    assert first.payload == "48211.337" and first.qos == 1
    house.feed(meter.list1(MEGA))
    pause(1)
    mark = house.feed(meter.list1(MEGA))
    later = house.watcher.expect(LIVE, since=mark)
    assert 48212.3 < decimal.Decimal(later.payload) < 48215
    assert house.broker.retained()[LIVE].payload == later.payload
    assert house.watcher.state()[f"han/{METER}/energy_active_cum_import"] == "48211.337"


def test_put_right_by_registers(house):
    """A register above it is caught up with at once; one below is waited for."""
    meter = kaifa.Meter(METER, power_active_import=0)
    house.feed(meter.list3())
    house.feed(meter.list3(energy_active_cum_import=48211500))
    house.watcher.expect(LIVE, "48211.500")
    house.feed(meter.list1(MEGA))
    pause(0.5)
    house.feed(meter.list1(MEGA), meter.list1(0))
    house.watcher.barrier()
    ahead = numbers(house)[-1]
    assert ahead > 48211.9
    house.feed(meter.list3(energy_active_cum_import=48211600), meter.list1(0))
    house.watcher.barrier()
    assert check_never_falls(house)[-1] == ahead
    house.feed(meter.list3(energy_active_cum_import=48299000))
    house.watcher.expect(LIVE, "48299.000")


def test_export(house):
    """Solar power is counted from the lists that have it."""
    meter = kaifa.Meter(METER, power_active_import=0, power_active_export=MEGA, energy_active_cum_export=7000)
    house.feed(meter.list3())
    pause(0.5)
    house.feed(meter.list2())
    house.watcher.barrier()
    assert numbers(house, f"han/{METER}/energy_active_live_export")[-1] > 7.4
    assert set(numbers(house)) == {decimal.Decimal("48211.337")}


@pytest.mark.parametrize("kept", ["state", "nothing"])
def test_killed_at_any_moment(rig, kept):
    """SIGKILL while values leave: what the broker keeps never falls, and goes on before the next register."""
    env = {"STATE_DIRECTORY": str(rig.directory("state"))} if kept == "state" else None
    house = rig.house(env=env)
    setting = house.daemon.config.read_text(encoding="utf-8")
    meter = kaifa.Meter(METER, power_active_import=MEGA)
    dice = random.Random(5)
    house.feed(meter.list3())
    house.watcher.expect(LIVE)
    for _ in range(5):
        for _ in range(dice.randrange(3, 20)):
            house.port.write(meter.list1(MEGA).octets)
            pause(0.02)
        mark = house.watcher.mark()
        house.daemon.send(signal.SIGKILL)
        house.daemon.ended()
        house.watcher.expect(r"han/bridge/[^/]+/availability", "offline", since=mark)  # the last that comes of it
        house.watcher.barrier()
        known = numbers(house)[-1]
        assert decimal.Decimal(house.broker.retained()[LIVE].payload) == known
        mark = house.watcher.mark()
        house = House(house.broker, house.watcher, house.port, rig.daemon(setting, env=env))

        def above(_, house=house, mark=mark, known=known):
            return any(n > known for n in numbers(house, since=mark))
        house.watcher.wait("live energy above what was kept",
                           talking(house.port, lambda: meter.list2().octets, above))
        assert not house.watcher.messages(f"han/{METER}/energy_active_cum_import", mark)
        check_never_falls(house)
    house.feed(meter.list3(energy_active_cum_import=48999000))
    house.watcher.wait("the register's energy", lambda _: numbers(house)[-1] >= 48999)
    check_never_falls(house)


def start_with(rig, kept, **sections):
    """A daemon on a broker that keeps this live energy from before."""
    broker = rig.broker()
    watcher = rig.watch(broker)
    watcher.publish(LIVE, kept, retain=True)
    port = rig.port()
    daemon = rig.daemon(rig.setting(broker, port, **sections))
    return House(broker, watcher, port, daemon)


def test_never_below_what_the_broker_keeps(rig):
    """It was ahead of the register: it waits."""
    house = start_with(rig, "48215.000")
    meter = kaifa.Meter(METER, power_active_import=0)
    house.feed(meter.list3())
    house.watcher.wait("the kept energy again", talking(house.port, lambda: meter.list1(0).octets,
                                                        lambda _: len(numbers(house)) > 1))
    assert check_never_falls(house)[-1] == 48215
    house.feed(meter.list3(energy_active_cum_import=48215100))
    house.watcher.expect(LIVE, "48215.100")


@pytest.mark.parametrize("kept", ["999999.000", "unavailable", "-5", "48211.337 kWh"])
def test_nonsense_on_the_broker(rig, kept):
    """What cannot be this meter's energy is passed over, and the journal says so."""
    house = start_with(rig, kept)
    meter = kaifa.Meter(METER, power_active_import=0)
    house.feed(meter.list3())
    house.watcher.wait("the register", talking(house.port, lambda: meter.list1(0).octets,
                                               lambda _: house.watcher.messages(LIVE)[-1].payload == "48211.337"))
    house.daemon.expect_line("energy", "not believed|begins anew", levels=("info",))


def test_another_meter_of_the_same_name(rig):
    """A meter that is replaced begins with its own register, though its topics stay."""
    house = rig.house(meter={"name": "house"})
    house.feed(kaifa.Meter(METER).list3())
    house.watcher.expect("han/house/energy_active_live_import", "48211.337")
    other = kaifa.Meter("6970631400000777", energy_active_cum_import=12345)
    house.feed(other.list2())
    mark = house.feed(other.list3())
    house.watcher.expect("han/house/energy_active_live_import", "12.345", since=mark)


def test_off(rig):
    """Without live-energy there is none, and nobody asks for it."""
    house = rig.house(publish={"live-energy": "no"})
    meter = kaifa.Meter(METER)
    house.feed(meter.list3(), meter.list1(MEGA), meter.list2())
    house.watcher.barrier()
    assert not [m for m in house.watcher.since() if m.topic.startswith("han/") and re.search(
        "/(energy_active_(live|hour)|power_active_net|capacity_)", m.topic)]


def test_net_power_and_peaks(rig):
    """On request: import minus export, and the month's highest hours, which are none so far. An hour whose begin
    was not seen has no energy."""
    house = rig.house(publish={"net-power": "yes", "hour-energy": "yes", "capacity-peaks": "yes"})
    meter = kaifa.Meter(METER, power_active_import=0, power_active_export=250)
    house.feed(meter.list2())
    house.watcher.expect(f"han/{METER}/power_active_net", "-250")
    for name in ("capacity_peak_1", "capacity_peak_2", "capacity_peak_3", "capacity_mean"):
        house.watcher.expect(f"han/{METER}/{name}", "0.000")
    mark = house.feed(meter.list1(1000))
    house.watcher.expect(f"han/{METER}/power_active_net", "1000", since=mark)
    assert not house.watcher.messages(f"han/{METER}/energy_active_hour_import")


@pytest.mark.background
def test_gap_is_told(rig):
    """What was guessed, over a gap of a minute, is in the journal; the usual pauses are not."""
    house = rig.house()
    meter = kaifa.Meter(METER)
    house.feed(meter.list3(), meter.list2())
    pause(61)
    assert not house.daemon.lines("estimated")
    house.feed(meter.list2())
    for direction in ("import", "export"):
        house.daemon.expect_line("energy", METER, f"{direction} of the last 6[0-9] s is estimated", levels=("info",))


def test_refused_registers_do_not_reach_it(house):
    """Zeros of a meter that starts again, and a register that fell: the live energy goes on."""
    meter = kaifa.Meter(METER, power_active_import=0)
    house.feed(meter.list3())
    house.watcher.expect(LIVE, "48211.337")
    zeros = {f"energy_{kind}_cum_{way}": 0 for kind in ("active", "reactive") for way in ("import", "export")}
    kept = {name: meter.values[name] for name in zeros}
    house.feed(meter.list3(**zeros))
    house.feed(meter.list1(0))
    house.feed(meter.list3(**kept))
    house.feed(meter.list3(energy_active_cum_import=48211336))
    house.feed(meter.list3(energy_active_cum_import=48211900))
    house.watcher.expect(LIVE, "48211.900")
    assert set(check_never_falls(house)) == {decimal.Decimal("48211.337"), decimal.Decimal("48211.900")}
