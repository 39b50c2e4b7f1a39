"""One discovery message, one for each entity, or none; from each to each, and nothing is left behind."""
import json
import re

import pytest

import kaifa
from homeassistant import as_device_message, check_entity_message, check_message, is_migration
from rig import pause, until

METER = "6970631400000017"
NODE = f"hanmqttd_{METER}"
DEVICE = f"homeassistant/device/{NODE}/config"
ENTITIES = rf"homeassistant/\w+/{NODE}/[\w-]+/config"
ENERGY = f"homeassistant/sensor/{NODE}/energy_active_cum_import/config"
MOVE = '{"migrate_discovery": true}'


def put(broker, topic, payload):
    """A message that somebody left on the broker."""
    watcher = broker.watch()
    try:
        watcher.publish(topic, payload, retain=True)
        watcher.expect(re.escape(topic), payload)
    finally:
        watcher.close()


def kept(broker, pattern):
    """What the broker keeps on such topics, as octets."""
    return {topic: m.payload.encode() for topic, m in broker.retained().items() if re.fullmatch(pattern, topic)}


class Home:
    """A broker with one watcher, and a daemon that is restarted with other settings."""

    def __init__(self, rig, state=True):
        self.rig = rig
        self.broker, self.port = rig.broker(), rig.port()
        self.watcher = rig.watch(self.broker)
        self.state = str(rig.directory("state")) if state else None
        self.daemon = None

    def text(self, **sections):
        return self.rig.setting(self.broker, self.port, **sections)

    def run(self, **sections):
        """Another daemon; where in what is seen it begins."""
        if self.daemon:
            assert self.daemon.stop()[0] == 0
        mark = self.watcher.mark()
        self.daemon = self.rig.daemon(self.text(**sections), env={"STATE_DIRECTORY": self.state})
        self.feed(kaifa.Meter(METER).list2())
        return mark

    def feed(self, message):
        mark = self.watcher.mark()
        self.port.write(message.octets)
        self.watcher.expect(f"han/{METER}/reading", since=mark)

    def configs(self, mark, pattern=ENTITIES):
        return self.watcher.messages(pattern, mark)

    def await_all(self, mark):
        """Until the entities have their messages: what was sent last of them is there."""
        self.watcher.expect(rf"homeassistant/\w+/{NODE}/rejected_values/config", since=mark)
        self.watcher.barrier()


def test_components(rig):
    """Each entity has a message of its own: retained, of quality 1, complete; together they say the same as the
    one device message."""
    home = Home(rig)
    mark = home.run(homeassistant={"discovery": "components"})
    home.await_all(mark)
    messages = {m.topic: m for m in home.configs(mark)}
    assert len(messages) > 20
    assert not home.configs(mark, re.escape(DEVICE))
    for topic, m in messages.items():
        assert (m.retain, m.qos) == (True, 1)
        assert check_entity_message(topic, m.payload.encode()) == []
    together = as_device_message({topic: m.payload.encode() for topic, m in messages.items()})

    other = rig.house()
    other.feed(kaifa.Meter(METER).list2())
    one = json.loads(other.watcher.expect(re.escape(DEVICE)).payload)
    shared = {key: one[key] for key in ("availability", "availability_mode", "qos")}
    bridge, = {m.topic for m in home.watcher.messages(r"han/bridge/[^/]+/availability")}
    assert shared["availability"] == [{"topic": bridge}]
    assert together["device"] == one["device"]
    assert together["origin"] == one["origin"]
    assert together["components"] == {name: {**shared, **c} for name, c in one["components"].items()}


def check_move(seen, old, new, expires):
    """To each old topic a word of the move, seconds later nothing, and the new messages right behind. A device
    message is left to expire by a session of MQTT 5."""
    assert all(m.retain and m.qos == 1 for m in seen)
    steps = [[m for m in seen if m.topic in old and is_migration(m.payload.encode())],
             [m for m in seen if m.topic in old and not m.payload],
             [m for m in seen if m.topic in new]]
    assert [{m.topic for m in step} for step in steps] == [set(old), set() if expires else set(old), set(new)]
    assert seen == sum(steps, []), "no other messages, none twice, and in this order"
    assert 2 < steps[2][0].time - steps[0][-1].time < 6


