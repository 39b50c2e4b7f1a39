"""The form of what is published: JSON, clocks, retained flags, quality of service, availability."""
import datetime
import json
import re
import signal
import subprocess

import pytest

import kaifa
from measurements import BY_NAME
from programs import HANMQTTD
from rig import now_utc

METER = "6970631400000016"


@pytest.mark.parametrize("when, text", [
    (datetime.datetime(2026, 1, 15, 13, 59, 58), "2026-01-15T14:00:00+01:00"),
    (datetime.datetime(2026, 7, 15, 13, 59, 58), "2026-07-15T14:00:00+02:00"),
])
def test_clock(house, when, text):
    """The meter's clock comes as ISO 8601 with the offset of the system's zone, in winter and summer."""
    meter = kaifa.Meter(METER)
    meter.when = when
    house.feed(meter.list3())
    house.watcher.expect(f"han/{METER}/meter_timestamp", text)


def test_reading(house):
    """`reading` is one compact JSON object per list, with the digits of the meter."""
    meter = kaifa.Meter(METER, phase_voltage_l3=2320, phase_current_l3=0)
    message = meter.list3()
    before = now_utc()
    house.feed(message)
    payload = house.watcher.expect(f"han/{METER}/reading").payload
    reading = json.loads(payload)
    assert reading.keys() == {"meter_id", "list", "time", "meter_time", "values"}
    assert (reading["meter_id"], reading["meter_time"]) == (METER, "2026-01-15T13:59:52+01:00")
    assert re.fullmatch(r"[\w-]*kaifa[\w-]*", reading["list"])
    assert reading["time"].endswith("Z") or reading["time"].endswith("+00:00")
    time = datetime.datetime.fromisoformat(reading["time"].replace("Z", "+00:00"))
    second = datetime.timedelta(seconds=1)
    assert before - second <= time <= now_utc() + second
    numbers = {name: text for name, text in message.published().items()
               if BY_NAME[name].kind in ("live", "register")}
    assert json.loads(payload, parse_int=str, parse_float=str)["values"] == numbers
    assert '"phase_voltage_l3":232.0' in payload, "not compact"


def test_reading_of_list_1(house):
    """A list of one value gives a reading of one value, and says whose it is."""
    meter = kaifa.Meter(METER)
    house.feed(meter.list2())
    mark = house.feed(meter.list1(4711))
    reading = json.loads(house.watcher.expect(f"han/{METER}/reading", since=mark).payload)
    assert (reading["meter_id"], reading["values"]) == (METER, {"power_active_import": 4711})


def test_structural_zero_in_reading(house):
    """What the meter does not measure is not in `reading` either."""
    house.feed(kaifa.Meter(METER, "MA304H3E", phase_voltage_l2=0).list2())
    values = json.loads(house.watcher.expect(f"han/{METER}/reading").payload)["values"]
    assert "phase_voltage_l2" not in values and "phase_voltage_l1" in values


def test_meter_info(house):
    """`info` of the meter says what it is and how it is read."""
    house.feed(kaifa.Meter(METER, "MA304H4D").list2())
    payload = house.watcher.expect(f"han/{METER}/info").payload
    info = json.loads(payload)
    assert info["meter_id"] == METER
    assert info["meter_type"] == "MA304H4D"
    assert info["obis_version"] == "KFM_001"
    assert info["maker"].lower() == "kaifa"
    assert info["framing"] == "hdlc"
    assert "2400" in payload and "8N1" in payload and house.port.path.name in payload


def test_bridge_info(house):
    """`info` of the daemon says its version, its start, its meters, its libraries and the bus line."""
    house.feed(kaifa.Meter(METER).list2())
    version = subprocess.run([*HANMQTTD, "--version"], capture_output=True, text=True, check=True).stdout
    info = house.watcher.wait("bridge info with the meter", lambda seen: next(
        (json.loads(m.payload) for m in reversed(seen)
         if re.fullmatch(r"han/bridge/[^/]+/info", m.topic) and METER in m.payload), None))
    assert info["version"] in version
    assert METER in json.dumps(info["meters"])
    assert "libmosquitto" in json.dumps(info)
    start = next(value for key, value in info.items() if key.startswith("start"))
    time = datetime.datetime.fromisoformat(start.replace("Z", "+00:00"))
    assert abs((now_utc() - time).total_seconds()) < 60
    assert {"line", "cycles_today"} <= info["power"].keys()
    assert info["power"]["line"] == "none"


def test_client_id(house):
    """The daemon's own topics name the machine, with four hex digits that stay over a restart."""
    topic, = {m.topic for m in house.watcher.messages(r"han/bridge/[^/]+/availability")}
    client_id = topic.split("/")[2]
    assert re.fullmatch(r"hanmqttd-[^/+#]+-[0-9a-f]{4}", client_id)
    assert f" as {client_id} " in house.broker.said()
    assert house.daemon.stop()[0] == 0


CLASSES = [  # topic below han/, retained, allowed qualities of service
    (r"bridge/[^/]+/(availability|info)", True, {1}),
    (r"[^/]+/(availability|info)", True, {1}),
    (r"[^/]+/(power|phase)_\w+", True, {0}),
    (r"[^/]+/energy_\w+", True, {1}),
    (r"[^/]+/(meter_id|meter_type|obis_version|meter_timestamp)", True, {0, 1}),
    (r"[^/]+/reading", False, {0}),
    (r"[^/]+/hourly", False, {1}),
    (r"[^/]+/diagnostics/\w+", True, {0}),
]


