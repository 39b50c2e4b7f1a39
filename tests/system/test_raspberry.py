"""The arm64 packages on a Raspberry Pi 3 with nothing configured: its own UART, its own pin controller, seen
from outside, with and without a hat."""
import json
import os
import pathlib
import re
import shutil
import tempfile

import pytest

from machine import until
from raspberry import Raspberry

UNIT = "hanmqttd.service"
PACKAGES = ("hanmqttd", "libhan0")
MOMENT_S = 90  # what takes a second on a Pi, emulated, on a host that has other things to do
POWER, HAT_POWER = 25, 26
ON, OFF, HELD_OFF = ("out", 1), ("in", 0), ("out", 0)


def packages():
    place = pathlib.Path(os.environ["HANMQTTD_DEBS"]) / "trixie-arm64"
    debs = [next(iter(place.glob(f"{name}_*.deb")), None) for name in PACKAGES]
    assert all(debs), f"no packages in {place}"
    return debs


@pytest.fixture(scope="module", name="machine", params=["plain", "hat"])
def fixture_machine(request):
    directory = pathlib.Path(tempfile.mkdtemp(prefix="hanmqttd-pi.", dir="/var/tmp"))
    board = Raspberry(directory)
    try:
        board.boot(packages(), request.param)
        yield board
    finally:
        board.close()
        shutil.rmtree(directory, ignore_errors=True)


def only(tree):
    return pytest.mark.parametrize("machine", [tree], indirect=True)


plain, hat = only("plain"), only("hat")


def show(machine, name):
    return machine.check(f"systemctl show --value -p {name} {UNIT}", MOMENT_S)


def status(machine, pattern):
    machine.wait_for("status", f"systemctl show -p ActiveState,StatusText {UNIT}",
                     f"(?s)(?=.*^ActiveState=active$).*^StatusText=.*{pattern}", MOMENT_S)


def wait_pin(machine, line, *states, deadline=MOMENT_S):
    """Until the hardware has the line in one of these states."""
    until(f"GPIO{line} in one of {states}", lambda: machine.pin(line) in states, deadline, pause=0.02,
          report=lambda: f"it is {machine.pin(line)}")


def message(machine, topic):
    return machine.check(f"mosquitto_sub -R -t '{topic}' -C 1 -W {MOMENT_S} -F '%t %p'", MOMENT_S + 10).split(" ", 1)


def said(machine):
    """What the daemon wrote to the journal in its present or last life."""
    return machine.check(f"journalctl --no-pager -q -o cat -u {UNIT} _SYSTEMD_INVOCATION_ID="
                         f"$(systemctl show --value -p InvocationID {UNIT})", MOMENT_S)


@plain
def test_before(machine):
    """Nobody has touched the pins yet; the system started with nothing that failed."""
    assert machine.pin(POWER) == OFF and machine.pin(HAT_POWER) == OFF
    machine.wait_for("systemd to have started all", "systemctl is-system-running", "^running$", MOMENT_S)
    machine.wait_for("the broker", "systemctl is-active mosquitto", "^active$", MOMENT_S)
    assert machine.run(f"systemctl is-active {UNIT}")[1] == "inactive\n"


@plain
@pytest.mark.after("test_before[plain]")
def test_power(machine):
    """Started with nothing configured, it makes GPIO25 an output and high, and leaves GPIO26 alone."""
    machine.check(f"systemctl enable --now {UNIT}", MOMENT_S)
    wait_pin(machine, POWER, ON)
    assert machine.pin(HAT_POWER) == OFF
    assert re.search(r"GPIO25 \(header pin 22, wiringPi 6\)", said(machine)), said(machine)
    found = machine.check("gpioinfo -c gpiochip0 25")
    assert "output" in found and 'consumer="hanmqttd"' in found, found


@plain
@pytest.mark.after("test_power[plain]")
def test_port(machine):
    """It listens on the header's UART by itself, at 2400 8N1, and never on the console's port."""
    status(machine, "(waiting for a meter|listening) on /dev/ttyAMA0")
    pid = show(machine, "MainPID")
    held = machine.check(f"ls -l /proc/{pid}/fd")
    assert "/dev/ttyAMA0" in held and "/dev/ttyS" not in held, held
    line = machine.check("stty -a -F /dev/ttyAMA0")
    for word in ("speed 2400 baud", "cs8", "-parenb", "-cstopb", "-icanon", "-ixon", "-echo"):
        assert re.search(rf"(^|[ ;]){word}\b", line, re.M), f"{word}: {line}"


