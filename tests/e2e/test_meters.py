"""Meters of other makers: lists that say what they hold, other frames, values without a name, scales."""
import contextlib
import datetime
import json

import pytest

import kaifa
from dlms import A, V, VAR, W, WH, date, element, hdlc, i16, mbus, notification, telegram, text, u16, u32
from homeassistant import check_message, check_states, parse
from rig import pause, until

METER = "7359992890941742"
TOPIC = f"homeassistant/device/hanmqttd_{METER}/config"
WHEN = datetime.datetime(2026, 1, 15, 14, 0, 0)

HEAD = [element("1-1:0.2.129.255", text("AIDON_V0001")), element("0-0:96.1.0.255", text(METER)),
        element("0-0:96.1.7.255", text("6534"))]
PHASES = [element(f"1-0:{c}.7.0.255", i16(12 + c), -1, A) for c in (31, 51, 71)] + \
    [element(f"1-0:{c}.7.0.255", u16(2300 + c), -1, V) for c in (32, 52, 72)]


def list1(power):
    """Every 2.5 s: one value, and not whose it is."""
    return hdlc(notification([element("1-0:1.7.0.255", u32(power), 0, W)]))


def list2(power, *more):
    """Every 10 s."""
    powers = [element(f"1-0:{c}.7.0.255", u32(power if c == 1 else c), 0, W if c < 3 else VAR)
              for c in (1, 2, 3, 4)]
    return hdlc(notification(HEAD + powers + PHASES + list(more)))


def list3(power):
    """Every hour, registers in steps of 10 Wh."""
    return list2(power, element("0-0:1.0.0.255", date(WHEN)),
                 *(element(f"1-0:{c}.8.0.255", u32(1234567 if c == 1 else c), 1, WH if c < 3 else 32)
                   for c in (1, 2, 3, 4)))


def reading(house, octets):
    mark = house.watcher.mark()
    house.port.write(octets)
    house.watcher.expect(r"han/[^/]+/reading", since=mark)
    house.watcher.barrier()
    return house.watcher.state(mark)


def check_all_states(house, discovery):
    """Every entity has a fitting state: live energies soon, when the broker has told what it keeps of them."""
    message = parse(discovery.payload.encode())

    def faults():
        return list(check_states(message, {topic: m.payload for topic, m in house.broker.retained().items()}))
    with contextlib.suppress(AssertionError):
        until("states", lambda: not faults())
    assert faults() == []


def test_aidon(house):
    """An Aidon meter: every value with the digits of its own scaler, held until the meter says its number."""
    house.port.write(list1(4711))
    state = reading(house, list3(1500))
    for name, payload in {
            "meter_id": METER, "meter_type": "6534", "obis_version": "AIDON_V0001",
            "power_active_import": "1500", "power_active_export": "2", "power_reactive_export": "4",
            "phase_current_l1": "4.3", "phase_current_l3": "8.3", "phase_voltage_l2": "235.2",
            "energy_active_cum_import": "12345.67", "energy_active_cum_export": "0.02",
            "energy_reactive_cum_import": "0.03", "meter_timestamp": "2026-01-15T14:00:00+01:00",
            "availability": "online"}.items():
        assert state[f"han/{METER}/{name}"] == payload
    info = json.loads(state[f"han/{METER}/info"])
    assert (info["maker"], info["framing"], info["meter_id"]) == ("Aidon", "hdlc", METER)
    values = json.loads(state[f"han/{METER}/reading"])["values"]
    assert values["power_active_import"] == 1500 and values["phase_voltage_l1"] == 233.2
    assert reading(house, list1(7))[f"han/{METER}/power_active_import"] == "7"


