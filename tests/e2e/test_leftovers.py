"""What a change of names or settings leaves behind on the broker is removed, and nothing else."""
import json
import re

import pytest

import kaifa
from rig import config, pause, talking, until

METER, OTHER = "6970631400000101", "6970631400000202"
DISCOVERY = f"homeassistant/device/hanmqttd_{METER}/config"


class Home:
    """A broker, a port, and daemons one after the other that share a state directory."""

    def __init__(self, rig, kept=True):
        self.rig = rig
        self.broker = rig.broker()
        self.watcher = rig.watch(self.broker)
        self.port = rig.port()
        self.directory = rig.directory("state")
        self.state = {"STATE_DIRECTORY": str(self.directory)} if kept else {}
        self.meter = kaifa.Meter(METER)
        self.daemon = None

    def config(self, **sections):
        return self.rig.setting(self.broker, self.port, **sections)

    def start(self, **sections):
        mark = self.watcher.mark()
        self.daemon = self.rig.daemon(self.config(**sections), env=self.state)
        self.watcher.expect(r".+/bridge/[^/]+/availability", "online", since=mark)

    def read(self, base):
        """A whole list of the meter, which comes below that base."""
        mark = self.watcher.mark()
        self.port.write(self.meter.list3().octets)
        self.watcher.expect(f"{base}/reading", since=mark)

    def kept(self, pattern):
        """The retained topics that match."""
        return {t for t in self.broker.retained() if re.fullmatch(pattern, t)}

    def gone(self, pattern):
        until(f"nothing below {pattern}", lambda: not self.kept(pattern))

    def looked(self, base, client):
        """The daemon has looked at what is below that base, since its last start, and ended the look."""
        def end_of_look():
            said = self.broker.said().rpartition(f" as {client} ")[2]
            return f"Received UNSUBSCRIBE from {client}\n" in said and f"\t{base}/#\n" in said
        until(f"a look at {base}", end_of_look)

    def restart(self, **sections):
        assert self.daemon.stop()[0] == 0
        self.start(**sections)


@pytest.fixture(name="home")
def fixture_home(rig):
    return Home(rig)


NAMES = [
    pytest.param({}, f"han/{METER}", {"meter": {"name": "cellar"}}, "han/cellar", id="named"),
    pytest.param({"meter": {"name": "a"}}, "han/a", {"meter": {"name": "b"}}, "han/b", id="renamed"),
    pytest.param({"mqtt": {"topic-prefix": "x/y"}}, f"x/y/{METER}", {}, f"han/{METER}", id="prefix"),
]


@pytest.mark.parametrize("before, old, after, new", NAMES)
@pytest.mark.parametrize("how", ["restart", "reload"])
def test_renamed(home, before, old, after, new, how):
    """All topics below the old name go, those below the new one are whole, and Home Assistant hears of it."""
    home.start(**before)
    home.read(old)
    until("calculated values", lambda: home.kept(f"{old}/energy_active_live_.*"))
    before_it = {t.removeprefix(old) for t in home.kept(f"{old}/.*")}
    assert len(before_it) > 20
    mark = home.watcher.mark()
    if how == "restart":
        home.restart(**after)
    else:
        home.daemon.reload(home.config(**after))
    home.read(new)
    home.gone(f"{old}/.*")
    until("all of it", lambda: {t.removeprefix(new) for t in home.kept(f"{new}/.*")} == before_it)
    message = json.loads(home.watcher.expect(re.escape(DISCOVERY), since=mark).payload)
    topics = {c["state_topic"] for c in message["components"].values()}
    assert topics and all(t.startswith(f"{new}/") for t in topics)
    assert {c["unique_id"].split("_")[1] for c in message["components"].values()} == {METER}
    home.daemon.expect_line("leftovers", old, "removed")
    assert len(home.daemon.lines(f"leftovers: {old}: .* removed")) == 1
    assert not home.daemon.lines("", levels=("error", "warning", "notice"))


