"""Commands over the broker, on a machine that holds no line: what can be asked for, and what is ignored."""
import json
import re

import pytest

import kaifa
from rig import until

METER = "6970631400000016"
DISCOVERY = f"homeassistant/device/hanmqttd_{METER}/config"
COMMANDS = {"client-id": "daemon", "commands": "yes"}
BRIDGE = "han/bridge/daemon"
CYCLE = f"{BRIDGE}/command/power_cycle"
ANNOUNCE = f"{BRIDGE}/command/announce"


@pytest.fixture
def house(rig):
    return rig.house(mqtt=COMMANDS)


def known(house):
    """The meter has spoken, and all that it set off has been sent."""
    house.feed(kaifa.Meter(METER).list2())
    house.watcher.expect(re.escape(DISCOVERY))
    house.watcher.barrier()


def subscribed(house):
    """The command topics that the broker says somebody asked for."""
    return set(re.findall(r"\t(\S+/command/\S+) \(QoS", house.broker.said()))


def test_subscribed(house):
    """Both topics, and no other."""
    known(house)
    assert subscribed(house) == {CYCLE, ANNOUNCE}


def test_announce(house):
    """PRESS sends discovery and everything that is retained once more."""
    known(house)
    before = {topic: m.payload for topic, m in house.broker.retained().items()
              if "/diagnostics/" not in topic}
    mark = house.watcher.mark()
    house.watcher.publish(ANNOUNCE, "PRESS")
    house.daemon.expect_line("bridge:", "command", "announcing", levels=("info",))
    house.watcher.wait("all of it", lambda seen: before.keys() <= {m.topic for m in seen}, mark)
    seen = [m for m in house.watcher.since(mark) if m.topic in before]
    assert {m.topic: m.payload for m in seen} == before
    assert all(m.retain for m in seen)
    assert [m.topic for m in seen].count(DISCOVERY) == 1


def test_announce_merged(house):
    """Many at once are one: Home Assistant skips parts of a message that comes too soon after another."""
    known(house)
    mark = house.watcher.mark()
    for _ in range(10):
        house.watcher.publish(ANNOUNCE, "PRESS")
    house.watcher.expect(re.escape(f"{BRIDGE}/availability"), "online", since=mark)
    house.watcher.expect(re.escape(DISCOVERY), since=mark)
    house.watcher.barrier()
    assert len(house.watcher.messages(re.escape(DISCOVERY), mark)) == 1


def test_power_cycle_without_a_line(house):
    """The journal says why nothing happens."""
    known(house)
    house.watcher.publish(CYCLE, "PRESS")
    line = house.daemon.expect_line("power:", "no line is held", "ignored", levels=("notice",))
    assert "[power] line" in line.text
    info = json.loads(house.watcher.state()[f"{BRIDGE}/info"])
    assert info["power"] == {"line": "none", "cycles_today": 0}


def test_no_button_without_a_line(house):
    """Nor are the entities announced that tell of the power."""
    known(house)
    assert "mbus_power" not in house.watcher.state()[DISCOVERY]


@pytest.mark.parametrize("topic", [CYCLE, ANNOUNCE])
@pytest.mark.parametrize("payload", ["press", "PRESS ", "ON", "1", "P" * 5000])
def test_unknown_payload(house, topic, payload):
    """Anything but the one word is ignored."""
    known(house)
    mark = house.watcher.mark()
    house.watcher.publish(topic, payload)
    house.watcher.publish(CYCLE, "PRESS")  # comes behind it
    house.daemon.expect_line("power:", "ignored")
    house.watcher.barrier()
    assert len(house.daemon.lines("power:")) == 1
    assert not house.daemon.lines("announcing")
    assert not house.watcher.messages(re.escape(DISCOVERY), mark)


@pytest.mark.parametrize("topic", [CYCLE, ANNOUNCE])
def test_retained(rig, topic):
    """A retained command would be carried out at every connect: it is not, and the journal says so."""
    broker = rig.broker()
    watcher = rig.watch(broker)
    watcher.publish(topic, "PRESS", retain=True)
    port = rig.port()
    daemon = rig.daemon(rig.setting(broker, port, mqtt=COMMANDS))
    line = daemon.expect_line(re.escape(topic), "ignored", "retained", levels=("notice",))
    assert line.text.startswith("hanmqttd: notice: bridge: ")
    watcher.publish(CYCLE, "PRESS")
    daemon.expect_line("power:", "ignored")
    assert len(daemon.lines("power:")) == 1
    assert not daemon.lines("announcing")


def test_flood(house):
    """Thousands of commands that are none cost no line each, and the daemon goes on reading."""
    known(house)
    for i in range(2000):
        house.watcher.publish(CYCLE if i % 2 else ANNOUNCE, "nonsense", qos=0)
    house.feed(kaifa.Meter(METER).list2())
    house.watcher.publish(ANNOUNCE, "PRESS", qos=0)
    house.daemon.expect_line("announcing")
    assert len(house.daemon.lines("bridge:", "ignored")) == 1


def test_not_taken(rig):
    """Without the setting nothing is subscribed and nothing announced."""
    house = rig.house(mqtt={"client-id": "daemon"})
    known(house)
    mark = house.watcher.mark()
    house.watcher.publish(CYCLE, "PRESS")
    house.watcher.publish(ANNOUNCE, "PRESS")
    house.feed(kaifa.Meter(METER).list2())
    house.watcher.barrier()
    assert not house.daemon.lines("power:|announcing|ignored")
    assert not house.watcher.messages(re.escape(DISCOVERY), mark)
    assert not subscribed(house)


def test_taken_after_reload(rig):
    """The setting comes into force with a reload, and goes with one."""
    house = rig.house(mqtt={"client-id": "daemon"})
    known(house)
    house.daemon.reload(rig.setting(house.broker, house.port, mqtt=COMMANDS))
    until("the subscriptions", lambda: subscribed(house) == {CYCLE, ANNOUNCE})
    house.watcher.publish(CYCLE, "PRESS")
    house.daemon.expect_line("power:", "ignored")
