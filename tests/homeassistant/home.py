"""A house: a meter on a port, the daemon, a broker and a real Home Assistant; and what has to be true of it."""
import datetime
import decimal
import re
import time

import kaifa
from hass import HomeAssistant
from measurements import BY_NAME, structural_zeros
from rig import Broker, config, until

METER = "6970631400000016"
# What the daemon announces of a meter beside what it measures: platform, whether the value needs the meter to
# speak, and the end of its topic.
BESIDE = {
    "connection": ("binary_sensor", False, "availability"),
    "problem": ("sensor", False, "diagnostics/problem"),
    **{name: ("sensor", False, f"diagnostics/{name}") for name in ("frames_ok", "crc_errors", "rejected_values")},
    **{name: ("sensor", False, name) for name in ("energy_active_live_import", "energy_active_live_export")},
}
PERIOD = 300  # seconds: Home Assistant compiles statistics at every full five minutes, and tells 10 s later
LEAD = 25     # seconds before that at which its clock is when it starts
STATES = 25   # seconds: Home Assistant's birth is answered after up to 10, and then everything is said again
STATISTICS = 60
WATCHED = re.compile(r"homeassistant\.components\.(mqtt|sensor|recorder)\b")
# What it logs of a broker that is away, and of a database that was open when its machine lost power.
BROKER_AWAY = (r"^Disconnected from MQTT server", r"^Failed to connect to MQTT server", r"^Error returned from MQTT")
POWER_LOST = (r"could not validate that the sqlite3 database", r"^Ended unfinished session")
# What Home Assistant itself says of this kind of installation.
OWN_ISSUES = {("homeassistant", "deprecated_method")}


def clock_before_statistics():
    """An offset for Home Assistant's clock, so that it compiles statistics soon."""
    return f"FAKETIME=+{(PERIOD - LEAD - time.time()) % PERIOD:.0f}s",


class KeepingBroker(Broker):
    """One that keeps what is retained, over a restart."""

    def __init__(self, rig):
        super().__init__(rig, running=False)
        self.extra = f"persistence true\npersistence_location {self.dir}/\n"
        self.start()