@plain
@pytest.mark.after("test_port[plain]")
def test_topics(machine):
    """A meter that speaks at its own pace is read, and its values reach the broker."""
    machine.wire.play()
    topic, text = message(machine, "han/+/reading")
    reading = json.loads(text)
    assert topic == f"han/{reading['meter_id']}/reading"
    assert reading["values"]["power_active_import"] + reading["values"]["power_active_export"] > 0
    topic, volts = message(machine, "han/+/phase_voltage_l1")
    assert re.fullmatch(r"2[0-9]{2}\.\d", volts)
    # At whatever setting: the emulated UART takes any, and a busy host may stretch a frame.
    status(machine, "reading .*/dev/ttyAMA0 at .* W.*broker connected")


@plain
@pytest.mark.after("test_topics[plain]")
def test_limits(machine):
    """Here the kernel enforces the unit's limits: memory far below, no device but those that are allowed."""
    assert int(show(machine, "MemoryPeak")) < 32 << 20
    assert show(machine, "MemoryMax") == str(128 << 20)
    assert int(show(machine, "TasksCurrent")) <= 4
    fields = machine.check(f"grep -E '^(Uid|CapEff|Seccomp|NoNewPrivs):' /proc/{show(machine, 'MainPID')}/status")
    assert re.search(r"CapEff:\s+0+$", fields, re.M) and re.search(r"Seccomp:\s+2$", fields, re.M), fields


@plain
@pytest.mark.after("test_topics[plain]")
def test_journal(machine):
    """Nothing in the journal of the service is a warning or worse; its entries have their fields."""
    entries = [json.loads(line) for line in machine.check(
        f"journalctl --no-pager -q -o json -u {UNIT}", MOMENT_S).splitlines()]
    ours = [e for e in entries if e.get("_COMM") == "hanmqttd"]
    assert ours and all(int(e["PRIORITY"]) > 4 for e in entries), [e["MESSAGE"] for e in entries]
    assert all(e["SYSLOG_IDENTIFIER"] == "hanmqttd" for e in ours)
    assert len(ours) <= 12, [e["MESSAGE"] for e in ours]


@plain
@pytest.mark.after("test_topics[plain]")
def test_killed(machine):
    """After a SIGKILL the kernel makes the pin an input; the restarted daemon powers the bus and reads on."""
    before = int(show(machine, "NRestarts"))
    machine.check(f"systemctl kill -s KILL {UNIT}", MOMENT_S)
    # The board's pull would take the level down; the emulation has none and keeps it.
    wait_pin(machine, POWER, ("in", 0), ("in", 1))
    wait_pin(machine, POWER, ON)
    assert int(show(machine, "NRestarts")) == before + 1
    assert message(machine, "han/+/power_active_import")[1].isdigit()


@plain
@pytest.mark.after("test_topics[plain]")
def test_stop(machine):
    """A clean stop drives the pin low before it lets go of it: it stays low as an input."""
    assert machine.pin(POWER) == ON
    machine.check(f"systemctl stop {UNIT}", MOMENT_S)
    assert machine.pin(POWER) in (OFF, HELD_OFF)
    assert machine.level(POWER) == 0
    assert show(machine, "Result") == "success"
    retained = machine.check("mosquitto_sub -t 'han/+/availability' -C 1 -W 30 -F %p", MOMENT_S)
    assert retained == "offline"


@hat
def test_hat(machine):
    """With the EEPROM of an M-Bus Master hat, its own power line is used: GPIO26, and GPIO25 is left alone."""
    assert machine.pin(POWER) == OFF and machine.pin(HAT_POWER) == OFF
    machine.check(f"systemctl start {UNIT}", MOMENT_S)
    wait_pin(machine, HAT_POWER, ON)
    assert machine.pin(POWER) == OFF
    text = said(machine)
    assert re.search(r"GPIO26 \(header pin 37, wiringPi 25\)", text) and "M-Bus Master" in text, text


@hat
@pytest.mark.after("test_hat[hat]")
def test_hat_read(machine):
    """The meter on it is read; at a clean stop the line is low, and GPIO25 was never touched."""
    machine.wire.play()
    assert message(machine, "han/+/power_active_import")[1].isdigit()
    machine.check(f"systemctl stop {UNIT}", MOMENT_S)
    assert machine.level(HAT_POWER) == 0
    assert machine.pin(POWER) == OFF
