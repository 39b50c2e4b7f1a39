"""The line that powers the bus, on a chip like that of a Raspberry Pi's header."""
import time

import pytest

from service import UNIT

POWERED = """
[meter]
device = /dev/ttyS1
[power]
line = GPIO26
"""
CYCLING = POWERED + "cycle-after = 4\ncycle-off = 5\ncycle-max = 2\n[mqtt]\ncommands = yes\n"


def with_line(text):
    return POWERED.replace("line = GPIO26", f"line = {text}")


def hold(machine, number):
    """gpioset of either version holds the line until it is ended."""
    newer = machine.check("gpioset --version").splitlines()[0].split()[-1].startswith("v2")
    command = f"gpioset -c gpiochip0 {number}=1" if newer else f"gpioset --mode=signal gpiochip0 {number}=1"
    machine.check(f"systemd-run -q --unit=holder {command}")


def let_go(machine):
    machine.run("systemctl stop holder; systemctl reset-failed holder")


@pytest.mark.after("test_meter")
def test_chip_appears(machine, house):
    """The chip belongs to the group gpio. By itself no line of it is taken: no meter is on the header."""
    machine.check("systemctl enable --now gpio-chip", timeout=60)
    machine.wait_for("the chip's group", "stat -c '%G %a' /dev/gpiochip0", r"^gpio 660$")
    house.service.extend_unit("RestartSec=1", "quick")  # from here on
    mark = house.service.restart(with_line("auto"))
    house.service.wait_journal(r"^bus: no meter is on the header's UART: no line is held", mark)
    house.wait_values()
    assert [house.line(25), house.line(26)] == [0, 0]


@pytest.mark.after("test_chip_appears")
@pytest.mark.parametrize("text", ["wiringpi:25", "pin:37", "gpiochip0:26", "GPIO26"])
def test_line_names(house, text):
    """Every way to name the line holds GPIO26, high, and the journal says all its numbers."""
    mark = house.service.restart(with_line(text))
    house.wait_line(26, 1)
    assert house.consumer(26) == "hanmqttd"
    assert house.line(25) == 0
    assert house.service.wait_journal(r"^bus: powering the bus through GPIO26 \(header pin 37, wiringPi 25\)", mark)


@pytest.mark.after("test_line_names[GPIO26]")
def test_settled_first(machine, house):
    """What comes while the bus comes to rest does not count: no value before `settle` is over, no error after."""
    machine.check(f"systemctl stop {UNIT}")
    began, octets = house.watcher.mark(), house.meter.octets
    house.service.configure(POWERED + "settle = 10\n")
    machine.check(f"systemctl start {UNIT}")
    house.wait_line(26, 1)
    powered = time.monotonic()
    value = house.watcher.expect(r"han/[^/]+/power_active_import", since=began + 1, timeout=30)
    while value.retain and value.time < powered:
        value = house.wait_values()
    assert house.meter.octets > octets, "the meter was silent"
    assert value.time - powered > 5
    wrong = [str(m) for m in house.watcher.messages(r".*/diagnostics/crc_errors", began) if m.payload != "0"]
    assert not wrong, wrong


@pytest.mark.after("test_line_names[GPIO26]")
def test_stop_drives_low(machine, house):
    """A clean stop drives the line inactive before it is released."""
    house.service.restart(POWERED)
    house.wait_line(26, 1)
    machine.check(f"systemctl stop {UNIT}")
    assert house.line(26) == 0
    assert house.consumer(26) != "hanmqttd"


@pytest.mark.after("test_line_names[GPIO26]")
def test_busy(machine, house):
    """Somebody has the line: exit 1, the journal names him, and it is tried again until it works."""
    machine.check(f"systemctl stop {UNIT}")
    hold(machine, 26)
    try:
        house.wait_line(26, 1)
        mark = house.service.mark()
        machine.run(f"systemctl restart {UNIT}", timeout=60)
        house.service.wait_journal(r'^bus: GPIO26 .* is held by "gpioset"', mark)
        house.service.wait_journal(r"Main process exited, code=exited, status=1", mark)
        house.service.wait_journal(r"Scheduled restart job", mark)
    finally:
        let_go(machine)
    house.service.wait_active(30)
    machine.wait_for("the line's holder", "gpioinfo", r'26:.*hanmqttd')
    house.wait_values()


