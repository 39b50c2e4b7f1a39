"""Who the meter is: nothing is published under another name."""
import os
import re

import pytest

import kaifa
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
