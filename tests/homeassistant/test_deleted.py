"""A person deletes things in Home Assistant. With the device goes our retained message, which Home Assistant empties;
an entity alone is only forgotten until the message comes again."""
from home import METER, until_nothing
from test_restart import first_day

SECONDS = 110
# Home Assistant's advice to the person who deletes what is announced, and what it says of its own empty messages.
ADVICE = (r"^Although entity \S+ was removed", r"^No device components to cleanup")


def entity_id(home, name):
    return home.hass.entities()[f"hanmqttd_{METER}_{name}"]["entity_id"]


def test_entity_is_deleted(home):
    """It is back, as it was, after the next start of Home Assistant."""
    meter = first_day(home)
    home.hass.ask("config/entity_registry/remove", entity_id=entity_id(home, "phase_voltage_l3"))
    home.hass.restart()
    home.feed(meter.list3(power_active_import=1200))
    home.check(meter, excused=ADVICE)


def test_device_is_deleted(home):
    """With all its entities."""
    meter = first_day(home)
    device, = home.hass.devices().values()
    home.hass.ask("config/device_registry/remove_config_entry", device_id=device["id"],
                  config_entry_id=device["config_entries"][0])
    until_nothing("the device is gone", home.hass.entities)
    home.hass.restart()
    home.feed(meter.list3(power_active_import=1200))
    home.check(meter, excused=ADVICE)


def test_entity_is_disabled_and_renamed(home):
    """What a person sets stays, also when the daemon announces everything again."""
    meter = first_day(home)
    renamed = entity_id(home, "power_active_import")
    home.hass.ask("config/entity_registry/update", entity_id=renamed, new_entity_id="sensor.power",
                  name="What we draw")
    home.hass.ask("config/entity_registry/update", entity_id=entity_id(home, "phase_current_l2"),
                  disabled_by="user")
    home.daemon.stop()
    home.start("daemon")
    home.hass.restart()
    home.feed(meter.list3(power_active_import=1201))
    until_nothing("the states", lambda: home.wrong_states([meter]))
    entities = home.hass.entities()
    assert entities[f"hanmqttd_{METER}_power_active_import"]["entity_id"] == "sensor.power"
    assert entities[f"hanmqttd_{METER}_phase_current_l2"]["disabled_by"] == "user"
    assert home.complaints() == []
