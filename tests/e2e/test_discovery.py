"""Home Assistant finds the meter: one good message, at the right moments, and no others."""
import json
import re
import time

import pytest

import kaifa
from homeassistant import check_message, check_states, parse
from measurements import MEASUREMENTS
from rig import PATIENCE, pause, until

METER = "6970631400000016"
TOPIC = f"homeassistant/device/hanmqttd_{METER}/config"
STATUS = "homeassistant/status"
LIVE = {"energy_active_live_import", "energy_active_live_export"}  # calculated
DIAGNOSTICS = {"connection", "problem", "frames_ok", "crc_errors", "rejected_values"}
ALL = {m.name for m in MEASUREMENTS} | LIVE | DIAGNOSTICS


def announced(house, since=0, topic=TOPIC):
    return house.watcher.messages(re.escape(topic), since)


def message_of(house, since=0):
    return house.watcher.expect(re.escape(TOPIC), since=since)


def until_calculated(house):
    """What is calculated comes with a list that comes after the broker was asked what it keeps of it."""
    topic = f"han/{METER}/energy_active_live_export"

    def calculated():
        house.feed(kaifa.Meter(METER).list1(5))
        house.watcher.barrier()
        return house.watcher.messages(topic)
    until("live energies", calculated)


def test_message(house):
    """The message is retained, of quality 1, on the device's topic, and Home Assistant takes all of it."""
    house.feed(kaifa.Meter(METER, "MA304H4D").list2())
    m = message_of(house)
    assert (m.retain, m.qos) == (True, 1)
    assert check_message(m.topic, m.payload.encode()) == []
    device = parse(m.payload.encode())["device"]
    assert device["identifiers"] == [f"hanmqttd_{METER}"]
    assert device["name"] == "Electricity meter"
    assert device["manufacturer"].lower() == "kaifa"
    assert (device["model"], device["serial_number"], device["sw_version"]) == ("MA304H4D", METER, "KFM_001")


def test_components(house):
    """Each measurement is an entity that never changes its identity, with the right class and topics."""
    house.feed(kaifa.Meter(METER).list2())
    message = parse(message_of(house).payload.encode())
    assert message["components"].keys() == ALL
    bridge, = {m.topic for m in house.watcher.messages(r"han/bridge/[^/]+/availability")}
    both = [{"topic": bridge}, {"topic": f"han/{METER}/availability"}]
    assert message["availability"] == both[:1]
    assert message["availability_mode"] == "all"
    for m in MEASUREMENTS:
        component = message["components"][m.name]
        assert component["platform"] == "sensor"
        assert component["unique_id"] == f"hanmqttd_{METER}_{m.name}"
        assert component["default_entity_id"] == f"sensor.electricity_meter_{m.name}"
        assert component["state_topic"] == f"han/{METER}/{m.name}"
        assert component.get("unit_of_measurement") == m.unit
        # A register stays true while the meter is silent, a momentary value does not.
        assert component.get("availability", both[:1]) == (both if m.kind == "live" else both[:1])
        if m.kind in ("live", "register"):
            assert component["device_class"]
            assert component["state_class"] == ("measurement" if m.kind == "live" else "total_increasing")
    clock = message["components"]["meter_timestamp"]
    assert (clock["device_class"], clock["enabled_by_default"]) == ("timestamp", False)
    connection = message["components"]["connection"]
    assert connection["platform"] == "binary_sensor"
    assert connection["state_topic"] == f"han/{METER}/availability"
    assert (connection["payload_on"], connection["payload_off"]) == ("online", "offline")


def test_states_fit(house):
    """After the hourly list every entity has a state of its kind and is available."""
    house.feed(kaifa.Meter(METER).list3())
    message_of(house)
    until_calculated(house)
    retained = {topic: m.payload for topic, m in house.broker.retained().items()}
    assert list(check_states(parse(retained[TOPIC].encode()), retained)) == []


