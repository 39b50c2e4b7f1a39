"""What the virtual machines of both releases have in common, and the order of their cases: one boot, one
reboot. The cases stand in cases_*.py; the file of a release takes them all.
"""
import re

import pytest

import cases_attempts
import cases_bus
import cases_end
import cases_limits
import cases_ports
import cases_service
from rig import Watcher
from service import Service
from vm import DEBS, Meter, VirtualMachine, parts

MODULES = (cases_service, cases_bus, cases_limits, cases_attempts, cases_ports, cases_end)


class House:
    """The machine, its service, a meter on its 16550, and a subscriber on the host."""

    PORT = "/dev/ttyS1"

    def __init__(self, machine):
        self.machine = machine
        self.service = Service(machine)
        self.meter = Meter(machine, "meter")
        self._watcher = None

    @property
    def watcher(self):
        """Connected when it is asked for first: the broker must run."""
        if self._watcher is None:
            self._watcher = self.machine.watch()
        return self._watcher

    def forget_watcher(self):
        """Its connection does not outlive the machine's restart."""
        self._watcher = None

    def wait_values(self, deadline=30, topic=r"han/[^/]+/power_active_import"):
        """The next value that arrives at the host."""
        assert isinstance(self.watcher, Watcher)
        return self.watcher.expect(topic, since=self.watcher.mark(), timeout=deadline)

    def meter_topic(self):
        """han/NAME of the meter that spoke last."""
        return self.wait_values().topic.rsplit("/", 1)[0]

    def bridge_topic(self):
        """han/bridge/CLIENT."""
        found = self.watcher.expect(r"han/bridge/[^/]+/availability")
        return found.topic.rsplit("/", 1)[0]

    # ---- the bus ----

    def line(self, number):
        """1 or 0: what the simulated chip has at the line."""
        return int(self.machine.check(f"cat /sys/devices/platform/gpio-sim.*/gpiochip*/sim_gpio{number}/value"))

    def wait_line(self, number, value, deadline=15):
        self.machine.wait_for(f"line {number} at {value}",
                              f"cat /sys/devices/platform/gpio-sim.*/gpiochip*/sim_gpio{number}/value",
                              rf"^{value}$", deadline, pause=0.1)

    def consumer(self, number):
        """Who holds the line, by gpioinfo of either version."""
        text = self.machine.check("gpioinfo")
        found = re.search(rf'^\s+line\s+{number}:.*$', text, re.M)[0]
        named = re.findall(r'"([^"]+)"', re.sub(r'^\s+line\s+\d+:\s+"?GPIO\d+"?', "", found))
        return named[0] if named else ""


def make_machine(release):
    """A fixture's body: the machine while the tests of the file run."""
    if not parts(release):
        pytest.skip("the parts of the machine are missing: tests/support/system-vm.sh prepare")
    debs = DEBS / f"{release}-amd64"
    if not list(debs.glob("hanmqttd_*.deb")):
        pytest.skip(f"no packages in {debs}")
    machine = VirtualMachine(release, debs)
    try:
        yield machine
    finally:
        machine.close()