class Home:
    """Its parts start when they are told to; a broker keeps its port, all keep what they have on disk."""

    def __init__(self, rig, persistent=False, ids=(METER,), **sections):
        self.rig = rig
        self.broker = rig.keep(KeepingBroker(rig)) if persistent else rig.broker()
        self.watcher = rig.watch(self.broker)
        self.ports = {meter: rig.port() for meter in ids}
        self.state = {"STATE_DIRECTORY": str(rig.directory("state"))}
        self.sections = sections
        self.daemon = None
        self.hass = rig.keep(HomeAssistant(rig, self.broker.port, clock_before_statistics()))
        self.prefers = False

    # ---- the parts ----

    def start(self, *parts):
        for part in parts:
            {"broker": self.start_broker, "daemon": self.start_daemon, "hass": self.hass.start}[part]()

    def start_broker(self):
        self.broker.start()

    def start_daemon(self, ready=True):
        self.daemon = self.rig.daemon(config(self.broker.port, *(p.path for p in self.ports.values()),
                                             **self.sections), env=self.state, ready=ready)

    @property
    def port(self):
        return next(iter(self.ports.values()))

    def feed(self, *messages, port=None):
        """Sends them and waits until what they say stands on the broker, whenever that is reached."""
        (port or self.port).write(b"".join(m.octets for m in messages))
        said = {name: text for message in messages for name, text in message.published().items()}

        def stands(_):
            published = {t.rpartition("/")[2]: p for t, p in self.watcher.state().items()}
            return all(published.get(name) == text for name, text in said.items())
        self.watcher.wait("values of the last lists", stands, timeout=STATES)

    # ---- what has to be true ----

    def check(self, *meters, excused=()):
        """All of it, for these meters as they spoke last. `excused`: patterns of log lines that this test
        expects."""
        until_nothing("the entities are those expected", lambda: self.wrong_entities(meters))
        until_nothing("the states are those published last", lambda: self.wrong_states(meters))
        self.check_statistics(meters)
        self.check_energy(meters[0])
        assert self.wrong_entities(meters) + self.wrong_states(meters) == []
        assert self.issues() == []
        complaints = self.complaints(excused)
        assert not complaints, "\n".join(complaints)

    def wrong_entities(self, meters):
        """What differs from exactly the expected entities, all of them with their first ids."""
        wanted = {}
        for meter in meters:
            place = f"{self.section(meter).lower()}_".lstrip("_")
            for name, (platform, _, _) in expected(meter).items():
                unique_id = f"hanmqttd_{meter.values['meter_id']}_{name}"
                wanted[unique_id] = f"{platform}.electricity_meter_{place}{name}"
        found = {unique_id: e["entity_id"] for unique_id, e in self.hass.entities().items()}
        return [f"{u}: {found.get(u)}, expected {wanted.get(u)}" for u in sorted(found.keys() | wanted.keys())
                if found.get(u) != wanted.get(u)]

    def section(self, meter):
        """The meter's section of the configuration, "" without names."""
        sections = list(self.sections.get("meters", {}))
        return sections[list(self.ports).index(meter.values["meter_id"])] if sections else ""

    def wrong_states(self, meters):
        """What differs from what was published last."""
        published = self.watcher.state()
        states, entities = self.hass.states(), self.hass.entities()
        bridge, = {t for t in published if re.fullmatch(r"han/bridge/[^/]+/availability", t)}
        wrong = []
        for meter in meters:
            base = f"han/{self.section(meter) or meter.values['meter_id']}"
            for name, (_, live, leaf) in expected(meter).items():
                entity = entities.get(f"hanmqttd_{meter.values['meter_id']}_{name}")
                if not entity:
                    wrong.append(f"{name}: no such entity")
                    continue
                if entity["disabled_by"]:
                    continue
                topics = [bridge] + [f"{base}/availability"] * live
                if any(published.get(topic) != "online" for topic in topics):
                    wanted = "unavailable"
                elif name == "connection":
                    wanted = {"online": "on"}.get(published.get(f"{base}/availability"), "off")
                else:
                    wanted = published.get(f"{base}/{leaf}") or "unknown"
                state = states.get(entity["entity_id"], {}).get("state")
                if not same(state, wanted):
                    wrong.append(f"{entity['entity_id']}: {state}, published {wanted}")
        return wrong

    def energy_ids(self, meter):
        """Those for the dashboard."""
        entities = self.hass.entities()
        kind = "cum" if self.sections.get("homeassistant", {}).get("energy-sensor") == "register" else "live"
        return [entities[f"hanmqttd_{meter.values['meter_id']}_energy_active_{kind}_{way}"]["entity_id"]
                for way in ("import", "export")]

    def check_statistics(self, meters):
        """They exist, and Home Assistant finds nothing wrong with them."""
        wanted = {entity_id for meter in meters for entity_id in self.energy_ids(meter)}

        until("statistics of the energies", lambda: wanted == self.hass.statistics(wanted).keys(), STATISTICS)
        assert self.hass.ask("recorder/validate_statistics") == {}

    def check_energy(self, meter):
        """The energy dashboard takes them, and is content with them."""
        if not self.prefers:
            self.prefer_energy(*self.energy_ids(meter))
        found = self.hass.ask("energy/validate")
        assert found["energy_sources"] == [[]] and found["device_consumption"] == [], found

    def prefer_energy(self, consumed, returned):
        self.hass.ask("energy/save_prefs", device_consumption=[], energy_sources=[{
            "type": "grid", "stat_energy_from": consumed, "stat_energy_to": returned, "cost_adjustment_day": 0}])
        self.prefers = True

    def issues(self):
        """What waits for a person to repair it."""
        return [i for i in self.hass.ask("repairs/list_issues")["issues"]
                if (i["domain"], i["issue_id"]) not in OWN_ISSUES]

    def complaints(self, excused=()):
        """Warnings and worse of what deals with our entities: of the log, over all starts, and of what Home
        Assistant shows a person of it."""
        said = [(line.level, line.logger, line.text) for line in self.hass.log()
                if line.level in ("WARNING", "ERROR", "CRITICAL")]
        said += [("shown", entry["name"], entry["message"][0]) for entry in self.hass.ask("system_log/list")]
        return [f"{level} {logger}: {text[:300]}" for level, logger, text in said if WATCHED.match(logger)
                and not any(re.search(pattern, text) for pattern in excused)]


def expected(meter):
    """The entities of a meter, by name, as above."""
    names = [name for name in kaifa.LISTS[f"kaifa-list3-{meter.phases}ph"]
             if name not in structural_zeros(meter.values)]
    return {**{name: ("sensor", BY_NAME[name].kind == "live", name) for name in names}, **BESIDE}


def same(state, wanted):
    """Numbers by their value, times as moments, all else as text."""
    if state == wanted or state is None:
        return state == wanted
    for read in (decimal.Decimal, datetime.datetime.fromisoformat):
        try:
            return read(state) == read(wanted)
        except (decimal.InvalidOperation, ValueError):
            pass
    return False


def until_nothing(what, wrong, timeout=STATES):
    """Waits until wrong() finds nothing; else tells what it found last."""
    deadline = time.monotonic() + timeout
    found = wrong()
    while found and time.monotonic() < deadline:
        time.sleep(0.2)
        found = wrong()
    assert not found, f"not in time: {what}"
