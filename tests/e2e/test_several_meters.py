"""Several meters, each with a section and a port of its own."""
import json
import re

import kaifa
from homeassistant import check_message
from rig import PATIENCE, config, until

HOUSE, CABIN = "6970631400000101", "6970631400000202"


def start(rig, **meters):
    broker = rig.broker()
    watcher = rig.watch(broker)
    ports = [rig.port() for _ in meters]
    daemon = rig.daemon(config(broker.port, *(p.path for p in ports), meters=meters))
    return broker, watcher, ports, daemon


def test_two_meters(rig):
    """Two meters do not mix: each has its topics, its availability, its device in Home Assistant."""
    broker, watcher, (first, second), daemon = start(rig, house={}, cabin={"silent-after": 1})
    house, cabin = kaifa.Meter(HOUSE, power_active_import=1), kaifa.Meter(CABIN, "MA105H2E", phases=1)
    first.write(house.list2().octets)
    second.write(cabin.list2(power_active_import=2).octets)
    for name, power in (("house", "1"), ("cabin", "2")):
        watcher.expect(f"han/{name}/power_active_import", power)
        watcher.expect(f"han/{name}/availability", "online")
    watcher.expect("han/cabin/availability", "offline")
    watcher.barrier()
    state = watcher.state()
    assert state["han/house/availability"] == "online"
    assert (state["han/house/meter_id"], state["han/cabin/meter_id"]) == (HOUSE, CABIN)
    assert "han/cabin/phase_voltage_l2" not in state
    assert {t.split("/")[1] for t in state if t.startswith("han/")} == {"bridge", "house", "cabin"}
    ids, names = set(), set()
    for meter, name in ((HOUSE, "house"), (CABIN, "cabin")):
        topic = f"homeassistant/device/hanmqttd_{meter}/config"
        payload = watcher.expect(re.escape(topic)).payload
        assert check_message(topic, payload.encode()) == []
        message = json.loads(payload)
        assert message["device"]["name"] == f"Electricity meter {name}"
        for component in message["components"].values():
            assert component["state_topic"].startswith(f"han/{name}/")
            assert component["unique_id"] not in ids
            assert component["default_entity_id"] not in names
            ids.add(component["unique_id"])
            names.add(component["default_entity_id"])
    info = next(json.loads(p) for t, p in state.items() if re.fullmatch(r"han/bridge/[^/]+/info", t))
    assert all(name in json.dumps(info["meters"]) for name in ("house", "cabin"))
    assert daemon.stop()[0] == 0
    watcher.expect("han/house/availability", "offline")


def test_one_port_by_two_names(rig):
    """Of two sections that name one port in two ways the second waits for it, and is told that it may be the first."""
    broker, port = rig.broker(), rig.port()
    other = port.path.with_name("other")
    other.symlink_to(port.path)
    daemon = rig.daemon(config(broker.port, port.path, other, meters={"house": {}, "cabin": {}}))
    daemon.expect_line(re.escape(str(other)), "another meter's section")
    assert not daemon.lines(re.escape(str(port.path)), "another meter's section")


def test_one_port_is_lost(rig):
    """A port that goes away takes its own meter offline, and no other."""
    _, watcher, (first, second), _ = start(rig, house={}, cabin={})
    first.write(kaifa.Meter(HOUSE).list2().octets)
    second.write(kaifa.Meter(CABIN).list2().octets)
    watcher.expect("han/house/availability", "online")
    watcher.expect("han/cabin/availability", "online")
    mark = watcher.mark()
    first.unplug()
    watcher.expect("han/house/availability", "offline", since=mark)
    second.write(kaifa.Meter(CABIN).list2(power_active_import=5).octets)
    watcher.expect("han/cabin/power_active_import", "5", since=mark)
    assert not watcher.messages("han/cabin/availability", mark)


def test_names(rig):
    """A section's name may hold what a topic may not: it becomes an underscore; `name` wins over it."""
    _, watcher, (first, second), _ = start(rig, **{"a/b": {}, "x": {"name": "c+d"}})
    first.write(kaifa.Meter(HOUSE).list2().octets)
    second.write(kaifa.Meter(CABIN).list2().octets)
    watcher.expect("han/a_b/availability", "online")
    watcher.expect("han/c_d/availability", "online")


def test_same_topics_twice(rig):
    """Two meters whose names give the same topics are a mistake."""
    ports = [rig.port(), rig.port()]
    daemon = rig.daemon(config(1, *(p.path for p in ports), meters={"a/b": {}, "a+b": {}}), ready=False)
    assert daemon.ended() == 78
    daemon.expect_line("a[/+]b", timeout=PATIENCE)


def test_eight_meters(rig):
    """Eight meters at once are read to the last octet."""
    meters = {f"m{n}": {} for n in range(8)}
    _, watcher, ports, _ = start(rig, **meters)
    for turn in range(20):
        for n, port in enumerate(ports):
            port.write(kaifa.Meter(f"69706314000009{n:02}").list2(power_active_import=1000 * n + turn).octets)
    for n in range(8):
        watcher.expect(f"han/m{n}/power_active_import", str(1000 * n + 19))
    for n in range(8):
        powers = [int(m.payload) for m in watcher.messages(f"han/m{n}/power_active_import")]
        assert powers == sorted(powers)
        assert powers[0] >= 1000 * n and powers[-1] == 1000 * n + 19


def test_many_meters(rig):
    """All are counted, named and looked after: those whose port is not there yet, too."""
    broker = rig.broker()
    watcher = rig.watch(broker)
    port = rig.port()
    names = [f"m{number:02}" for number in range(100)]
    devices = [port.path, *(rig.directory("dev") / name for name in names[1:])]
    daemon = rig.daemon(config(broker.port, *devices, meters={name: {} for name in names}))
    daemon.expect_status("reading none of 100 meters, broker connected")
    port.write(kaifa.Meter(HOUSE).list2().octets)
    watcher.expect("han/m00/availability", "online")
    daemon.expect_status("reading 1 of 100 meters, broker connected; m01: ")

    def named():
        info = next(m for m in reversed(watcher.since(0)) if re.fullmatch("han/bridge/[^/]+/info", m.topic))
        return json.loads(info.payload)["problems"].keys() == set(names[1:])
    until("all that have a problem to be named", named)
    assert daemon.stop()[0] == 0
