"""What the unit may not do, as the kernel sees it; and its credentials."""
import re

import pytest

from cases_bus import POWERED
from service import UNIT, fields
from vm import BROKER_LOGIN

CGROUP = "/sys/fs/cgroup/system.slice/hanmqttd.service"
PASSWORD = "a secret"  # of the user "meter", as the image has it
LOGIN = POWERED + f"[mqtt]\nport = {BROKER_LOGIN}\nusername = meter\n"


def inside(command):
    """The same, by root but in the unit's control group: only the group's limits count."""
    return f"sh -c 'echo $$ >{CGROUP}/cgroup.procs && {command}'"


@pytest.mark.after("test_meter")
def test_user(machine, house):
    """It runs as its own user, without capabilities, and can get none."""
    house.service.ensure(POWERED)
    status = fields(machine.check(f"cat /proc/{house.service.pid()}/status"))
    uid = machine.check("id -u hanmqttd")
    assert status["Uid"].split() == [uid] * 4
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[name], 16) == 0, (name, status[name])
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
    groups = {machine.check(f"getent group {name} | cut -d: -f3") for name in ("dialout", "gpio")}
    assert groups <= set(status["Groups"].split())


@pytest.mark.after("test_meter")
def test_state_directory(machine):
    """Its directory for what it remembers is its own, and nobody else's to read."""
    assert machine.check("stat -c '%U %G %a' /var/lib/hanmqttd") == "hanmqttd hanmqttd 750"


@pytest.mark.after("test_chip_appears")
def test_devices(machine, house):
    """Its control group opens serial ports and GPIO chips, and no disk, no terminal, no kernel log."""
    house.service.ensure(POWERED)
    for device in ("/dev/ttyS1", "/dev/gpiochip0", "/dev/null"):
        machine.check(inside(f"exec 3<{device}"))
    for device in ("/dev/vda", "/dev/kmsg", "/dev/hvc0", "/dev/mem", "/dev/tty1"):
        machine.check(f"exec 3<{device}")  # it is there, and root may
        status, text = machine.run(inside(f"exec 3<{device}"))
        assert status != 0 and "not permitted" in text, (device, text)


@pytest.mark.after("test_meter")
def test_limits(machine, house):
    """MemoryMax and TasksMax are the control group's; what takes more is ended, and the service is back."""
    house.service.ensure(POWERED)
    memory, tasks = (int(machine.check(f"cat {CGROUP}/{name}")) for name in ("memory.max", "pids.max"))
    assert 16 << 20 <= memory <= 128 << 20, memory
    assert 4 <= tasks <= 32, tasks
    text = machine.run(inside(f"for n in $(seq {tasks + 4}); do sleep 2 & done; wait"))[1]
    assert re.search(r"fork|Resource temporarily unavailable", text), text
    machine.wait_for("these processes' end", f"cat {CGROUP}/pids.current", r"^[1-4]$")
    house.wait_values()

    mark = house.service.mark()
    machine.run(inside(f"exec dd if=/dev/zero of=/dev/null bs={memory + (16 << 20)} count=1"), timeout=60)
    house.service.wait_journal(r"killed by the OOM killer", mark)
    house.service.wait_active(30)
    house.wait_values(60)


@pytest.mark.after("test_install")
def test_exposure(machine):
    """`systemd-analyze security` gives at most 1.5."""
    text = machine.check(f"systemd-analyze security --no-pager {UNIT}", timeout=60)
    assert float(re.search(r"exposure level for \S+: ([\d.]+)", text)[1]) <= 1.5, text


@pytest.mark.after("test_meter")
def test_login(machine, house):
    """A broker that wants a login gets the credential's password; one that is wrong is told, and not shown."""
    machine.write("/root/password", PASSWORD, "0600")
    machine.write("/root/wrong", "another secret", "0600")
    try:
        house.service.extend_unit("LoadCredential=mqtt-password:/root/wrong")
        house.service.restart(LOGIN)
        house.service.wait_status(r"(?i)broker .*not connected: not authori[sz]ed")
        house.service.extend_unit("LoadCredential=mqtt-password:/root/password")
        house.service.restart(LOGIN)
        house.service.wait_status(r"broker (\S+ port \d+ )?connected")
        house.wait_values()
        status, text = machine.run("journalctl -q --no-pager -o verbose | grep -F -e 'another secret' -e 'a secret'")
        assert status == 1, text
    finally:
        house.service.extend_unit("")


@pytest.mark.after("test_login")
def test_login_encrypted(machine, house):
    """The same with a credential that systemd-creds has encrypted with the machine's key."""
    machine.check("systemd-creds encrypt --with-key=host --name=mqtt-password /root/password /root/password.cred",
                  timeout=60)
    try:
        house.service.extend_unit("LoadCredentialEncrypted=mqtt-password:/root/password.cred")
        house.service.restart(LOGIN)
        house.service.wait_status(r"broker (\S+ port \d+ )?connected")
        house.wait_values()
    finally:
        house.service.extend_unit("")
        house.service.restart(POWERED)