def test_classes(house):
    """Every message has the retained flag and the quality of service of its class."""
    meter = kaifa.Meter(METER)
    house.feed(meter.list2(), meter.list3(), meter.list1(5))
    house.watcher.expect(f"han/{METER}/hourly")
    house.watcher.barrier()
    used = set()
    for m in house.watcher.messages(r"han/.*"):
        number, (_, retain, qualities) = next(
            (i, row) for i, row in enumerate(CLASSES) if re.fullmatch("han/" + row[0], m.topic))
        used.add(number)
        assert m.retain == retain, m
        assert m.qos in qualities, m
    assert used == set(range(len(CLASSES)))


def test_hourly(house):
    """The registers of the first list of each hour, with the digits of the list and the meter's own time; what
    comes again in the same hour does not come once more."""
    meter = kaifa.Meter(METER)
    first = meter.list3()  # 13:59:52
    house.feed(first)
    house.watcher.expect(f"han/{METER}/hourly")
    meter.when += datetime.timedelta(seconds=30)
    mark = house.feed(meter.list3(energy_active_cum_import=48211400), meter.list3(energy_active_cum_import=48211401))
    payload = house.watcher.expect(f"han/{METER}/hourly", since=mark).payload
    house.watcher.barrier()
    assert len(house.watcher.messages(f"han/{METER}/hourly")) == 2
    said = json.loads(payload)
    assert list(said) == ["meter_id", "meter_time", "time", "values"]
    assert said["meter_id"] == METER
    assert said["meter_time"] == "2026-01-15T14:00:24+01:00"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", said["time"])
    assert '"values":{"energy_active_cum_import":48211.400,' in payload
    assert set(said["values"]) == {name for name in first.values if name.startswith("energy_")}


def test_classes_can_be_set(rig):
    """qos, register-qos and retain change what they say."""
    house = rig.house(publish={"qos": 1, "register-qos": 2, "retain": "no"})
    house.feed(kaifa.Meter(METER).list3())
    house.watcher.barrier()
    power = house.watcher.expect(f"han/{METER}/power_active_import")
    energy = house.watcher.expect(f"han/{METER}/energy_active_cum_import")
    assert (power.qos, power.retain) == (1, False)
    assert (energy.qos, energy.retain) == (2, False)
    assert house.watcher.expect(f"han/{METER}/availability").retain


def test_topic_prefix(rig):
    """topic-prefix moves everything but discovery."""
    house = rig.house(mqtt={"topic-prefix": "han2"})
    house.feed(kaifa.Meter(METER).list2())
    house.watcher.expect("homeassistant/device/.*")
    house.watcher.barrier()
    tops = {m.topic.split("/")[0] for m in house.watcher.since()}
    assert tops == {"han2", "homeassistant", "test"}


def test_will(house):
    """When the daemon dies without a word the broker says that it is offline."""
    house.feed(kaifa.Meter(METER).list2())
    mark = house.watcher.mark()
    house.daemon.send(signal.SIGKILL)
    will = house.watcher.expect(r"han/bridge/[^/]+/availability", "offline", since=mark)
    assert will.retain and will.qos == 1
    assert house.daemon.ended() == -signal.SIGKILL


def test_meter_falls_silent(rig):
    """A meter that says nothing for silent-after is offline, the daemon is not, and it comes back."""
    house = rig.house(meter={"silent-after": 1})
    meter = kaifa.Meter(METER)
    mark = house.feed(meter.list2())
    topic = f"han/{METER}/availability"
    online = house.watcher.expect(topic, "online", since=mark)
    offline = house.watcher.expect(topic, "offline", since=mark, timeout=5)
    assert 0.8 < offline.time - online.time < 2.5
    mark = house.feed(meter.list1(7))
    house.watcher.expect(topic, "online", since=mark)
    assert not house.watcher.messages(r"han/bridge/[^/]+/availability", mark)
    assert {m.payload for m in house.watcher.messages(r"han/bridge/[^/]+/availability")} == {"online"}


def test_noise_is_no_meter(rig):
    """Octets that make no valid frame do not keep a meter online."""
    house = rig.house(meter={"silent-after": 1})
    mark = house.feed(kaifa.Meter(METER).list2())
    broken = bytearray(kaifa.Meter(METER).list2().octets)
    broken[-3] ^= 1

    def offline():
        house.port.write(bytes(broken))
        return [m for m in house.watcher.messages(f"han/{METER}/availability", mark) if m.payload == "offline"]
    assert house.watcher.wait("offline", lambda _: offline(), timeout=5)


@pytest.mark.parametrize("wanted, code", [("", "p5"), ("5", "p5"), ("3.1.1", "p2")])
def test_protocol(rig, wanted, code):
    """The daemon speaks MQTT 5, or 3.1.1 when told to."""
    house = rig.house(mqtt={"protocol": wanted, "keepalive": 17})
    house.feed(kaifa.Meter(METER).list2())
    client = next(line for line in house.broker.said().splitlines() if " as hanmqttd-" in line)
    assert re.search(rf"\({code}, c1, k17\b", client), client


def test_stays_quiet(house):
    """A meter that talks and a broker that listens give no warnings, and no line per message."""
    meter = kaifa.Meter(METER)
    house.feed(meter.list2())
    house.feed(*(meter.list1(power) for power in range(50)), meter.list3(), meter.list2())
    assert house.daemon.stop()[0] == 0
    assert not house.daemon.lines("", levels=("error", "warning", "debug"))
    assert len(house.daemon.log.since()) < 15
