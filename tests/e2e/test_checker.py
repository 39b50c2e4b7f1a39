"""The check of discovery messages itself: it passes a good one and finds each of many faults."""
import copy
import json

import pytest

from homeassistant import check_entity_message, check_message, check_state, check_states, is_migration, render
from measurements import MEASUREMENTS

TOPIC = "homeassistant/device/hanmqttd_6970631400000000/config"
BRIDGE = "han/bridge/hanmqttd-pi/availability"
INFO = "han/bridge/hanmqttd-pi/info"
METER = "han/6970631400000000/availability"
CLASSES = {"W": "power", "var": "reactive_power", "A": "current", "V": "voltage", "kWh": "energy",
           "kvarh": "reactive_energy"}


def component(name, platform="sensor", **more):
    return {"platform": platform, "name": name.replace("_", " ").capitalize(),
            "unique_id": f"hanmqttd_6970631400000000_{name}",
            "default_entity_id": f"{platform}.electricity_meter_{name}",
            **({"command_topic": f"han/x/command/{name}"} if platform == "button" else
               {"state_topic": f"han/6970631400000000/{name}"}), **more}


def sensor(m):
    if m.kind == "text":
        return component(m.name, entity_category="diagnostic")
    if m.kind == "clock":
        return component(m.name, device_class="timestamp", entity_category="diagnostic",
                         enabled_by_default=False)
    live = {"state_class": "measurement", "availability": [{"topic": BRIDGE}, {"topic": METER}]}
    return component(m.name, device_class=CLASSES[m.unit], unit_of_measurement=m.unit,
                     suggested_display_precision=min(m.decimals, 2),
                     **(live if m.kind == "live" else {"state_class": "total_increasing"}))


def good():
    """A Kaifa MA304 as documented, connection and button included."""
    components = {m.name: sensor(m) for m in MEASUREMENTS}
    components["connection"] = component("connection", "binary_sensor", payload_on="online",
                                         payload_off="offline", device_class="connectivity",
                                         entity_category="diagnostic")
    components["connection"]["state_topic"] = METER
    components["mbus_power_cycle"] = component("mbus_power_cycle", "button", payload_press="PRESS",
                                               device_class="restart", entity_category="config", qos=1)
    components["mbus_power"] = {**component("mbus_power", "binary_sensor", device_class="power",
                                            value_template="{{ 'ON' if value_json.power.state in "
                                                           "['on', 'settling'] else 'OFF' }}",
                                            entity_category="diagnostic"), "state_topic": INFO}
    components["gone"] = {"platform": "sensor"}  # taken away
    return {
        "device": {"identifiers": ["hanmqttd_6970631400000000"], "name": "Electricity meter",
                   "manufacturer": "Kaifa", "model": "MA304H3E", "serial_number": "6970631400000000",
                   "sw_version": "KFM_001"},
        "origin": {"name": "hanmqttd", "sw_version": "1.0.0", "support_url": "https://example.org/hanmqttd"},
        "availability": [{"topic": BRIDGE}], "availability_mode": "all", "qos": 0,
        "components": components,
    }


def octets(message):
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def test_good_message():
    """A message as Home Assistant's documentation has it passes."""
    assert check_message(TOPIC, octets(good())) == []


def alone(name, **changes):
    """One entity of the good message, with what a message of its own says besides."""
    message = good()
    entity = {**message["components"][name], **{k: message[k] for k in ("device", "origin", "availability_mode")}}
    entity.setdefault("availability", message["availability"])
    platform = entity.pop("platform")
    entity.update(changes)
    node = "hanmqttd_6970631400000000"
    return f"homeassistant/{platform}/{node}/{name}/config", {k: v for k, v in entity.items() if v is not None}


@pytest.mark.parametrize("name", [name for name in good()["components"] if name != "gone"])
def test_good_entity_message(name):
    """Each entity of the good message is a good message of its own."""
    topic, message = alone(name)
    assert check_entity_message(topic, octets(message)) == []


@pytest.mark.parametrize("changes", [
    {"device": None}, {"origin": None}, {"platform": "sensor"}, {"unique_id": "power"}, {"availability": None},
    {"unit_of_measurement": "VAr"}, {"state_topic": None}, {"device": {"name": "Meter"}}])
