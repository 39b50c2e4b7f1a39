"""The reboot, and the end of the package."""
import pytest

from cases_bus import POWERED
from service import DROP_IN, UNIT, UNIT_DROP_INS


@pytest.mark.after("test_chip_appears")
def test_reboot(machine, house):
    """After a reboot everything is back without help: service, line, values under the same name."""
    house.service.ensure(POWERED)
    topic = house.meter_topic()
    state = machine.check("cd /var/lib/hanmqttd && find . -type f | sort")
    machine.check("sync")
    house.forget_watcher()
    machine.reboot()
    machine.wait_for("a machine that is up", "systemctl is-system-running --wait", r"^running$", 120)
    house.service.wait_active()
    house.wait_line(26, 1)
    assert house.wait_values(30).topic.startswith(topic + "/")
    assert machine.check("cd /var/lib/hanmqttd && find . -type f | sort") == state
    assert house.service.restarts() == 0
    assert len(machine.check("journalctl --list-boots -q --no-pager").splitlines()) >= 2


@pytest.mark.after("test_install")
def test_purge(machine, house):
    """Removed with its configuration: it stops, the line is low, and nothing of it is left."""
    machine.check(f"rm -f {DROP_IN}; rm -rf {UNIT_DROP_INS}")
    machine.check("apt-get purge -y hanmqttd libhan0", timeout=120)
    assert machine.run("pidof hanmqttd")[0] == 1
    status, text = machine.run("cat /sys/devices/platform/gpio-sim.*/gpiochip*/sim_gpio26/value")
    assert status != 0 or text.strip() == "0"
    left = machine.check("find / -xdev -name '*hanmqttd*' ! -path '/root/*' ! -path '/var/log/*' ! -path '/proc/*' "
                         "! -path '/var/cache/*' ! -path '/var/lib/systemd/*' ! -path '/var/lib/dpkg/*'")
    assert left == "", left
    assert machine.run(f"systemctl cat {UNIT}")[0] != 0
    assert house.service.machine.run("systemctl --failed -q | grep .")[0] == 1
