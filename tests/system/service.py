"""hanmqttd as a service of a machine: its configuration, its journal, its state."""
import re

UNIT = "hanmqttd.service"
DROP_IN = "/etc/hanmqttd/hanmqttd.conf.d/50-test.conf"
UNIT_DROP_IN = "/etc/systemd/system/hanmqttd.service.d/50-test.conf"


class Service:
    """All by systemctl and journalctl, as its administrator would."""

    def __init__(self, machine):
        self.machine = machine

    # ---- what is set ----

    def configure(self, text):
        """One file that overrides the shipped one; in force after a reload or restart."""
        self.machine.write(DROP_IN, text)

    def extend_unit(self, text):
        """A drop-in of the unit with these lines; empty: none."""
        if text:
            self.machine.write(UNIT_DROP_IN, f"[Service]\n{text}\n")
        else:
            self.machine.check(f"rm -f {UNIT_DROP_IN}")
        self.machine.check("systemctl daemon-reload")

    def restart(self, text=None):
        """Ready, with that configuration; returns a mark of the journal from before."""
        if text is not None:
            self.configure(text)
        mark = self.mark()
        self.machine.check(f"systemctl reset-failed {UNIT}; systemctl restart {UNIT}", timeout=60)
        return mark

    def reload(self, text=None):
        if text is not None:
            self.configure(text)
        mark = self.mark()
        self.machine.check(f"systemctl reload {UNIT}", timeout=60)
        return mark

    # ---- what is the case ----

    def properties(self, *names):
        """Their values, or the one value."""
        text = self.machine.check(f"systemctl show {UNIT} " + " ".join(f"-p {name}" for name in names))
        found = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        return found[names[0]] if len(names) == 1 else [found[name] for name in names]

    def pid(self):
        pid = self.properties("MainPID")
        assert pid != "0", "hanmqttd does not run"
        return pid

    def wait_active(self, deadline=30):
        self.machine.wait_for("hanmqttd active", f"systemctl is-active {UNIT}", r"^active$", deadline)

    def wait_status(self, pattern, deadline=30):
        """Its sentence in `systemctl status`."""
        return self.machine.wait_for("the status", f"systemctl show -p StatusText --value {UNIT}", pattern, deadline)

    # ---- the journal ----

    def mark(self):
        """From here on: an argument for the others."""
        return self.machine.check("journalctl -n 0 --show-cursor | sed -n 's/^-- cursor: //p'")

    def _journal(self, mark, options):
        after = f"--after-cursor='{mark}'" if mark else ""
        return f"journalctl -q --no-pager -u {UNIT} {after} {options}"

    def journal(self, mark=None, options="-o cat"):
        return self.machine.check(self._journal(mark, options), timeout=60)

    def wait_journal(self, pattern, mark, deadline=30):
        """The match of the first message, the service manager's among them."""
        return self.machine.wait_for("a message", self._journal(mark, "-o cat"), pattern, deadline)

    def restarts(self):
        return int(self.properties("NRestarts"))


def fields(status):
    """A file like /proc/PID/status."""
    return dict(re.findall(r"^(\w+):\s*(.*)$", status, re.M))