def until_moved(home, mark, topics):
    """Until these and no others are kept, and everybody has seen all."""
    until("the new messages alone", lambda: set(kept(home.broker, "(homeassistant|ha)/.*")) == set(topics), 25)
    home.watcher.barrier()
    return home.configs(mark, "(homeassistant|ha)/.*")


@pytest.mark.background
@pytest.mark.parametrize("protocol, state", [("5", True), ("5", False), ("3.1.1", True)])
def test_moves(rig, protocol, state):
    """From one message to many and back, in the steps in which Home Assistant keeps entities and their history."""
    home = Home(rig, state)
    mqtt = {"protocol": protocol}
    mark = home.run(mqtt=mqtt)
    one = home.watcher.expect(re.escape(DEVICE), since=mark)
    pause(1)
    many = [f"homeassistant/{c['platform']}/{NODE}/{name}/config"
            for name, c in json.loads(one.payload)["components"].items()]
    mark = home.run(mqtt=mqtt, homeassistant={"discovery": "components"})
    check_move(until_moved(home, mark, many), [DEVICE], many, protocol == "5")
    mark = home.run(mqtt=mqtt)
    check_move(until_moved(home, mark, [DEVICE]), many, [DEVICE], False)
    assert kept(home.broker, "homeassistant/.*") == {DEVICE: one.payload.encode()}


@pytest.mark.background
def test_move_by_reload(rig):
    """The same without a restart; the daemon that comes after finds nothing to do."""
    home = Home(rig)
    mark = home.run(homeassistant={"discovery": "components"})
    home.await_all(mark)
    many = kept(home.broker, ENTITIES)
    mark = home.watcher.mark()
    home.daemon.reload(home.text())
    home.feed(kaifa.Meter(METER).list1(5))
    check_move(until_moved(home, mark, [DEVICE]), many, [DEVICE], False)
    one = kept(home.broker, "homeassistant/.*")
    mark = home.run()
    home.watcher.expect(re.escape(DEVICE), since=mark)
    home.watcher.barrier()
    assert {m.topic: m.payload.encode() for m in home.configs(mark, "homeassistant/.*")} == one


@pytest.mark.background
@pytest.mark.parametrize("there, back", [("device", "components"), ("components", "device")])
def test_move_cut_short(rig, there, back):
    """A daemon that is killed in the middle: the next one brings it to its end."""
    home = Home(rig)
    mark = home.run(homeassistant={"discovery": there})
    old = DEVICE if there == "device" else ENERGY
    new = ENERGY if there == "device" else DEVICE
    home.watcher.expect(re.escape(old), since=mark)
    home.watcher.barrier()
    mark = home.run(homeassistant={"discovery": back})
    home.watcher.expect(re.escape(old), MOVE, since=mark)
    home.daemon.process.kill()
    home.daemon.process.wait()
    home.daemon = None
    mark = home.run(homeassistant={"discovery": back})
    home.watcher.expect(re.escape(new), since=mark, timeout=15)
    until("the old topics are gone", lambda: old not in kept(home.broker, "homeassistant/.*"), 25)
    for topic, payload in kept(home.broker, "homeassistant/.*").items():
        check = check_message if topic == DEVICE else check_entity_message
        assert check(topic, payload) == []


@pytest.mark.background
def test_prefix_changes(rig):
    """Below the prefix of the run before nothing is left, and entities move as between the modes."""
    home = Home(rig)
    mark = home.run()
    home.watcher.expect(re.escape(DEVICE), since=mark)
    mark = home.run(homeassistant={"prefix": "ha/2"})
    new = f"ha/2/device/{NODE}/config"
    check_move(until_moved(home, mark, [new]), [DEVICE], [new], True)


@pytest.mark.parametrize("before", ["device", "components"])
def test_off(rig, before):
    """Off takes away what was announced, and only that."""
    home = Home(rig)
    other = f"homeassistant/sensor/{NODE}/obis_version/config" if before == "device" else DEVICE
    foreign = {other: b'{"origin": {"name": "somebody"}}',
               "homeassistant/device/hanmqttd_1/config": b'{"origin": {"name": "hanmqttd"}}'}
    mark = home.run(homeassistant={"discovery": before})
    home.watcher.expect(re.escape(DEVICE if before == "device" else ENERGY), since=mark)
    home.watcher.barrier()
    for topic, payload in foreign.items():
        put(home.broker, topic, payload.decode())
    home.run(homeassistant={"discovery": "off"})
    until("nothing of ours", lambda: kept(home.broker, "homeassistant/.*") == foreign)