@pytest.mark.after("test_line_names[GPIO26]")
def test_no_chip(machine, house):
    """Without the chip, a named line ends the start and is tried again until the chip is there; `auto` reads on."""
    machine.check(f"systemctl stop {UNIT}")
    machine.check("systemctl stop gpio-chip")
    mark = house.service.mark()
    machine.run(f"systemctl restart {UNIT}", timeout=60)
    house.service.wait_journal(r"^bus: GPIO26 .* is not here", mark)
    house.service.wait_journal(r"Scheduled restart job", mark)

    mark = house.service.restart(with_line("auto"))
    house.wait_values()
    house.service.wait_journal(r"^bus: no Raspberry Pi header here", mark)

    house.service.configure(POWERED)
    machine.run(f"systemctl restart {UNIT}", timeout=60)
    machine.check("systemctl start gpio-chip", timeout=60)
    house.wait_line(26, 1, 30)
    house.service.wait_active(30)
    house.wait_values()


@pytest.mark.after("test_line_names[GPIO26]")
def test_crash_lets_go(machine, house):
    """SIGKILL: the kernel releases the line, the board's pull decides (low here), and the restart has it again."""
    house.service.ensure(POWERED)
    house.service.extend_unit("", "quick")  # the line is low for a while
    house.wait_line(26, 1)
    machine.check(f"systemctl kill -s KILL {UNIT}")
    house.wait_line(26, 0, 4)
    house.wait_line(26, 1, 30)
    assert house.consumer(26) == "hanmqttd"
    house.wait_values()
    house.service.extend_unit("RestartSec=1", "quick")

@pytest.fixture(name="silence")
def fixture_silence(machine, house):
    """The meter says nothing until the test is over. The count of cycles begins anew, before and after."""
    machine.check(f"systemctl stop {UNIT}; rm -f /var/lib/hanmqttd/power*")
    yield house.meter
    house.meter.silent = False
    machine.check(f"systemctl stop {UNIT}; rm -f /var/lib/hanmqttd/power*")


def cycle(house, mark, cause, number):
    """One cycle: told, off for five seconds, on again. When it began and ended."""
    house.service.wait_journal(rf"^power: .*{cause}.*switching the bus off for 5 s \({number} in", mark, 60)
    off = time.monotonic()
    house.wait_line(26, 0, 4)
    house.service.wait_journal(r"^power: the bus is on again", mark)
    on = time.monotonic()
    house.wait_line(26, 1, 2)
    assert 3 < on - off < 11, "not the five seconds that are configured"
    return off, on


@pytest.mark.after("test_line_names[GPIO26]")
def test_silence_cycles(house, silence):
    """A meter that falls silent: the bus is cycled, again after a longer pause, and not more often than allowed."""
    house.service.restart(CYCLING)
    house.wait_values()
    mark, pid = house.service.mark(), house.service.pid()
    silence.silent = True
    _, first = cycle(house, mark, "no valid frame", 1)
    mark = house.service.mark()
    second, _ = cycle(house, mark, "no valid frame", 2)
    assert second - first > 7.5, "the pause does not grow"
    house.service.wait_journal(r"^power: still no valid frame.*2 times.*not again", mark, 60)
    assert house.line(26) == 1
    silence.silent = False
    house.wait_values()
    assert house.service.pid() == pid


@pytest.mark.after("test_line_names[GPIO26]")
def test_cycle_by_command(house, silence):
    """PRESS on the command's topic cycles the bus once; another word does not."""
    house.service.restart(CYCLING)
    house.wait_values()
    topic = house.bridge_topic() + "/command/power_cycle"
    mark = house.service.mark()
    house.watcher.publish(topic, "press?")
    house.service.wait_journal(r"^bridge: a message on .*power_cycle is ignored", mark)
    house.watcher.publish(topic, "PRESS")
    cycle(house, mark, "", 1)
    house.wait_values()
    assert not silence.silent
    assert house.service.journal(mark).count("switching the bus off") == 1