@pytest.mark.parametrize("how", ["restart", "reload"])
def test_live_energy_of_a_renamed_meter(home, how):
    """It does not fall, whatever the name."""
    home.start(meter={"name": "a"})
    home.read("han/a")
    live = home.watcher.expect("han/a/energy_active_live_import").payload
    home.watcher.publish("han/a/energy_active_live_import", "48211.937", retain=True)  # as after some use
    assert float(live) < 48211.937
    if how == "restart":
        home.restart(meter={"name": "b"})
    else:
        home.daemon.reload(home.config(meter={"name": "b"}))
    home.read("han/b")
    assert float(home.watcher.expect("han/b/energy_active_live_import").payload) >= 48211.937
    home.gone("han/a/.*")


def test_renamed_without_state(rig):
    """Without a state directory a reload still knows what was before it."""
    home = Home(rig, kept=False)
    home.start(meter={"name": "a"})
    home.read("han/a")
    home.daemon.reload(home.config(meter={"name": "b"}))
    home.read("han/b")
    home.gone("han/a/.*")


def test_renamed_after_kill(home):
    """A daemon that died without a word, renamed before it was started again."""
    home.start(meter={"name": "a"})
    home.read("han/a")
    until("the name is on disk", lambda: any("han/a" in path.read_text(encoding="ascii")
                                             for path in home.directory.glob("bases-*[!w]")))
    home.daemon.process.kill()
    home.daemon.ended()
    home.start(meter={"name": "b"})
    home.read("han/b")
    home.gone("han/a/.*")


def test_renamed_twice_unread(home):
    """Names that the meter left before it was heard under them go as well, once it is."""
    off = {"discovery": "off"}
    home.start(meter={"name": "a"}, homeassistant=off)
    home.read("han/a")
    home.restart(meter={"name": "b"}, homeassistant=off)
    home.restart(meter={"name": "c"}, homeassistant=off)
    pause(1.5)
    assert home.kept("han/a/.*"), "removed before the meter was heard again"
    home.read("han/c")
    home.gone("han/(a|b)/.*")


def test_renamed_while_the_broker_is_away(home):
    """The old topics go as soon as the broker is there."""
    broker = home.rig.broker(running=False)
    broker.extra = f"persistence true\npersistence_location {broker.dir}/\n"
    broker.start()
    home.broker, home.watcher = broker, home.rig.watch(broker)
    home.start(meter={"name": "a"})
    home.read("han/a")
    broker.process.terminate()
    broker.process.wait()
    home.daemon.reload(home.config(meter={"name": "b"}))
    home.port.write(home.meter.list3().octets)
    broker.start()
    home.watcher.expect("han/b/power_active_import")
    assert home.kept("han/b/.*")
    home.gone("han/a/.*")


def test_others_stay(home):
    """Below the old name only ours goes, and other names are not touched."""
    home.start(meter={"name": "a"})
    home.read("han/a")
    foreign = ["han/a/power_active_import/min", "han/a/notes", "han/a/obis/x/y", "han/ab/power_active_import",
               "han/z/power_active_import", "han/info", "han/a"]
    for topic in foreign:
        home.watcher.publish(topic, "mine", retain=True)
    home.restart(meter={"name": "b"})
    home.read("han/b")
    home.daemon.expect_line("leftovers", "han/a", "removed")
    until("the end of ours", lambda: home.kept("han/a/.*") == set(foreign) & home.kept("han/a/.*"))
    assert home.kept("han/(a|ab|z|info)(/.*)?") == set(foreign)


def test_two_daemons(rig):
    """Two daemons on one broker: the name that one leaves and the other takes is the other's."""
    broker = rig.broker()
    watcher = rig.watch(broker)
    homes = []
    for client, number in (("one", METER), ("two", OTHER)):
        home = Home.__new__(Home)
        home.rig, home.broker, home.watcher, home.port = rig, broker, watcher, rig.port()
        home.state = {"STATE_DIRECTORY": str(rig.directory("state"))}
        home.meter, home.daemon = kaifa.Meter(number), None
        home.start(mqtt={"client-id": client}, meter={"name": f"{client}-meter"})
        home.read(f"han/{client}-meter")
        homes.append(home)
    one, two = homes
    assert one.daemon.stop()[0] == 0
    two.restart(mqtt={"client-id": "two"}, meter={"name": "one-meter"})
    two.read("han/one-meter")
    two.gone("han/two-meter/.*")
    mark = watcher.mark()
    one.start(mqtt={"client-id": "one"}, meter={"name": "three"})
    one.read("han/three")
    one.looked("han/one-meter", "one")
    watcher.barrier()
    retained = broker.retained()
    assert retained["han/one-meter/meter_id"].payload == OTHER
    assert len([t for t in retained if t.startswith("han/one-meter/")]) > 20
    assert retained["han/bridge/two/availability"].payload == "online"
    assert not [m for m in watcher.messages("han/one-meter/.*", mark) if not m.payload]


