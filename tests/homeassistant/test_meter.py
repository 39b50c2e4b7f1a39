"""What may happen to a meter, and what Home Assistant makes of it."""
import pytest

import kaifa
from home import METER, Home, until_nothing
from rig import until

SECONDS = 240
OTHER = "6970631400009999"


def state_of(home, name):
    return home.hass.states()[f"sensor.electricity_meter_{name}"]["state"]


def test_feed_stops(rig):
    """Momentary values are unavailable, counters stay, the connection is off; and back."""
    home = Home(rig, meter={"silent-after": "5"})
    home.start("daemon", "hass")
    meter = kaifa.Meter(METER)
    home.feed(meter.list3())
    until_nothing("the states", lambda: home.wrong_states([meter]))
    home.watcher.expect(rf"han/{METER}/availability", "offline", timeout=15)
    until_nothing("the states of a silent meter", lambda: home.wrong_states([meter]))
    assert state_of(home, "power_active_import") == "unavailable"
    assert state_of(home, "energy_active_live_import") == "48211.337"
    assert home.hass.states()["binary_sensor.electricity_meter_connection"]["state"] == "off"
    home.feed(meter.list3(power_active_import=640))
    until("the meter is back", lambda: state_of(home, "power_active_import") == "640")
    home.check(meter)


def test_damaged_frames(home):
    """Nothing of a damaged frame reaches Home Assistant."""
    meter = kaifa.Meter(METER)
    home.feed(meter.list3())
    until_nothing("the states", lambda: home.wrong_states([meter]))
    for at in range(20, 120, 10):
        octets = bytearray(kaifa.Meter(METER, energy_active_cum_import=99999999).list3().octets)
        octets[at] ^= 0x10
        home.port.write(bytes(octets))
    home.port.write(bytes(range(256)))
    home.feed(meter.list2(power_active_import=1111))
    home.check(meter)
    assert all(m.payload == "48211.337" for m in home.watcher.messages(rf"han/{METER}/energy_active_cum_import"))


@pytest.mark.parametrize("wrong", [0, 99999999], ids=["zeros", "spike"])
def test_wrong_registers(rig, wrong):
    """A meter that starts again says zeros for its registers, and some say anything once: that is no reading,
    and nothing of it is booked."""
    home = Home(rig, meter={"max-power": "20000"})
    home.start("daemon", "hass")
    meter = kaifa.Meter(METER)
    home.feed(meter.list3())
    until_nothing("the states", lambda: home.wrong_states([meter]))
    registers = {name: meter.values[name] for name in kaifa.HOUR[1:]}
    home.port.write(meter.list3(**dict.fromkeys(registers, wrong)).octets)
    home.feed(meter.list3(**registers, power_active_import=1528))
    home.check(meter)
    assert {m.payload for m in home.watcher.messages(rf"han/{METER}/energy_active_cum_import")} == {"48211.337"}
    booked = home.hass.statistics(home.energy_ids(meter))
    assert all(abs(row["change"]) < 0.01 for rows in booked.values() for row in rows), booked
    home.watcher.wait("refused values", lambda _: int(
        home.watcher.state().get(f"han/{METER}/diagnostics/rejected_values", 0)) >= 3, timeout=70)


def test_meter_is_replaced(home):
    """The other meter is another device; the old one's entities stay, with their history, for the person to
    remove."""
    old = kaifa.Meter(METER)
    home.feed(old.list3())
    until_nothing("the states", lambda: home.wrong_states([old]))
    new = kaifa.Meter(OTHER, energy_active_cum_import=12)
    home.feed(new.list3())
    home.feed(new.list3(energy_active_cum_import=34))
    until_nothing("the states of the new meter", lambda: home.wrong_states([new]))
    assert home.hass.devices().keys() == {f"hanmqttd_{METER}", f"hanmqttd_{OTHER}"}


def test_two_meters(rig):
    """Two sections, two devices, no entity doubled."""
    home = Home(rig, ids=(METER, OTHER), meters={"House": {}, "Garage": {}})
    home.start("daemon", "hass")
    meters = [kaifa.Meter(METER), kaifa.Meter(OTHER, energy_active_cum_import=4711)]
    for meter, port in zip(meters, home.ports.values()):
        home.feed(meter.list3(), port=port)
    home.check(*meters)
    names = {d["name"] for d in home.hass.devices().values()}
    assert names == {"Electricity meter House", "Electricity meter Garage"}


def test_messages_of_a_device(home):
    """Home Assistant's own account of what it subscribed to: no topic that nobody publishes on."""
    meter = kaifa.Meter(METER)
    home.feed(meter.list3())
    until_nothing("the states", lambda: home.wrong_states([meter]))
    device, = home.hass.devices().values()
    info = home.hass.ask("mqtt/device/debug_info", device_id=device["id"])
    subscribed = {s["topic"] for e in info["entities"] for s in e["subscriptions"]}
    assert subscribed <= home.watcher.state().keys()
    assert info["triggers"] == []
