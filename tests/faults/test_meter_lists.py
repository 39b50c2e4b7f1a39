"""A meter whose list becomes another one, that says a list again and again, or that speaks two framings in turn."""
import datetime
import decimal
import json

import pytest

import kaifa
from dlms import A, V, W, WH, date, element, hdlc, i16, mbus, notification, telegram, text, u16, u32
from row import Row

METER = "6970631400000501"
WHEN = datetime.datetime(2026, 1, 15, 14, 0, 0)
AGAIN = 200


def aidon(power, *more, register=48211340, meter=METER):
    """A list that says what it holds; no reactive powers and no currents but that of L1."""
    return notification([
        element("1-1:0.2.129.255", text("AIDON_V0001")), element("0-0:96.1.0.255", text(meter)),
        element("0-0:96.1.7.255", text("6534")), element("1-0:1.7.0.255", u32(power), 0, W),
        element("1-0:31.7.0.255", i16(12), -1, A), element("1-0:32.7.0.255", u16(2301), -1, V),
        element("0-0:1.0.0.255", date(WHEN)), element("1-0:1.8.0.255", u32(register), 0, WH), *more])


def dsmr(power, register=48211340, meter=METER):
    return telegram("1-3:0.2.8(50)", "0-0:1.0.0(260115140000W)", f"0-0:96.1.1({meter.encode().hex()})",
                    f"1-0:1.8.0({register / 1000:010.3f}*kWh)", f"1-0:1.7.0({power / 1000:06.3f}*kW)")


class Home:
    """A meter that has been read for a while, with its list 3."""

    def __init__(self, rig, **sections):
        self.house = rig.house(**sections)
        self.watcher, self.daemon = self.house.watcher, self.house.daemon
        self.meter = kaifa.Meter(METER)
        for _ in range(4):  # how often it comes is learned
            self.house.feed(self.meter.list3())
        self.watcher.expect(f"han/{METER}/diagnostics/problem", "ok")
        self.watcher.expect(f"homeassistant/device/hanmqttd_{METER}/config")
        self.watcher.expect(f"han/{METER}/hourly")
        self.watcher.barrier()
        self.start = self.watcher.mark()

    def feed(self, octets):
        """Until its reading is there."""
        mark = self.watcher.mark()
        self.house.port.write(octets)
        self.watcher.expect("han/[^/]+/reading", since=mark)
        return mark

    def payloads(self, name):
        self.watcher.barrier()
        return [m.payload for m in self.watcher.messages(f"han/{METER}/{name}", self.start)]

    def power(self):
        return self.watcher.state(self.start).get(f"han/{METER}/power_active_import")


def test_another_list(rig):
    """Every value of the new list is right with the first one; what is no longer said goes by itself where it is of the
    moment, and stays where it is a register; Home Assistant hears of what is new."""
    home = Home(rig)
    with Row("meter says another maker's list", home.daemon, None) as row:
        row.over()
        mark = home.feed(hdlc(aidon(815, element("1-0:1.8.1.255", u32(47000000), 0, WH),
                                    element("1-0:97.7.0.255", u16(77)))))
        row.right("the power", lambda: home.power() == "815")
        home.watcher.barrier()
        state = home.watcher.state(mark)
        for name, payload in {"power_active_import": "815", "phase_current_l1": "1.2", "phase_voltage_l1": "230.1",
                              "energy_active_cum_import": "48211.340", "energy_active_cum_import_t1": "47000.000",
                              "obis/1-0:97.7.0.255": "77", "meter_type": "6534"}.items():
            assert state[f"han/{METER}/{name}"] == payload, name
        values = json.loads(state[f"han/{METER}/reading"])["values"]
        assert not [name for name in values if "reactive" in name or name.endswith("_l2")]
        kept = {topic.removeprefix(f"han/{METER}/"): m for topic, m in home.house.broker.retained().items()}
        for name in ("phase_current_l2", "phase_voltage_l3", "power_reactive_export"):
            assert 0 < kept[name].expiry <= 600, name
        assert kept["energy_reactive_cum_export"].payload == "9120.004"
        assert kept["energy_reactive_cum_export"].expiry is None
        config = home.watcher.wait("discovery", lambda seen: next((
            m for m in seen if m.topic.startswith("homeassistant/") and "cum_import_t1" in m.payload), None), mark)
        assert "energy_active_cum_import" in json.loads(config.payload)["components"]
        home.feed(home.meter.list1(816).octets)  # and back
        row.lost("lists", 0)
    assert home.payloads("power_active_import")[-1] == "816"


def test_unknown_list(rig):
    """A list that nobody knows, of two items in a bare structure: told once, nothing is published, and the next one
    that is known is right."""
    home = Home(rig)
    bare = hdlc(kaifa.NOTIFICATION + b"\0" + b"\x02\x02" + u32(4711) + u32(4712))
    with Row("meter says a list that is unknown", home.daemon, "not understood") as row:
        for _ in range(AGAIN):
            home.house.port.write(bare)
        row.told()
        row.over()
        home.feed(home.meter.list1(5).octets)
        row.right("the power", lambda: home.power() == "5")
        assert not {"4711", "4712"} & {m.payload for m in home.watcher.since(home.start)}


def test_repeats(rig):
    """The same list again and again, registers, clock and all: no value is wrong, one hour is one hour."""
    home = Home(rig)
    message = home.meter.list3(power_active_import=33)
    home.feed(message.octets)
    home.watcher.barrier()
    mark = home.watcher.mark()
    with Row(f"meter says a list {AGAIN} times", home.daemon, None) as row:
        for _ in range(AGAIN):
            home.house.port.write(message.octets)
        row.over()
        row.right("all of them", lambda: len(home.watcher.messages(f"han/{METER}/reading", mark)) == AGAIN)
        assert {m.payload for m in home.watcher.messages(f"han/{METER}/power_active_import", mark)} <= {"33"}
        registers = {m.payload for m in home.watcher.messages(f"han/{METER}/energy_active_cum_import", mark)}
        assert registers <= {"48211.337"}
        live = [decimal.Decimal(n) for n in home.payloads("energy_active_live_import")]
        assert live == sorted(live) and all(n < decimal.Decimal("48211.4") for n in live)
        assert not home.watcher.messages(f"han/{METER}/hourly", mark)
        row.lost("lists", 0)


@pytest.mark.parametrize("other", ["mbus", "p1"])
def test_two_framings(rig, other):
    """Lists in HDLC frames and in another framing by turns, without a pause: each is read, the first one included."""
    home = Home(rig)
    with Row(f"meter speaks HDLC and {other} by turns", home.daemon, None) as row:
        sent = b""
        for power in range(100, 140, 2):
            sent += home.meter.list2(power_active_import=power).octets
            sent += b"".join(mbus(aidon(power + 1), 100)) if other == "mbus" else dsmr(power + 1)
        home.house.port.write(sent)
        row.over()
        row.right("all of them", lambda: len(home.watcher.messages(f"han/{METER}/reading", home.start)) == 40)
        powers = [json.loads(m)["values"]["power_active_import"] for m in home.payloads("reading")]
        assert powers == list(range(100, 140))
        row.lost("lists", 0)