def test_two_daemons_read_one_meter(rig):
    """The name that one leaves is still the other's, as long as that one is there."""
    broker = rig.broker()
    watcher = rig.watch(broker)
    for number in range(100):  # others, among which the other has to be found
        watcher.publish(f"han/bridge/gateway{number}/availability", "online", retain=True)
    homes = []
    for client in ("one", "two"):
        home = Home.__new__(Home)
        home.rig, home.broker, home.watcher, home.port = rig, broker, watcher, rig.port()
        home.state = {"STATE_DIRECTORY": str(rig.directory("state"))}
        home.meter, home.daemon = kaifa.Meter(METER), None
        home.start(mqtt={"client-id": client}, homeassistant={"discovery": "off"})
        home.read(f"han/{METER}")
        homes.append(home)
    one, two = homes
    mark = watcher.mark()
    one.restart(mqtt={"client-id": "one"}, homeassistant={"discovery": "off"}, meter={"name": "cellar"})
    one.read("han/cellar")
    one.looked(f"han/{METER}", "one")
    watcher.barrier()
    assert not [m for m in watcher.messages(f"han/{METER}/.*", mark) if not m.payload]
    assert two.daemon.stop()[0] == 0
    one.restart(mqtt={"client-id": "one"}, homeassistant={"discovery": "off"}, meter={"name": "attic"})
    one.read("han/attic")
    one.gone("han/cellar/.*")


def test_names_change_places(rig):
    """Two meters of one daemon that take each other's name: each has its own values below it."""
    broker = rig.broker()
    watcher = rig.watch(broker)
    ports = [rig.port(), rig.port()]
    meters = [kaifa.Meter(METER), kaifa.Meter(OTHER, "MA105H2E", phases=1)]
    state = {"STATE_DIRECTORY": str(rig.directory("state"))}

    def names(first, second):
        return config(broker.port, *(p.path for p in ports), meters={
            "house": {"name": first}, "cabin": {"name": second}})

    def read(*names):
        mark = watcher.mark()
        for port, meter, name in zip(ports, meters, names):
            port.write(meter.list3().octets)
            watcher.expect(f"han/{name}/reading", since=mark)
    daemon = rig.daemon(names("a", "b"), env=state)
    read("a", "b")
    daemon.reload(names("b", "a"))
    read("b", "a")
    until("no phases below the name of the meter with one",
          lambda: "han/a/phase_voltage_l2" not in broker.retained())
    retained = broker.retained()
    assert retained["han/b/meter_id"].payload == METER and "han/b/phase_voltage_l2" in retained
    assert retained["han/a/meter_id"].payload == OTHER
    for name in "ab":
        assert retained[f"han/{name}/availability"].payload == "online"
        assert f"han/{name}/energy_active_cum_import" in retained