def test_fault_in_entity_message(changes):
    """One thing changed for the worse is found in the message of one entity too."""
    topic, message = alone("power_active_import", **changes)
    assert check_entity_message(topic, octets(message))


def test_entity_topic():
    """The topic names platform, node and id."""
    topic, message = alone("power_active_import")
    for wrong in (topic.replace("/hanmqttd_", "/x_"), topic.replace("sensor/", ""), topic + "/x",
                  topic.replace("/sensor/", "/button/")):
        assert check_entity_message(wrong, octets(message))


def test_migration():
    """Only this message lets go of entities."""
    assert is_migration(b'{"migrate_discovery": true}')
    for payload in (b"", b'{"migrate_discovery": 1.5}', b'{"migrate_discovery": true, "x": 1}', octets(good())):
        assert not is_migration(payload)


def in_component(part, **keys):
    return lambda m: m["components"][part].update(keys)


def without(*path):
    def change(message):
        for key in path[:-1]:
            message = message[key]
        del message[path[-1]]
    return change


def put(*path, value):
    def change(message):
        for key in path[:-1]:
            message = message[key]
        message[path[-1]] = value
    return change


POWER, ENERGY, CLOCK, TEXT = ("power_active_import", "energy_active_cum_import", "meter_timestamp", "meter_id")
MUTATIONS = {
    "topic base at the root": put("~", value="han/6970631400000000"),
    "root key that came later": put("message_expiry_interval", value=60),
    "no origin": without("origin"),
    "origin without a name": without("origin", "name"),
    "unknown key in origin": put("origin", "url", value="https://example.org"),
    "no device": without("device"),
    "device without identifiers": without("device", "identifiers"),
    "device without a name": without("device", "name"),
    "unknown key in device": put("device", "firmware", value="1"),
    "number in device": put("device", "serial_number", value=6970631400000000),
    "no components": without("components"),
    "empty components": put("components", value={}),
    "no platform": without("components", POWER, "platform"),
    "short form of platform": in_component(POWER, p="sensor"),
    "unknown platform": in_component(POWER, platform="meter"),
    "no unique_id": without("components", POWER, "unique_id"),
    "unique_id with a dot": in_component(POWER, unique_id="hanmqttd_1-0:1.7.0"),
    "unique_id twice": in_component(ENERGY, unique_id=f"hanmqttd_6970631400000000_{POWER}"),
    "component id with a colon": put("components", "1-0:1.7.0", value=component("power")),
    "unit in the meter's spelling": in_component("power_reactive_import", unit_of_measurement="VAr"),
    "unit of another class": in_component(POWER, unit_of_measurement="kWh"),
    "class without unit": without("components", POWER, "unit_of_measurement"),
    "unknown class": in_component(POWER, device_class="active_power"),
    "energy as measurement": in_component(ENERGY, state_class="measurement"),
    "power as total": in_component(POWER, state_class="total_increasing"),
    "unknown state class": in_component(POWER, state_class="momentary"),
    "clock with unit": in_component(CLOCK, unit_of_measurement="s"),
    "clock with state class": in_component(CLOCK, state_class="measurement"),
    "precision on text": in_component(TEXT, suggested_display_precision=0),
    "precision as text": in_component(POWER, suggested_display_precision="0"),
    "wildcard in a topic": in_component(POWER, state_topic="han/+/power_active_import"),
    "empty topic": in_component(POWER, state_topic=""),
    "no state topic": without("components", POWER, "state_topic"),
    "control character in a topic": in_component(POWER, state_topic="han/6970\n/power"),
    "availability_topic beside the list": in_component(POWER, availability_topic=METER),
    "availability not a list": put("availability", value={"topic": BRIDGE}),
    "availability without topic": put("availability", value=[{}]),
    "no availability at all": without("availability"),
    "two availabilities, latest counts": put("availability_mode", value="latest"),
    "two availabilities, no mode": without("availability_mode"),
    "object_id": in_component(POWER, object_id="power"),
    "default_entity_id without platform": in_component(POWER, default_entity_id="power_active_import"),
    "default_entity_id of another platform": in_component(POWER, default_entity_id="switch.power"),
    "default_entity_id twice": in_component(
        ENERGY, default_entity_id=f"sensor.electricity_meter_{POWER}"),
    "name starts with the device's": in_component(POWER, name="Electricity meter active power"),
    "no name": without("components", POWER, "name"),
    "sensor as config": in_component(POWER, entity_category="config"),
    "yes for true": in_component(CLOCK, enabled_by_default="no"),
    "icon of nobody": in_component(TEXT, icon="identifier"),
    "misspelled key": in_component(POWER, unit_of_measurment="W"),
    "short keys": in_component(POWER, stat_cla="measurement"),
    "values that expire": in_component(POWER, expire_after=60),
    "options without enum": in_component(TEXT, options=["a"]),
    "on is off": in_component("connection", payload_off="online"),
    "unknown class of a binary sensor": in_component("connection", device_class="link"),
    "retained command": in_component("mbus_power_cycle", retain=True),
    "button without a topic": without("components", "mbus_power_cycle", "command_topic"),
    "template without braces": in_component("mbus_power", value_template="value_json.power.state"),
    "template that is none": in_component("mbus_power", value_template="{{ value_json. }}"),
    "removal of an unknown platform": in_component("gone", platform="meter"),
    "removal with a name": in_component("gone", name="Gone"),
    "qos 3": put("qos", value=3),
    "too large": put("device", "model", value="x" * 70000),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_fault_is_found(name):
    """One thing changed for the worse is found, and it is one fault or a few, not a hundred."""
    message = copy.deepcopy(good())
    MUTATIONS[name](message)
    assert message != good()
    faults = check_message(TOPIC, octets(message))
    assert faults
    assert len(faults) < 5 or name in ("no availability at all", "two availabilities, latest counts",
                                       "two availabilities, no mode"), faults


@pytest.mark.parametrize("payload", [
    b"", b"[]", b"{", b'{"a": NaN}', b"\xff\xfe", octets(good())[:-1],
    octets(good()).replace(b'{"platform"', b'{"name":"x","platform"', 1),
])
def test_bad_json(payload):
    """What is no JSON object, or names a key twice, is found."""
    assert check_message(TOPIC, payload)


@pytest.mark.parametrize("topic", [
    "homeassistant/device/1-0:1.7.0/config", "homeassistant/sensor/x/config", "homeassistant/device/config",
    "homeassistant/device/a/b/config", "home/device/a/config"])
def test_bad_topic(topic):
    """A topic that Home Assistant does not listen to, or warns of, is found."""
    assert check_message(topic, octets(good()))


@pytest.mark.parametrize("name, payload", [
    (POWER, "1,5"), (POWER, "1e3"), (POWER, "007"), (POWER, "12 W"), (POWER, ""), (POWER, "unavailable"),
    (CLOCK, "2026-11-22T14:00:10"), (CLOCK, "yesterday"), (TEXT, ""), (TEXT, "x" * 256),
    ("connection", "ON"), ("mbus_power", "on"), ("mbus_power", "{}"), ("mbus_power", '{"power": "on"}')])
def test_bad_state(name, payload):
    """A state that Home Assistant would log as an error is found."""
    assert check_state(good()["components"][name], payload)


@pytest.mark.parametrize("state, expected", [("on", "ON"), ("settling", "ON"), ("off", "OFF"),
                                             ("cycling", "OFF")])
def test_template(state, expected):
    """A template picks the state out of a JSON payload."""
    assert render(good()["components"]["mbus_power"], json.dumps({"power": {"state": state}})) == expected


def test_states():
    """States as documented pass; a missing one and a meter that is offline are found."""
    message = good()
    states = {BRIDGE: "online", METER: "online", INFO: '{"power": {"state": "on", "cycles_today": 0}}'}
    for name, part in message["components"].items():
        if "state_topic" in part and part["platform"] == "sensor":
            states[part["state_topic"]] = {"timestamp": "2026-11-22T14:00:10+01:00"}.get(
                part.get("device_class"), "48211.337" if "state_class" in part else name)
    assert list(check_states(message, states)) == []
    live = sum(len(part.get("availability", [])) > 1 for part in message["components"].values())
    assert len(list(check_states(message, {**states, METER: "offline"}))) == live
    del states[f"han/6970631400000000/{POWER}"]
    assert len(list(check_states(message, states))) == 1