@pytest.mark.parametrize("meter, missing", [
    pytest.param(kaifa.Meter(METER, "MA304H3E", phase_voltage_l2=0), {"phase_voltage_l2"}, id="H3E"),
    pytest.param(kaifa.Meter(METER, "MA304H3E", phase_voltage_l2=0, phase_current_l2=0),
                 {"phase_voltage_l2", "phase_current_l2"}, id="H3E-no-current"),
    pytest.param(kaifa.Meter(METER, "MA304H4", phase_voltage_l2=0), set(), id="H4-phase-lost"),
    pytest.param(kaifa.Meter(METER, "MA105H2E", phases=1),
                 {f"phase_{what}_l{n}" for what in ("current", "voltage") for n in (2, 3)}, id="one-phase"),
])
def test_set(house, meter, missing):
    """What the meter does not have is not announced, and the hourly list announces nothing twice."""
    house.feed(meter.list2())
    m = message_of(house)
    assert check_message(m.topic, m.payload.encode()) == []
    assert json.loads(m.payload)["components"].keys() == ALL - missing
    for _ in range(3):
        house.feed(meter.list3(), meter.list2(), meter.list1(5))
    house.watcher.barrier()
    assert len(announced(house)) == 1


def test_not_without_id(rig):
    """Nothing is announced before the meter's id is known."""
    house = rig.house(log={"level": "debug", "frames": "yes"})
    meter = kaifa.Meter(METER)
    message = meter.list1(5)
    house.port.write(message.octets)
    house.daemon.saw(message)
    house.watcher.barrier()
    assert not house.watcher.messages(r"homeassistant/.*")
    house.feed(meter.list2())
    message_of(house)


def test_same_bytes(rig):
    """Two daemons and two runs send the same bytes: nothing in them depends on the moment."""
    payloads = set()
    for values in ({}, {"power_active_import": 99, "phase_current_l3": 1}):
        house = rig.house()
        house.feed(kaifa.Meter(METER, **values).list2())
        payloads.add(message_of(house).payload)
        assert house.daemon.stop()[0] == 0
    assert len(payloads) == 1


def test_off(rig):
    """discovery = off sends none, not at Home Assistant's start either."""
    house = rig.house(homeassistant={"discovery": "off"})
    house.feed(kaifa.Meter(METER).list3())
    house.watcher.barrier()
    assert not house.watcher.messages(r"homeassistant/.*")


def test_prefix(rig):
    """Home Assistant's prefix can be another."""
    house = rig.house(homeassistant={"prefix": "ha/2"})
    house.feed(kaifa.Meter(METER).list2())
    m = house.watcher.expect(f"ha/2/device/hanmqttd_{METER}/config")
    assert check_message(m.topic, m.payload.encode(), "ha/2") == []


@pytest.mark.parametrize("setting, device_class", [("yes", "reactive_energy"), ("no", None)])
def test_reactive_energy_class(rig, setting, device_class):
    """For a Home Assistant before 2025.6 the class of reactive energy can be left out, and only that."""
    house = rig.house(homeassistant={"reactive-energy-class": setting})
    house.feed(kaifa.Meter(METER).list2())
    m = message_of(house)
    assert check_message(m.topic, m.payload.encode()) == []
    components = json.loads(m.payload)["components"]
    for name in ("energy_reactive_cum_import", "energy_reactive_cum_export"):
        assert components[name].get("device_class") == device_class
        assert components[name]["unit_of_measurement"] == "kvarh"
        assert components[name]["state_class"] == "total_increasing"
    assert components["power_reactive_import"]["device_class"] == "reactive_power"