@pytest.mark.parametrize("how", ["restart", "reload"])
def test_energies_of_names_that_change_places(rig, how):
    """What one meter leaves below the name is never said to be the energy of the other."""
    broker = rig.broker()
    watcher = rig.watch(broker)
    ports = [rig.port(), rig.port()]
    meters = [kaifa.Meter(METER), kaifa.Meter(OTHER, energy_active_cum_import=1000000)]
    state = {"STATE_DIRECTORY": str(rig.directory("state"))}

    def names(first, second):
        return config(broker.port, *(p.path for p in ports), meters={
            "house": {"name": first}, "cabin": {"name": second}})
    daemon = rig.daemon(names("a", "b"), env=state)
    for port, meter, name in zip(ports, meters, "ab"):
        port.write(meter.list3().octets)
        watcher.expect(f"han/{name}/energy_active_live_import")
    if how == "restart":
        assert daemon.stop()[0] == 0
        mark = watcher.mark()
        daemon = rig.daemon(names("b", "a"), env=state)
    else:
        mark = watcher.mark()
        daemon.reload(names("b", "a"))
    for port, meter, name in zip(ports, meters, "ba"):
        port.write(meter.list2().octets)
        watcher.expect(f"han/{name}/energy_active_live_import", since=mark)
    for name, low, high in (("a", 1000, 1001), ("b", 48211, 48212)):
        said = [float(m.payload) for m in watcher.messages(f"han/{name}/energy_active_live_import", mark)
                if m.payload]
        assert all(low <= energy <= high for energy in said), (name, said)


@pytest.mark.parametrize("off", [True, False], ids=["off", "on"])
def test_another_meter_below_the_same_name(home, off):
    """A meter that was replaced, also while the daemon was off, leaves no value of its own below the name."""
    home.start(meter={"name": "a"})
    home.read("han/a")
    home.read("han/a")
    assert "han/a/phase_voltage_l2" in home.broker.retained()
    if off:
        home.restart(meter={"name": "a"})
    home.meter = kaifa.Meter(OTHER, "MA105H2E", phases=1)
    mark = home.watcher.mark()
    home.port.write(home.meter.list2().octets)
    home.watcher.expect("han/a/meter_id", OTHER, since=mark)
    home.gone("han/a/(phase_voltage_l2|energy_active_cum_import)")
    kept = home.broker.retained()
    assert "han/a/phase_voltage_l1" in kept
    assert kept["han/a/availability"].payload == "online"
    assert "han/a/diagnostics/frames_ok" in kept


@pytest.mark.parametrize("off", [True, False], ids=["off", "on"])
def test_another_meter_is_announced(home, off):
    """Home Assistant never takes what a replaced meter has left below the name for the energy of the new one."""
    home.start(meter={"name": "a"})
    home.read("han/a")
    home.watcher.expect("han/a/energy_active_live_import")
    if off:
        home.restart(meter={"name": "a"})
    home.meter = kaifa.Meter(OTHER)
    mark = home.watcher.mark()
    home.port.write(home.meter.list2().octets)
    home.watcher.expect(f"homeassistant/device/hanmqttd_{OTHER}/config", since=mark)
    home.gone("han/a/energy.*")
    topics = [m.topic for m in home.watcher.messages(".*", mark)]
    announced = topics.index(f"homeassistant/device/hanmqttd_{OTHER}/config")
    assert {"han/a/energy_active_live_import", "han/a/energy_active_cum_import"} <= set(topics[:announced])


def test_what_comes_during_a_look_stays(home):
    """A register of the new meter that arrives while the daemon looks at what the old one has left."""
    home.start(meter={"name": "a"}, mqtt={"client-id": "one"})
    home.read("han/a")
    home.looked("han/a", "one")
    home.watcher.publish("han/a/obis/0-1:24.2.1.255", "7", retain=True)
    home.meter = kaifa.Meter(OTHER)
    mark = home.watcher.mark()
    home.port.write(home.meter.list2().octets)
    home.watcher.expect("han/a/meter_id", OTHER, since=mark)
    home.port.write(home.meter.list3(energy_active_cum_import=62000001).octets)
    home.watcher.expect("han/a/energy_active_cum_import", "62000.001", since=mark)
    home.gone("han/a/obis/.*")
    home.watcher.expect(f"homeassistant/device/hanmqttd_{OTHER}/config", since=mark)
    assert home.broker.retained()["han/a/energy_active_cum_import"].payload == "62000.001"


def test_client_id(home):
    """Another client id: the daemon's own topics move."""
    home.start(mqtt={"client-id": "one"})
    home.read(f"han/{METER}")
    home.restart(mqtt={"client-id": "two"})
    home.gone("han/bridge/one/.*")
    assert home.kept("han/bridge/two/.*") == {f"han/bridge/two/{leaf}" for leaf in ("availability", "info")}
    home.daemon.reload(home.config(mqtt={"client-id": "three"}))
    home.gone("han/bridge/two/.*")
    assert home.kept("han/bridge/three/.*")