def test_aidon_in_home_assistant(house):
    """What a meter sends is announced when it has sent it, once each, and Home Assistant takes it all."""
    house.port.write(list1(1))
    house.daemon.expect_line("frames arrive")
    house.watcher.barrier()
    assert not house.watcher.messages(r"homeassistant/.*")
    reading(house, list2(1))
    first = house.watcher.expect(TOPIC)
    assert check_message(first.topic, first.payload.encode()) == []
    components = parse(first.payload.encode())["components"]
    assert "phase_voltage_l3" in components and "energy_active_cum_import" not in components
    assert parse(first.payload.encode())["device"]["manufacturer"] == "Aidon"
    mark = house.watcher.mark()
    reading(house, list3(1))
    second = house.watcher.expect(TOPIC, since=mark)
    assert check_message(second.topic, second.payload.encode()) == []
    assert parse(second.payload.encode())["components"].keys() >= components.keys() | {
        "energy_active_cum_import", "meter_timestamp"}
    assert second.time - first.time > 2.5
    mark = house.watcher.mark()
    for _ in range(3):
        reading(house, list1(2))
        reading(house, list3(2))
    house.watcher.barrier()
    assert not house.watcher.messages(TOPIC, mark)
    check_all_states(house, second)


MORE = [element(f"1-0:{c}.7.0.255", u32(c), 0, W) for c in (21, 42, 61)] + \
    [element("1-0:33.7.0.255", i16(-985), -3), element("1-0:14.7.0.255", u16(4998), -2, 44),
     element("1-0:81.7.40.255", i16(120), 0, 8), element("1-0:1.8.2.255", u32(123456), 0, WH),
     element("1-0:5.8.0.255", u32(5), 0, 32), element("0-0:96.14.0.255", u16(2)),
     element("0-0:42.0.0.255", text("ADN1234567890"))]


def test_more_measurements(house):
    """Phases, tariffs, quadrants, power factor, frequency and angle are values and entities like others."""
    state = reading(house, list2(9, *MORE))
    meter = "ADN1234567890"  # the better one of two
    for name, payload in {
            "power_active_import_l1": "21", "power_active_export_l2": "42", "power_active_import_l3": "61",
            "power_factor_l1": "-0.985", "frequency": "49.98", "phase_angle_l1": "120",
            "energy_active_cum_import_t2": "123.456", "energy_reactive_cum_q1": "0.005",
            "tariff_active": "2", "logical_device_name": meter}.items():
        assert state[f"han/{meter}/{name}"] == payload
    found = house.watcher.expect(f"homeassistant/device/hanmqttd_{meter}/config")
    assert check_message(found.topic, found.payload.encode()) == []
    components = parse(found.payload.encode())["components"]
    assert components["power_factor_l1"]["device_class"] == "power_factor"
    assert components["energy_active_cum_import_t2"]["name"] == "Active energy import tariff 2"
    check_all_states(house, found)


def test_mbus(house):
    """A list in two M-Bus frames is one reading; the first frame alone keeps the meter alive."""
    apdu = notification(HEAD + PHASES + [element("1-0:1.7.0.255", u32(321), 0, W)] + MORE[:4])
    first, second = mbus(apdu)
    house.port.write(first)
    house.daemon.expect_line("frames arrive")
    state = reading(house, second)
    assert state[f"han/{METER}/power_active_import"] == "321"
    assert json.loads(state[f"han/{METER}/info"])["framing"] == "mbus"


DSMR = ("1-3:0.2.8(50)", "0-0:1.0.0(260115140000W)", "0-0:96.1.1(4530303434303037)",
        "1-0:1.8.1(001234.567*kWh)", "1-0:1.8.2(000000.001*kWh)", "1-0:2.8.1(000000.000*kWh)",
        "0-0:96.14.0(0002)", "1-0:1.7.0(00.193*kW)", "1-0:2.7.0(00.000*kW)", "1-0:32.7.0(230.1*V)",
        "1-0:31.7.0(001*A)", "1-0:21.7.0(00.193*kW)", "0-0:96.13.0()", "0-1:24.1.0(003)",
        "0-1:96.1.0(4730303339303031)", "0-1:24.2.1(260115135500W)(01234.567*m3)")


