"""hanmqttd as a service of a machine: its configuration, its journal, its state."""
import re

UNIT = "hanmqttd.service"
DROP_IN = "/etc/hanmqttd/hanmqttd.conf.d/50-test.conf"
UNIT_DROP_INS = "/etc/systemd/system/hanmqttd.service.d"


class Service:
    """All by systemctl and journalctl, as its administrator would."""

    def __init__(self, machine):
        self.machine = machine
        self._text = None

    # ---- what is set ----

    def configure(self, text):
        """One file that overrides the shipped one; in force after a reload or restart."""
        self._text = text
        self.machine.write(DROP_IN, text)

    def extend_unit(self, text, name="test"):
        """A drop-in of the unit with these lines; empty: none."""
        path = f"{UNIT_DROP_INS}/{name}.conf"
        if text:
            self.machine.write(path, f"[Service]\n{text}\n")
        else:
            self.machine.check(f"rm -f {path}")
        self.machine.check("systemctl daemon-reload")

    def restart(self, text=None):
        """Ready, with that configuration; returns a mark of the journal from before."""
        if text is not None:
            self.configure(text)
        mark = self.mark()
        self.machine.check(f"systemctl reset-failed {UNIT}; systemctl restart {UNIT}", timeout=60)
        return mark

    def ensure(self, text):
        """It runs with that configuration; started anew only when it does not."""
        if self._text != text or self.machine.run(f"systemctl is-active {UNIT}")[0] != 0:
            self.restart(text)

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
        return self.machine.journal.mark()

    def entries(self, mark=0):
        """What the unit, and the service manager of it, has written."""
        self.machine.journal.barrier()
        return [entry for entry in self.machine.journal.since(mark) if entry.unit == UNIT]

    def journal(self, mark=0):
        """The same as text."""
        return "\n".join(entry.text for entry in self.entries(mark))

    def wait_journal(self, pattern, mark, deadline=30):
        """The match of the first such message."""
        def check(seen):
            found = (re.search(pattern, entry.text) for entry in seen if entry.unit == UNIT)
            return next((match for match in found if match), None)

        return self.machine.journal.wait(f"message like {pattern}", check, mark, deadline)

    def restarts(self):
        return int(self.properties("NRestarts"))


def fields(status):
    """A file like /proc/PID/status."""
    return dict(re.findall(r"^(\w+):\s*(.*)$", status, re.M))