def test_client_id_of_another(home):
    """A daemon that goes by the old client id keeps its topics."""
    home.start(mqtt={"client-id": "one"})
    assert home.daemon.stop()[0] == 0
    port = home.rig.port()
    home.rig.daemon(home.rig.setting(home.broker, port, mqtt={"client-id": "one"}))
    mark = home.watcher.mark()
    home.watcher.expect("han/bridge/one/availability", "online")
    home.start(mqtt={"client-id": "two"})
    home.read(f"han/{METER}")
    home.looked("han/bridge/one", "two")
    home.watcher.barrier()
    assert not [m for m in home.watcher.messages("han/bridge/one/.*", mark) if not m.payload]
    assert home.broker.retained()["han/bridge/one/availability"].payload == "online"


def test_settings(home):
    """What is no longer to be kept goes: values with retain = no, calculated ones that are off."""
    home.start()
    home.read(f"han/{METER}")
    for leaf in ("power_active_net", "energy_active_hour_import", "obis/0-1:24.2.1.255"):
        home.watcher.publish(f"han/{METER}/{leaf}", "7", retain=True)
    home.restart(publish={"unknown-obis": "no"})
    home.read(f"han/{METER}")
    home.gone(f"han/{METER}/(power_active_net|energy_active_hour_import|obis/.*)")
    assert home.kept(f"han/{METER}/energy_active_cum_import")
    home.restart(publish={"retain": "no"})
    home.read(f"han/{METER}")
    home.gone(f"han/{METER}/(power|phase|energy|meter|obis).*")
    assert home.kept(f"han/{METER}/(availability|info|diagnostics/problem)")


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_refused(rig, protocol):
    """A broker that lets nothing be removed, or ends the session then, is told of once, and the rest goes on."""
    home = Home(rig)
    acl = home.broker.dir / "acl"
    home.broker.close()
    home.broker.extra = f"acl_file {acl}\npersistence true\npersistence_location {home.broker.dir}/\n"
    acl.write_text("topic readwrite #\n", encoding="utf-8")
    home.broker.start()
    home.watcher = rig.watch(home.broker)
    home.start(meter={"name": "a"}, mqtt={"protocol": protocol})
    home.read("han/a")
    assert home.daemon.stop()[0] == 0
    home.broker.close()
    acl.write_text("topic read han/a/#\ntopic readwrite han/b/#\ntopic readwrite han/bridge/#\n"
                   "topic readwrite homeassistant/#\ntopic readwrite test/#\n", encoding="utf-8")
    home.broker.start()
    home.watcher = rig.watch(home.broker)
    home.start(meter={"name": "b"}, mqtt={"protocol": protocol})
    home.read("han/b")
    home.daemon.expect_line("leftovers", "han/a", "cannot be removed")
    home.read("han/b")
    assert len(home.daemon.lines("leftovers", "cannot be removed")) == 1
    assert len(home.daemon.lines("connection lost")) <= 2


@pytest.mark.background
@pytest.mark.parametrize("name", [None, "cellar"])
def test_port(rig, name):
    """What the port stood for goes when its meter says who it is, with its device in Home Assistant."""
    home = Home(rig)
    meter = {"name": name} if name else {}
    home.start(meter=meter)

    def named(seen):
        return next((m for m in seen if re.fullmatch(r"han/[^/]+/info", m.topic)), None)
    info = home.watcher.wait("the port's name", talking(home.port, lambda: home.meter.list1(55).octets, named),
                             timeout=75)
    port = json.loads(info.payload)["meter_id"]
    assert port.startswith("port-")
    topic = f"homeassistant/device/hanmqttd_{port}/config"
    home.watcher.publish(topic, json.dumps({"origin": {"name": "hanmqttd"}, "device": {}, "components": {}}),
                         retain=True)
    base = f"han/{name or METER}"
    home.read(base)
    if not name:
        home.gone(f"han/{port}/.*")
    home.gone(re.escape(topic))
    assert len(home.kept(f"{base}/.*")) > 20
    assert home.kept(re.escape(DISCOVERY))
