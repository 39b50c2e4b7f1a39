"""The kind of discovery message changes, there and back: entities, their settings and their history stay."""
import pytest

import kaifa
from home import METER, Home, until_nothing
from rig import until

SECONDS = 300
MOVE = 45  # seconds: the steps of a move, and what is left of the old message expires
DEVICE = f"homeassistant/device/hanmqttd_{METER}/config"
COMPONENT = f"homeassistant/sensor/hanmqttd_{METER}/power_active_import/config"


def change(home, **keys):
    """The daemon stops, and starts with these settings of [homeassistant]."""
    home.daemon.stop()
    home.sections["homeassistant"] = keys
    home.start("daemon")


def has_moved(home, there, gone):
    kept = home.broker.retained()
    return there in kept and gone not in kept


@pytest.mark.parametrize("restarts", [False, True], ids=["while it runs", "while it is stopped"])
def test_there_and_back(home, restarts):
    """From one message per device to one per entity, and back, with Home Assistant running or not."""
    meter = kaifa.Meter(METER)
    home.feed(meter.list3())
    home.check(meter)
    power = home.hass.entities()[f"hanmqttd_{METER}_power_active_import"]
    home.hass.ask("config/entity_registry/update", entity_id=power["entity_id"], name="What we draw",
                  icon="mdi:flash")
    created = {u: e["created_at"] for u, e in home.hass.entities().items()}
    for mode, there, gone in (("components", COMPONENT, DEVICE), ("device", DEVICE, COMPONENT)):
        if restarts:
            home.hass.stop()
        change(home, discovery=mode)
        home.port.write(meter.list2().octets)
        until("the messages have changed", lambda t=there, g=gone: has_moved(home, t, g), MOVE)
        if restarts:
            home.hass.start()
        home.feed(meter.list3(power_active_import=meter.values["power_active_import"] + 1))
        until_nothing("the entities", lambda: home.wrong_entities([meter]))
        until_nothing("the states", lambda: home.wrong_states([meter]))
    home.check(meter)
    power = home.hass.entities()[f"hanmqttd_{METER}_power_active_import"]
    assert (power["name"], power["icon"]) == ("What we draw", "mdi:flash")
    assert {u: e["created_at"] for u, e in home.hass.entities().items()} == created


def test_components_from_the_start(rig):
    """Nothing but single messages, over a restart of Home Assistant."""
    home = Home(rig, homeassistant={"discovery": "components"})
    home.start("daemon", "hass")
    meter = kaifa.Meter(METER)
    home.feed(meter.list3())
    until_nothing("the entities", lambda: home.wrong_entities([meter]))
    home.hass.restart()
    home.check(meter)


def test_off(home):
    """Discovery is switched off: the entities go, and come back when it is on again."""
    meter = kaifa.Meter(METER)
    home.feed(meter.list3())
    until_nothing("the entities", lambda: home.wrong_entities([meter]))
    change(home, discovery="off")
    home.port.write(meter.list2().octets)
    until("the entities are gone", lambda: not home.hass.entities(), 30)
    change(home, discovery="device")
    home.feed(meter.list3(power_active_import=1234))
    home.check(meter)


def test_register_for_the_dashboard(rig):
    """energy-sensor = register: the meter's own registers are there, and the dashboard takes them."""
    home = Home(rig, homeassistant={"energy-sensor": "register"})
    home.start("daemon", "hass")
    meter = kaifa.Meter(METER)
    home.feed(meter.list3())
    home.check(meter)


def test_everything_that_can_be_calculated(rig):
    """Entities of what is off by default, too; all of it makes statistics."""
    home = Home(rig, publish={"net-power": "yes", "hour-energy": "yes", "capacity-peaks": "yes"})
    home.start("daemon", "hass")
    meter = kaifa.Meter(METER)
    home.feed(meter.list3())
    until("the net power", lambda: f"hanmqttd_{METER}_power_active_net" in home.hass.entities(), 20)
    until("its state", lambda: home.hass.states()["sensor.electricity_meter_power_active_net"]["state"] == "1527", 20)
    home.check_statistics([meter])
    assert home.hass.ask("recorder/validate_statistics") == {}
    assert home.issues() == []
    complaints = home.complaints()
    assert not complaints, "\n".join(complaints)