@pytest.mark.background
def test_orphans(rig):
    """What an earlier version announced and this one does not is removed: from the device message by saying so
    once, alone by emptying its topic."""
    home = Home(rig)
    mark = home.run()
    message = json.loads(home.watcher.expect(re.escape(DEVICE), since=mark).payload)
    message["components"]["phase_voltage_l9"] = {**message["components"]["phase_voltage_l1"]}
    message["components"]["old_button"] = {"platform": "button", "unique_id": "x", "command_topic": "x"}
    assert home.daemon.stop()[0] == 0
    home.daemon = None
    put(home.broker, DEVICE, json.dumps(message))
    home.watcher.barrier()
    mark = home.run()
    first, second = home.watcher.wait("two messages", lambda _: len(
        found := home.watcher.messages(re.escape(DEVICE), mark)) == 2 and found, mark)
    assert check_message(DEVICE, first.payload.encode()) == []
    components = json.loads(first.payload)["components"]
    assert (components["phase_voltage_l9"], components["old_button"]) == ({"platform": "sensor"},
                                                                         {"platform": "button"})
    del components["phase_voltage_l9"], components["old_button"]
    assert json.loads(second.payload)["components"] == components
    assert 2 < second.time - first.time < 6


def test_orphans_alone(rig):
    """The same with a message for each entity."""
    home = Home(rig)
    gone = f"homeassistant/sensor/{NODE}/phase_voltage_l9/config"
    strange = f"homeassistant/sensor/{NODE}/x/config"
    put(home.broker, gone, '{"origin": {"name": "hanmqttd"}}')
    put(home.broker, strange, "no JSON")
    mark = home.run(homeassistant={"discovery": "components"})
    home.watcher.expect(re.escape(gone), "", since=mark)
    home.await_all(mark)
    topics = kept(home.broker, ENTITIES)
    assert gone not in topics and topics[strange] == b"no JSON"


def test_whole_set_at_once(rig):
    """A restarted daemon announces with the first list of the meter what it announced before."""
    home = Home(rig)
    home.run()
    one = home.watcher.expect(re.escape(DEVICE))
    assert home.daemon.stop()[0] == 0
    put(home.broker, DEVICE, "")  # as a broker that keeps nothing
    home.watcher.barrier()
    mark = home.watcher.mark()
    home.daemon = rig.daemon(home.text(), env={"STATE_DIRECTORY": home.state})
    home.port.write(kaifa.Meter(METER).list1(5).octets)
    assert home.watcher.expect(re.escape(DEVICE), since=mark).payload == one.payload


@pytest.mark.parametrize("setting, spare", [("live", "cum"), ("register", "live")])
def test_energy_sensor(rig, setting, spare):
    """Both energies are announced as energy; the one that is not for the dashboard is disabled."""
    house = rig.house(homeassistant={"energy-sensor": setting})
    house.feed(kaifa.Meter(METER).list2())
    components = json.loads(house.watcher.expect(re.escape(DEVICE)).payload)["components"]
    for kind in ("cum", "live"):
        for direction in ("import", "export"):
            energy = components[f"energy_active_{kind}_{direction}"]
            assert (energy["device_class"], energy["state_class"], energy["unit_of_measurement"]) == (
                "energy", "total_increasing", "kWh")
            assert energy.get("enabled_by_default", True) == (kind != spare)


def test_states_follow(rig):
    """Where the broker keeps no states they are sent again a moment after the message: an entity that is new there
    has one at once, registers too."""
    house = rig.house(publish={"retain": "no"})
    house.feed(kaifa.Meter(METER).list3())
    message = house.watcher.expect(re.escape(DEVICE))
    at = house.watcher.since().index(message)
    state = house.watcher.expect(f"han/{METER}/energy_active_cum_import", since=at)
    assert 0.5 < state.time - message.time < 3
