"""What the unit must forbid, tried for real by a program that runs under its settings in place of the daemon."""
import pathlib
import re

import pytest

PROGRAM = pathlib.Path(__file__).resolve().parent / "guest" / "attempts.pl"
NAME = "hanmqttd-attempts"
REFUSALS = ("Operation not permitted", "Permission denied", "Read-only file system", "No such file or directory",
            "Address family not supported by protocol")


def run_as(machine, command, settings=""):
    """The command's output: it runs once under the unit's settings, and these."""
    machine.write(f"/etc/systemd/system/{NAME}.service", unit(machine, command, settings))
    machine.check(f"systemctl daemon-reload; rm -f /run/{NAME}.said; systemctl start {NAME}; "
                  f"systemctl reset-failed {NAME} || true", timeout=60)
    return machine.check(f"cat /run/{NAME}.said")


def unit(machine, command, settings):
    """hanmqttd's unit, but for what it starts and how."""
    text = machine.check("cat $(systemctl show --value -p FragmentPath hanmqttd)")
    text = re.sub(r"(?m)^(NotifyAccess|WatchdogSec|Restart\w*|ExecReload)=.*\n", "", text)
    text = re.sub(r"(?m)^Type=.*", "Type=oneshot", text)
    text = re.sub(r"(?m)^ExecStart=.*", lambda _: f"ExecStart={command}\nStandardOutput=file:/run/{NAME}.said", text)
    return text.replace("[Install]", f"{settings}\n[Install]")  # the last word counts


def answers(text):
    found = dict(re.findall(r"(?m)^(\w+: [^:]+): (.*?)\s*$", text))
    assert len(found) == PROGRAM.read_text(encoding="utf-8").count('" => '), text
    return found


@pytest.mark.after("test_install")
def test_forbidden(machine):
    """System calls and files that a reader of meters has no use for; root outside the unit may have them."""
    machine.write("/run/attempts.pl", PROGRAM.read_text(encoding="utf-8"))
    command = "/usr/bin/perl /run/attempts.pl"
    machine.check("touch /root/.profile; mkdir -p /run/attempts")
    outside = answers(machine.check(f"STATE_DIRECTORY=/run/attempts unshare -m {command}"))
    assert {name: said for name, said in outside.items() if said in REFUSALS[:3]} == {}
    inside = answers(run_as(machine, command))
    assert {name: said for name, said in inside.items() if said not in REFUSALS} == {}
    calls = {name: said for name, said in inside.items() if name.startswith("call: ") and "socket" not in name}
    assert set(calls.values()) <= set(REFUSALS[:2]), calls


@pytest.mark.after("test_forbidden")
def test_no_core_dump(machine):
    """A crash leaves no copy of the memory, where keys and passwords are; without the unit's limit it would."""
    pattern = machine.check("cat /proc/sys/kernel/core_pattern")
    machine.check("echo /var/lib/hanmqttd/core >/proc/sys/kernel/core_pattern")
    try:
        crash = "/bin/sh -c 'echo $$$$; kill -ABRT $$$$'"
        run_as(machine, crash, "LimitCORE=infinity")
        machine.check("ls /var/lib/hanmqttd/core* && rm /var/lib/hanmqttd/core*")
        run_as(machine, crash)
        assert machine.run("ls /var/lib/hanmqttd/core*")[0] != 0
    finally:
        machine.check(f"echo '{pattern}' >/proc/sys/kernel/core_pattern")
        machine.check(f"rm -f /etc/systemd/system/{NAME}.service; systemctl daemon-reload")