@pytest.mark.parametrize("protocol", ["auto", "p1"])
def test_p1(rig, protocol):
    """A P1 telegram: values in the published units, the gas meter under its own code, entities and all."""
    house = rig.house(meter={"protocol": protocol})
    state = reading(house, telegram(*DSMR))
    meter = "4530303434303037"  # as sent
    for name, payload in {
            "energy_active_cum_import_t1": "1234.567", "energy_active_cum_import_t2": "0.001",
            "power_active_import": "193", "power_active_import_l1": "193", "phase_voltage_l1": "230.1",
            "phase_current_l1": "1", "tariff_active": "0002", "obis/0-1:24.2.1": "1234.567",
            "obis/0-1:24.1.0": "003", "meter_timestamp": "2026-01-15T14:00:00+01:00"}.items():
        assert state.get(f"han/{meter}/{name}") == payload, name
    assert f"han/{meter}/obis/0-0:96.13.0" not in state, "an empty text"
    info = json.loads(state[f"han/{meter}/info"])
    assert info["framing"] == "p1"
    assert info["line"]["baud"] == (115200 if protocol == "p1" else 2400)
    found = house.watcher.expect(f"homeassistant/device/hanmqttd_{meter}/config")
    assert check_message(found.topic, found.payload.encode()) == []
    check_all_states(house, found)


def test_p1_damage(house):
    """A telegram whose check is wrong changes nothing but a counter."""
    reading(house, telegram(*DSMR))
    mark = house.watcher.mark()
    house.port.write(telegram(*DSMR).replace(b"00.193", b"99.999"))
    reading(house, telegram("1-0:1.7.0(00.194*kW)", "1-0:2.7.0(00.000*kW)"))
    powers = [m.payload for m in house.watcher.messages(r"han/[^/]+/power_active_import", mark)]
    assert powers == ["194"]


@pytest.mark.parametrize("protocol, frame", [("hdlc", "hdlc"), ("mbus", "mbus"), ("auto", "hdlc"),
                                             ("auto", "mbus"), ("hdlc", "mbus"), ("mbus", "hdlc")])
def test_protocol(rig, protocol, frame):
    """protocol says what is looked for; everything else is noise."""
    house = rig.house(meter={"protocol": protocol}, log={"level": "debug", "frames": "yes"})
    apdu = notification(HEAD + [element("1-0:1.7.0.255", u32(321), 0, W)])
    octets = {"hdlc": hdlc(apdu), "mbus": b"".join(mbus(apdu))}
    if protocol in ("auto", frame):
        assert reading(house, octets[frame])[f"han/{METER}/power_active_import"] == "321"
    else:
        house.port.write(octets[frame])
        state = reading(house, octets[protocol])
        assert sum(m.topic.endswith("/reading") for m in house.watcher.since()) == 1
        assert state[f"han/{METER}/power_active_import"] == "321"


@pytest.mark.parametrize("meter, setting", [
    ({"protocol": "p1"}, "115200 8N1"), ({"protocol": "p1", "baud": 9600}, "9600 7E1"),
    ({"protocol": "mbus"}, "2400 8E1"), ({}, "2400 8N1")])
def test_first_setting(rig, meter, setting):
    """What is tried first is what most ports of the protocol have."""
    house = rig.house(meter=meter)
    house.daemon.expect_line(f"open at {setting}")


# ---- values without a name ----

OTHERS = [element("0-1:24.2.1.255", u32(1234567), -3, 13), element("0-0:96.3.10.255", text("on/off")),
          element("1-0:15.8.0.255", u32(77), 0, WH)]


def test_unnamed(house):
    """Codes without a name are kept by the broker below obis/, are no entities, and come again after the
    broker has lost them."""
    expected = {"0-1:24.2.1.255": "1234.567", "0-0:96.3.10.255": "on/off", "1-0:15.8.0.255": "0.077"}
    state = reading(house, list2(5, *OTHERS))
    for code, payload in expected.items():
        assert state[f"han/{METER}/obis/{code}"] == payload
    assert not house.watcher.messages(rf"han/{METER}/obis/(?!{'|'.join(expected)}).*")
    for m in house.watcher.messages(rf"han/{METER}/obis/.*"):
        assert (m.qos, m.retain) == (0, True)
    assert "obis/" not in house.watcher.expect(TOPIC).payload
    house.broker.kill()
    house.broker.start()
    mark = house.watcher.mark()
    for code, payload in expected.items():
        house.watcher.expect(f"han/{METER}/obis/{code}", payload, since=mark)


def test_unnamed_off(rig):
    """unknown-obis = no: only what has a name is published."""
    house = rig.house(publish={"unknown-obis": "no"})
    reading(house, list2(5, *OTHERS))
    assert not house.watcher.messages(r"han/.*/obis/.*")


