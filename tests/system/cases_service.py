"""First boot, installation, the service with nothing to read, then with a meter; reload, stop, crash, hang."""
import json
import re
import time

import pytest

from service import UNIT

METER = """
[meter]
device = /dev/ttyS1
[power]
line = none
"""


def test_first_boot(machine, request):
    """The machine comes up with the kernel of its release, and nothing has failed."""
    machine.wait_shell(180)
    machine.wait_for("a machine that is up", "systemctl is-system-running --wait", r"^running$", 120)
    assert machine.check("uname -r").startswith(request.module.KERNEL + ".")
    assert machine.check("cat /proc/1/comm") == "systemd"
    assert machine.check("stat -fc %T /sys/fs/cgroup") == "cgroup2fs"


@pytest.mark.after("test_first_boot")
def test_install(machine):
    """apt installs the packages; the service is neither enabled nor started."""
    machine.check("mkdir debs && tar -xf /dev/vdb -C debs")
    said = machine.check("apt-get install -y --no-install-recommends ./debs/hanmqttd_*.deb ./debs/libhan0_*.deb",
                         timeout=180)
    assert not re.search(r"warning|error|failed", said, re.I), said
    assert machine.run(f"systemctl is-enabled {UNIT}")[1].strip() == "disabled"
    assert machine.run(f"systemctl is-active {UNIT}")[1].strip() == "inactive"
    assert {"dialout", "gpio"} <= set(machine.check("id -nG hanmqttd").split())


@pytest.mark.after("test_install")
def test_nothing_there(machine, house):
    """Enabled without a configuration, a meter or a GPIO chip: it is up and says what it waits for."""
    mark = house.service.mark()
    machine.check(f"systemctl enable --now {UNIT}", timeout=60)
    house.service.wait_active()
    house.service.wait_status(r"broker (\S+ port \d+ )?connected")
    status = house.service.wait_status(r"wait|no meter|no port|not here|/dev/|auto").string
    assert not re.search(r"\breading\b", status), status
    assert house.watcher.expect(r"han/bridge/[^/]+/availability", "online")
    said = house.service.journal(mark)
    assert len(re.findall(r"^bus: no Raspberry Pi header", said, re.M)) == 1, said
    assert not re.search(r"\b(error|failed)\b", said, re.I), said


@pytest.mark.after("test_nothing_there")
def test_waiting_costs_nothing(machine, house):
    """While it waits it takes less than 1 % of the processor and 16 MB, and hardly wakes up."""
    pid = house.service.pid()

    def usage():
        cpu, memory = house.service.properties("CPUUsageNSec", "MemoryCurrent")
        switches = machine.check(f"cat /proc/{pid}/task/*/status | awk '/^voluntary/ {{ n += $2 }} END {{ print n }}'")
        return time.monotonic(), int(cpu), int(memory), int(switches)

    began, cpu, _, switches = usage()
    time.sleep(6)
    ended, cpu_after, memory, switches_after = usage()
    assert (cpu_after - cpu) / 1e9 < 0.01 * (ended - began), (cpu, cpu_after)
    assert memory < 16e6, memory
    assert switches_after - switches < 4 * (ended - began), (switches, switches_after)


@pytest.mark.after("test_nothing_there")
def test_meter(house):
    """A meter on the 16550: its values are at the subscriber, and Home Assistant would find it."""
    mark = house.watcher.mark()
    house.service.restart(METER)
    house.wait_values(60)
    topic = house.meter_topic()
    house.watcher.expect(topic + "/availability", "online", since=mark)
    info = json.loads(house.watcher.expect(topic + "/info", since=mark).payload)
    assert info["meter_id"] in topic and info["framing"] == "hdlc", info
    assert house.watcher.expect(r"homeassistant/device/[^/]+/config", since=mark).retain
    house.service.wait_status(r"(?i)reading")


@pytest.mark.after("test_meter")
def test_line_setting(machine, house):
    """The port has 2400 baud, eight bits, no parity, raw: an emulated port takes any setting, the kernel tells."""
    text = machine.check(f"stty -a -F {house.PORT}")
    assert "speed 2400 baud" in text, text
    for word in ("-parenb", "cs8", "-cstopb", "-icanon", "-echo", "-ixon", "-crtscts"):
        assert f" {word}" in text.replace("\n", " ").replace(";", " ;"), (word, text)


