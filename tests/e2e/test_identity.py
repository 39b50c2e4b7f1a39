"""Who the meter is: nothing is published under another name."""
import datetime
import os
import re

import pytest

import kaifa
from dlms import WH, W, date, element, hdlc, mbus, notification, telegram, text, u32
from rig import talking, until

METER = "6970631400000077"


def test_values_before_the_id(rig):
    """Values that come before the meter has said its id are held, and published with it."""
    house = rig.house(log={"level": "debug", "frames": "yes"})
    meter = kaifa.Meter(METER)
    for power in (101, 102, 103):
        message = meter.list1(power)
        house.port.write(message.octets)
        house.daemon.saw(message)
    house.watcher.barrier()
    early = house.watcher.messages(r"(han/(?!bridge/)|homeassistant/).*")
    assert not early, [str(m) for m in early]
    mark = house.feed(meter.list2(power_active_import=104))
    house.watcher.barrier()
    meters = {m.topic.split("/")[1] for m in house.watcher.messages(r"han/(?!bridge/).*", mark)}
    assert meters == {METER}
    assert house.watcher.state(mark)[f"han/{METER}/power_active_import"] == "104"


def test_id_is_kept(rig):
    """A restarted daemon knows the meter at once: the first list 1 is published under its id."""
    broker, port = rig.broker(), rig.port()
    state = {"STATE_DIRECTORY": str(rig.directory("state"))}
    watcher = rig.watch(broker)
    meter = kaifa.Meter(METER)
    daemon = rig.daemon(rig.setting(broker, port), env=state)
    port.write(meter.list2().octets)
    watcher.expect(f"han/{METER}/reading")
    assert daemon.stop()[0] == 0
    watcher.expect(f"han/{METER}/availability", "offline")
    mark = watcher.mark()
    rig.daemon(rig.setting(broker, port), env=state)
    port.write(meter.list1(815).octets)
    watcher.expect(f"han/{METER}/power_active_import", "815", since=mark)
    watcher.expect(f"han/{METER}/availability", "online", since=mark)


def test_no_state_directory(rig):
    """Without a state directory nothing is kept, and nothing is missing."""
    broker, port = rig.broker(), rig.port()
    watcher = rig.watch(broker)
    meter = kaifa.Meter(METER)
    daemon = rig.daemon(rig.setting(broker, port))
    port.write(meter.list2().octets)
    watcher.expect(f"han/{METER}/reading")
    assert daemon.stop()[0] == 0
    assert not daemon.lines("", levels=("error", "warning"))


def test_state_directory_fails(rig):
    """A state directory that cannot be written costs a warning, not the values."""
    broker, port = rig.broker(), rig.port()
    watcher = rig.watch(broker)
    daemon = rig.daemon(rig.setting(broker, port), env={"STATE_DIRECTORY": str(rig.base / "absent")})
    port.write(kaifa.Meter(METER).list2().octets)
    watcher.expect(f"han/{METER}/reading")
    daemon.expect_line("", levels=("warning", "error"))


def read_once(rig):
    """By a daemon that has ended; the last of these is its state directory."""
    broker, port, directory = rig.broker(), rig.port(), rig.directory("state")
    watcher = rig.watch(broker)
    daemon = rig.daemon(rig.setting(broker, port), env={"STATE_DIRECTORY": str(directory)})
    port.write(kaifa.Meter(METER).list2().octets)
    watcher.expect(f"han/{METER}/reading")
    assert daemon.stop()[0] == 0
    return broker, port, watcher, directory


@pytest.mark.parametrize("ends", [True, False], ids=["and goes on", "for good"])
def test_state_directory_hangs(rig, ends):
    """A disk that does not answer costs no frame, and no second at the end: who writes to a pipe waits as well."""
    broker, port, watcher, directory = read_once(rig)
    state = {"STATE_DIRECTORY": str(directory)}
    pipe, = (path.with_name(path.name + ".new") for path in directory.glob("identity-*"))
    os.mkfifo(pipe)
    daemon = rig.daemon(rig.setting(broker, port), env=state)
    for number in ("6970631400000088", "6970631400000095"):
        port.write(kaifa.Meter(number).list2(power_active_import=31).octets)
        watcher.expect(f"han/{number}/power_active_import", "31")
        watcher.expect(f"homeassistant/device/hanmqttd_{number}/config")
    if ends:
        with open(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK), "rb") as end:
            until("what waited for the disk", lambda: b"6970631400000088" in (end.read() or b""))
    status, seconds = daemon.stop()
    assert status == 0 and seconds < 2.5
    kept, = (path.read_text(encoding="ascii") for path in directory.glob("identity-*[!w]"))
    assert kept.startswith("6970631400000095" if ends else METER)