def test_unnamed_many(house):
    """A line that makes up codes fills no broker: 64 of them, and one line in the log."""
    for block in range(10):
        reading(house, list2(block, *(element(f"1-0:99.{block}.{n}.255", u32(n), 0, WH) for n in range(20))))
    topics = {m.topic for m in house.watcher.messages(rf"han/{METER}/obis/.*")}
    assert len(topics) == 64
    assert len(house.daemon.lines("codes without a name")) == 1


# ---- settings ----

def test_scales(rig):
    """The scales of the configuration take the place of the meter's, digit by digit."""
    house = rig.house(meter={"voltage-scale": "1", "current-scale": "0.010", "energy-scale": "10"})
    state = reading(house, list3(1500))
    for name, payload in {"phase_voltage_l1": "2332", "phase_current_l1": "0.43",
                          "energy_active_cum_import": "12345.67", "power_active_import": "1500"}.items():
        assert state[f"han/{METER}/{name}"] == payload


def test_list(rig):
    """With list set, another list is refused, and `problem` says so; with the right one it is taken."""
    house = rig.house(meter={"list": "kaifa-list2-3ph"})
    meter = kaifa.Meter(METER)
    house.feed(meter.list2())
    mark = house.watcher.mark()
    house.port.write(meter.list1(5).octets)
    house.watcher.expect(f"han/{METER}/diagnostics/problem", r"messages arrive but are not understood: "
                         "list unknown; `hantool decode` on the port shows more", since=mark)
    house.daemon.expect_line("not understood", levels=("warning",))
    for _ in range(5):
        house.port.write(meter.list1(5).octets)
        house.feed(meter.list2())
    assert len(house.daemon.lines("not understood")) == 1
    assert len(house.watcher.messages(f"han/{METER}/diagnostics/problem", mark)) == 1
    assert not house.watcher.messages(f"han/{METER}/power_active_import", mark)[5:]


# ---- identity ----

def test_identity_stays(rig):
    """What a meter was known by first names it for good: a message that says only something else of it, or
    something better, renames nothing; another text of the same kind is another meter."""
    state = {"STATE_DIRECTORY": str(rig.directory("state"))}
    house = rig.house(env=state)
    power = element("1-0:1.7.0.255", u32(1), 0, W)
    reading(house, hdlc(notification(HEAD + [power])))
    mark = house.watcher.mark()
    reading(house, hdlc(notification([element("0-0:42.0.0.255", text("ADN1234567890")), power])))
    reading(house, hdlc(notification([element("0-0:96.1.1.255", text("K8EG0")), power])))
    names = {m.topic.split("/")[1] for m in house.watcher.messages(r"han/(?!bridge/).*", mark)}
    assert names == {METER}
    assert house.daemon.stop()[0] == 0
    mark = house.watcher.mark()
    rig.daemon(house.daemon.config.read_text(encoding="utf-8"), env=state)
    house.watcher.expect(r"han/bridge/[^/]+/availability", "online", since=mark)
    reading(house, hdlc(notification([element("0-0:42.0.0.255", text("ADN1234567890")), power])))
    names = {m.topic.split("/")[1] for m in house.watcher.messages(r"han/(?!bridge/).*", mark)}
    assert names == {METER}
    mark = house.watcher.mark()
    reading(house, hdlc(notification([element("0-0:96.1.0.255", text("7359990000000000")), power])))
    house.watcher.expect(f"han/{METER}/availability", "offline", since=mark)
    house.watcher.expect("han/7359990000000000/availability", "online", since=mark)


def test_frames_without_readings(rig):
    """A meter whose frames arrive is online, though nothing of them is understood."""
    house = rig.house(meter={"silent-after": 1})
    mark = house.feed(kaifa.Meter(METER).list2())
    stranger = hdlc(b"\x60\x01\x02")
    for _ in range(8):
        house.port.write(stranger)
        pause(0.25)
    assert not [m for m in house.watcher.messages(f"han/{METER}/availability", mark) if m.payload == "offline"]
    house.watcher.expect(f"han/{METER}/availability", "offline", since=mark)
    mark = house.watcher.mark()
    house.port.write(stranger)
    house.watcher.expect(f"han/{METER}/availability", "online", since=mark)