@pytest.mark.after("test_meter")
def test_port_is_exclusive(machine, house):
    """Nobody but root opens the port while the daemon reads it."""
    house.wait_values()
    status, text = machine.run(f"setpriv --reuid=nobody --regid=nogroup --groups=dialout head -c 1 {house.PORT}")
    assert status != 0 and "busy" in text, text


@pytest.mark.after("test_meter")
def test_reload_good(house):
    """A new prefix for the topics is in force after a reload, in the same process."""
    pid = house.service.pid()
    house.service.reload(METER + "[mqtt]\ntopic-prefix = meters\n")
    house.wait_values(30, r"meters/[^/]+/power_active_import")
    house.service.reload(METER)
    house.wait_values()
    assert house.service.pid() == pid


@pytest.mark.after("test_meter")
def test_reload_bad(house):
    """A mistake leaves the old configuration in force, and is told with file and line."""
    pid = house.service.pid()
    mark = house.service.reload(METER + "[meter]\nbuad = 2400\n")
    house.service.wait_journal(r"50-test\.conf:\d+:.*buad.*baud", mark)
    house.service.wait_journal(r"old configuration stays in force", mark)
    house.service.wait_active()
    house.wait_values()
    assert house.service.pid() == pid
    house.service.configure(METER)


@pytest.mark.after("test_meter")
def test_reload_log_only(house):
    """Another level of the log leaves the port open: no octet is lost."""
    house.service.reload(METER)
    house.wait_values()
    mark = house.service.reload(METER + "[log]\nlevel = debug\n")
    house.service.wait_journal(r"values", mark)
    said = house.service.journal(mark)
    assert not re.search(r"^serial: \S+: open", said, re.M), said
    assert not re.search(r"refused", said), said
    house.service.reload(METER)


@pytest.mark.after("test_meter")
def test_stop(house):
    """A clean stop says offline for the meter and for the daemon, and ends at once."""
    topic, bridge = house.meter_topic(), house.bridge_topic()
    mark, said = house.watcher.mark(), house.service.mark()
    house.machine.check(f"systemctl stop {UNIT}")
    house.watcher.expect(topic + "/availability", "offline", since=mark)
    house.watcher.expect(bridge + "/availability", "offline", since=mark)
    result, status = house.service.properties("Result", "ExecMainStatus")
    assert (result, status) == ("success", "0")
    times = {name: entry.seconds for entry in house.service.entries(said)
             for name in ("Stopping", "Deactivated") if name in entry.text}
    assert times["Deactivated"] - times["Stopping"] < 3.5, times


@pytest.mark.after("test_meter")
def test_killed(house):
    """SIGKILL: the broker tells the last will, the service manager starts it again, the values are back."""
    house.service.ensure(METER)
    house.wait_values()
    restarts, mark = house.service.restarts(), house.watcher.mark()
    house.machine.check(f"systemctl kill -s KILL {UNIT}")
    house.watcher.expect(house.bridge_topic() + "/availability", "offline", since=mark, timeout=10)
    house.watcher.expect(house.bridge_topic() + "/availability", "online", since=mark, timeout=30)
    house.wait_values()
    assert house.service.restarts() == restarts + 1


@pytest.mark.after("test_meter")
def test_hung(house):
    """SIGSTOP: the watchdog ends what does not move, and the values are back without help.

    The unit's own time is shortened, which a daemon must follow.
    """
    house.service.extend_unit("WatchdogSec=8")
    house.service.restart()
    house.wait_values()
    time.sleep(9)  # it is fed in time
    house.wait_values()
    mark, restarts = house.service.mark(), house.service.restarts()
    house.machine.check(f"systemctl kill -s STOP {UNIT}")
    house.service.wait_journal(r"Watchdog timeout \(limit 8s\)", mark, 30)
    house.service.wait_journal(r"Failed with result 'watchdog'", mark, 100)
    house.service.wait_active(60)
    house.wait_values(60)
    assert house.service.restarts() == restarts + 1
    house.service.extend_unit("")


@pytest.mark.after("test_meter")
def test_journal(machine, house):
    """Messages about the meter have its number as a field of their own."""
    number = house.meter_topic().split("/")[-1]
    ours = [e.fields for e in house.service.entries() if e.fields.get("_COMM") == "hanmqttd"]
    assert any(fields.get("METER_ID") == number for fields in ours)
    assert all(fields["SYSLOG_IDENTIFIER"] == "hanmqttd" for fields in ours)
    assert machine.check(f"journalctl -q METER_ID={number} -o cat --no-pager -n 1")
