"""USB adapters that come and go, the network, and the clock."""
import pytest

from cases_bus import POWERED
from vm import Meter

OTHER_METER = "aidon-6525"


def by_id(machine, serial):
    """The adapter's name that does not change."""
    found = machine.wait_for("the adapter", "ls /dev/serial/by-id", rf"^\S*{serial}\S*$")
    return f"/dev/serial/by-id/{found[0]}"


@pytest.fixture(name="adapter", scope="module")
def fixture_adapter(house):
    """A meter on a USB adapter. Plugged in when this returns."""
    meter = Meter(house.machine, "usb", OTHER_METER)
    house.machine.plug()
    yield meter
    meter.stop()


@pytest.mark.after("test_meter")
def test_usb_found(house, adapter):
    """The only USB adapter is found without being named, while no meter is on a header's UART."""
    assert adapter
    by_id(house.machine, "A1")
    house.service.restart("[meter]\ndevice = auto\n[power]\nline = none\n")
    house.wait_values(120)


@pytest.mark.after("test_meter")
def test_usb_replug(house, adapter):
    """Pulled out and plugged in again, the adapter has another number; by its id the meter is back without help."""
    machine = house.machine
    path = by_id(machine, "A1")
    assert machine.check(f"readlink -f {path}") == "/dev/ttyUSB0"
    house.service.restart(f"[meter]\ndevice = {path}\n[power]\nline = none\n")
    house.wait_values(60)
    topic, pid = house.meter_topic(), house.service.pid()
    mark, said = house.watcher.mark(), house.service.mark()

    machine.unplug()
    house.service.wait_journal(r"lost|gone|trying again", said)
    house.watcher.expect(topic + "/availability", "offline", since=mark, timeout=60)
    machine.plug("u1", "other", "B2")
    machine.wait_for("the other adapter", "readlink -f /dev/serial/by-id/*B2*", r"^/dev/ttyUSB0$")
    machine.plug()
    machine.wait_for("the adapter", f"readlink -f {path}", r"^/dev/ttyUSB1$")
    house.watcher.expect(topic + "/availability", "online", since=mark, timeout=60)
    house.wait_values(60, topic + "/power_active_import")
    assert house.service.pid() == pid
    machine.unplug("other")
    machine.unplug()
    assert adapter.octets > 0


@pytest.mark.after("test_meter")
@pytest.mark.parametrize("jump", ["+1 day", "-1 day"])
def test_clock_jumps(house, jump):
    """The clock goes a day ahead, and back again: values keep coming, nobody is offline, nothing is restarted.

    Some brokers take a jump for the end of everybody's patience. Then, and only then, the daemon connects anew.
    """
    house.service.ensure(POWERED)
    house.wait_values()
    pid, mark, said = house.service.pid(), house.watcher.mark(), house.service.mark()
    topic, bridge = house.meter_topic(), house.bridge_topic()
    house.machine.check("truncate -s 0 /var/log/mosquitto/mosquitto.log")
    house.machine.check(f"date -s '{jump}'")
    for _ in range(3):
        house.wait_values(30)
    assert house.service.pid() == pid
    ours = [m for m in house.watcher.since(mark) if m.topic in (topic + "/availability", bridge + "/availability")]
    if house.machine.run("grep 'exceeded timeout' /var/log/mosquitto/mosquitto.log")[0] == 0:
        assert ours[-1].payload == "online", [str(m) for m in ours]
    else:
        assert all(m.payload == "online" for m in ours), [str(m) for m in ours]
    assert "atchdog" not in house.service.journal(said)


@pytest.mark.after("test_meter")
def test_bad_network(house):
    """Half a second of delay and a fifth of the packets lost between daemon and broker: the values come through."""
    house.service.ensure(POWERED)
    house.wait_values()
    pid = house.service.pid()
    house.machine.check("tc qdisc add dev lo root netem delay 250ms loss 20%")
    try:
        for _ in range(3):
            house.wait_values(60)
    finally:
        house.machine.check("tc qdisc del dev lo root")
    house.wait_values()
    assert house.service.pid() == pid


@pytest.mark.after("test_meter")
def test_no_network(house):
    """The way to the broker is gone and comes back: in the end the broker has the newest of everything."""
    house.service.ensure(POWERED)
    house.wait_values()
    topic, bridge, pid = house.meter_topic(), house.bridge_topic(), house.service.pid()
    house.machine.check("ip link set lo down; sleep 5; ip link set lo up")
    house.wait_values(60)
    assert house.service.pid() == pid
    house.service.wait_status(r"broker (\S+ port \d+ )?connected")
    kept = house.watcher.state()
    assert kept[topic + "/availability"] == kept[bridge + "/availability"] == "online"
    house.watcher.barrier()


@pytest.mark.after("test_meter")
def test_broker_restart(house):
    """The broker is started anew: what it is to keep is published again."""
    house.service.ensure(POWERED)
    house.wait_values()
    topic, bridge = house.meter_topic(), house.bridge_topic()
    house.machine.check("systemctl stop mosquitto; rm -f /var/lib/mosquitto/mosquitto.db; systemctl start mosquitto",
                        timeout=60)
    mark = house.watcher.mark()
    for name in (bridge + "/availability", topic + "/availability"):
        house.watcher.expect(name, "online", since=mark, timeout=60)
    house.watcher.expect(r"homeassistant/device/[^/]+/config", since=mark, timeout=60)
    house.wait_values(30)