@pytest.mark.parametrize("kept", [
    pytest.param("", id="empty"), pytest.param("\n\n", id="blank"), pytest.param("x" * 5000, id="long"),
    pytest.param("a\x01b", id="control character"), pytest.param("bridge", id="bridge")])
def test_kept_id_is_damaged(rig, kept):
    """Whatever a crash left in the state directory, the daemon starts and the meter gets its topics."""
    broker, port, watcher, directory = read_once(rig)
    state = {"STATE_DIRECTORY": str(directory)}
    for path in directory.iterdir():
        path.write_text(kept, encoding="utf-8")
    mark = watcher.mark()
    rig.daemon(rig.setting(broker, port), env=state)
    port.write(kaifa.Meter(METER).list2(power_active_import=31).octets)
    watcher.expect(f"han/{METER}/power_active_import", "31", since=mark)


def test_another_meter(house):
    """A meter that was exchanged: the new one gets topics of its own, the old one is offline."""
    house.feed(kaifa.Meter(METER).list2())
    mark = house.feed(kaifa.Meter("6970631400000088").list2())
    house.watcher.expect(f"han/{METER}/availability", "offline", since=mark)
    house.watcher.expect("han/6970631400000088/availability", "online", since=mark)
    house.watcher.expect("homeassistant/device/hanmqttd_6970631400000088/config", since=mark)


@pytest.mark.parametrize("name, level", [("Cellar", "Cellar"), ("a/b+c#d", "a_b_c_d"), ("Zähler 1", "Zähler 1")])
def test_name(rig, name, level):
    """`name` stands in the topics instead of the id, without what a topic cannot hold; ids stay ids."""
    house = rig.house(meter={"name": name})
    house.feed(kaifa.Meter(METER).list2())
    house.watcher.barrier()
    assert {m.topic.split("/")[1] for m in house.watcher.messages(r"han/(?!bridge/).*")} == {level}
    house.watcher.expect(f"homeassistant/device/hanmqttd_{METER}/config")


def test_odd_id(house):
    """An id with characters that no topic can hold is published all the same, in clean topics."""
    house.feed(kaifa.Meter("12/34+56#7890.ab").list2())
    house.watcher.expect("homeassistant/.*")
    house.watcher.barrier()
    topics = {m.topic for m in house.watcher.messages(r"(han/(?!bridge/)|homeassistant/).*")}
    assert {t.split("/")[1] for t in topics if t.startswith("han/")} == {"12_34_56_7890.ab"}
    config, = (t for t in topics if t.startswith("homeassistant/"))
    assert config == "homeassistant/device/hanmqttd_12_34_56_7890_ab/config"
    assert house.watcher.state()["han/12_34_56_7890.ab/meter_id"] == "12/34+56#7890.ab"


@pytest.mark.background
def test_no_id_ever(rig):
    """A meter that never says its id is published after a minute, under a name made of its port."""
    house = rig.house()
    meter = kaifa.Meter(METER)

    def named(seen):
        return next((m for m in seen if re.fullmatch(r"han/port-[0-9a-z]+/power_active_import", m.topic)), None)
    value = house.watcher.wait("value under the port's name",
                               talking(house.port, lambda: meter.list1(55).octets, named), timeout=75)
    assert value.payload == "55"
    assert value.time - house.daemon.began > 50
    house.watcher.expect(value.topic.rpartition("/")[0] + "/availability", "online")


OTHER = "6970631400000094"
DAMAGED = "6970631400800077"