@pytest.mark.background
def test_order_at_connect(rig):
    """A broker that has just come is asked for Home Assistant's status first, then gets discovery, then
    availability, then states."""
    house = rig.house()
    house.feed(kaifa.Meter(METER).list3())
    house.watcher.expect(f"han/{METER}/energy_active_cum_import")
    message_of(house)
    house.broker.kill()
    pause(3)  # two discovery messages in close succession would be kept apart
    before = len(house.broker.said())
    house.broker.start()
    bridge, = {m.topic for m in house.watcher.messages(r"han/bridge/[^/]+/availability")}
    steps = [f"\t{STATUS}", f"'{TOPIC}'", f"'{bridge}'", f"'han/{METER}/availability'",
             f"'han/{METER}/energy_active_cum_import'"]

    def places():
        said = house.broker.said()[before:]
        return all(step in said for step in steps) and [said.index(step) for step in steps]
    assert until("everything again", places) == sorted(places())


def states_after(house, mark):
    """Waits until availability of both levels and all states are there again; the time of the last."""
    wanted = {f"han/{METER}/{name}" for name in ALL - DIAGNOSTICS} | {f"han/{METER}/availability"}
    wanted |= {m.topic for m in house.watcher.messages(r"han/bridge/[^/]+/availability")}

    def check(seen):
        times = {m.topic: m.time for m in seen if m.topic in wanted}
        return max(times.values()) if times.keys() == wanted else None
    return house.watcher.wait("all states again", check, mark, timeout=4)


@pytest.mark.background
def test_birth(rig):
    """When Home Assistant starts, everything is sent again once, after a while of its own: discovery
    first, availability and states one to two seconds later."""
    house = rig.house()
    house.feed(kaifa.Meter(METER).list3())
    message_of(house)
    until_calculated(house)
    for _ in range(2):
        pause(3)  # the start falls some time after what was sent last
        mark = house.watcher.mark()
        start = time.monotonic()
        for _ in range(3):  # reloaded, restarted: merged into one
            house.watcher.publish(STATUS, "online")
        again = house.watcher.expect(re.escape(TOPIC), since=mark, timeout=12)
        assert 0.9 < again.time - start < 10.5
        assert again.retain and again.payload == announced(house)[0].payload
        at = house.watcher.since().index(again)
        last = states_after(house, at)
        first = min(m.time for m in house.watcher.messages(rf"han/{METER}/(availability|power_\w+)", at))
        assert 0.5 < first - again.time < 2.5  # one to two, seen from a busy machine
        assert last - again.time < 3
        pause(3)
        house.watcher.barrier()
        assert len(announced(house, mark)) == 1


@pytest.mark.background
def test_no_birth(rig):
    """A retained `online` that was there before, an `offline`, or another word is no start."""
    broker = rig.broker()
    watcher = rig.watch(broker)
    watcher.publish(STATUS, "online", retain=True)
    port = rig.port()
    rig.daemon(rig.setting(broker, port))
    port.write(kaifa.Meter(METER).list3().octets)
    watcher.expect(re.escape(TOPIC))
    for word in ("offline", "Online", "onlinex", ""):
        watcher.publish(STATUS, word)
    pause(11)
    watcher.barrier()
    assert len(watcher.messages(re.escape(TOPIC))) == 1


@pytest.mark.background
def test_status_topic(rig):
    """Home Assistant's status topic can be another; the usual one then means nothing."""
    house = rig.house(homeassistant={"status-topic": "ha/alive"})
    house.feed(kaifa.Meter(METER).list2())
    message_of(house)
    mark = house.watcher.mark()
    house.watcher.publish(STATUS, "online")
    pause(11)
    house.watcher.barrier()
    assert not announced(house, mark)
    house.watcher.publish("ha/alive", "online")
    house.watcher.expect(re.escape(TOPIC), since=mark, timeout=12)


@pytest.mark.background
def test_user_deletes_the_device(rig):
    """A discovery topic that somebody emptied is filled again at the next connect."""
    house = rig.house()
    house.feed(kaifa.Meter(METER).list2())
    message_of(house)
    house.watcher.publish(TOPIC, "", retain=True)
    house.watcher.expect(re.escape(TOPIC), "")
    house.broker.kill()
    house.broker.start()
    second = house.broker.watch()
    try:
        second.expect(re.escape(TOPIC), timeout=PATIENCE)
    finally:
        second.close()