def list_of(meter, power, register=None):
    """Of a meter whose frames are as strong as what they are put into."""
    registers = [element("0-0:1.0.0.255", date(datetime.datetime(2026, 1, 15, 14, 0, 2))),
                 element("1-0:1.8.0.255", u32(register), 0, WH)] if register else []
    return notification([element("0-0:96.1.0.255", text(meter)), element("1-0:1.7.0.255", u32(power), 0, W),
                         *registers])


def weak(meter, power, register=None):
    return b"".join(mbus(list_of(meter, power, register)))


def unchecked(meter, power):
    """A telegram as before DSMR 4."""
    lines = f"0-0:96.1.1({meter.encode().hex()})", f"1-0:1.7.0({power / 1000:08.3f}*kW)"
    return telegram(*lines)[:-6] + b"\r\n"


def name_of(meter, message):
    return meter.encode().hex() if message is unchecked else meter


def say(house, message, meter, power):
    """Says it; returns the mark before it."""
    mark = house.watcher.mark()
    house.port.write(message(meter, power))
    house.watcher.expect(f"han/{name_of(meter, message)}/power_active_import", str(power), since=mark)
    return mark


@pytest.mark.parametrize("message", [weak, unchecked])
def test_damaged_id(rig, message):
    """Where an eight-bit sum, or none, is all the check, one damaged number makes no other meter."""
    house = rig.house()
    start = say(house, message, METER, 1)
    for power in (2, 4):
        house.port.write(message(DAMAGED, power))
        say(house, message, METER, power + 1)
    house.watcher.barrier()
    assert not house.watcher.messages(f".*{name_of(DAMAGED, message)}.*", start)
    powers = [m.payload for m in house.watcher.messages(r"han/[^/]+/power_active_import", start)]
    assert powers == ["1", "3", "5"]


@pytest.mark.parametrize("message", [weak, unchecked])
def test_exchanged_on_a_weak_line(rig, message):
    """Another meter is known by its second message, and nothing of the first one is lost."""
    house = rig.house()
    say(house, message, METER, 1)
    house.port.write(message(OTHER, 2))
    mark = say(house, message, OTHER, 3)
    readings = house.watcher.wait("two readings", lambda seen: (lambda found: len(found) == 2 and found)(
        [m.payload for m in seen if m.topic == f"han/{name_of(OTHER, message)}/reading"]), mark)
    assert ['"power_active_import":2' in text for text in readings] == [True, False], readings
    house.watcher.expect(f"han/{name_of(METER, message)}/availability", "offline", since=mark)


def test_register_in_the_first_message(rig):
    """The hour's register is in the message that was not believed yet: it is sent with the next one."""
    house = rig.house()
    say(house, weak, METER, 1)
    house.port.write(weak(OTHER, 2, register=123456))
    say(house, weak, OTHER, 3)
    assert '"energy_active_cum_import":123.456' in house.watcher.expect(f"han/{OTHER}/hourly").payload
    house.watcher.expect(f"han/{OTHER}/energy_active_cum_import", "123.456")


def test_kept_id_on_a_weak_line(rig):
    """A number kept from the run before is a known one; the first one ever needs nobody who says it again."""
    broker, port = rig.broker(), rig.port()
    state = {"STATE_DIRECTORY": str(rig.directory("state"))}
    watcher = rig.watch(broker)
    daemon = rig.daemon(rig.setting(broker, port), env=state)
    port.write(weak(METER, 1))
    watcher.expect(f"han/{METER}/power_active_import", "1")
    assert daemon.stop()[0] == 0
    watcher.barrier()
    mark = watcher.mark()
    rig.daemon(rig.setting(broker, port), env=state)
    watcher.expect("han/bridge/.*/availability", "online", since=mark)
    port.write(weak(DAMAGED, 2))
    port.write(weak(METER, 3))
    watcher.expect(f"han/{METER}/power_active_import", "3", since=mark)
    watcher.barrier()
    assert not watcher.messages(f".*{DAMAGED}.*", mark)


def test_exchanged_on_a_strong_line(rig):
    """A check of 16 bits is enough: the first message is another meter's."""
    house = rig.house()
    say(house, weak, METER, 1)
    say(house, lambda meter, power: hdlc(list_of(meter, power)), OTHER, 2)
