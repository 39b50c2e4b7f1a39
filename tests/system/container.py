"""A container with systemd as its first process: trixie, by systemd-nspawn.

Its root is unpacked for it and gone with it. It has no network but its loopback, and a pseudo terminal as
/dev/ttyAMA0, which a simulated meter feeds. What runs in it is killed with the test.
"""
import fcntl
import json
import os
import pathlib
import subprocess
import termios
import time
import tty

from machine import Machine, until
from programs import TOP
from wire import Wire

DIALOUT = 20  # in every Debian: base-passwd's
START_S = 60


def root_tar():
    """Its root, as tests/support/system-container.sh has made it."""
    script = TOP / "tests/support/system-container.sh"
    path = subprocess.run(["bash", str(script), "path"], check=True, stdout=subprocess.PIPE, text=True,
                          env={**os.environ, "top": str(TOP)}).stdout.strip()
    assert os.path.exists(path), f"{path} is missing: run {script} prepare"
    return path


class Inside:
    """Commands in a container, in the manner of machine.Shell."""

    def __init__(self):
        self.leader = None
        self.transcript = []

    def argv(self, command):
        # Not its control groups: who enters stays in the group of the test.
        return ["nsenter", f"--target={self.leader}", "--mount", "--uts", "--ipc", "--net", "--pid",
                "env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "HOME=/root",
                "LANG=C.UTF-8", "SYSTEMD_COLORS=0", "bash", "-c", command]

    def run(self, command, timeout=30):
        """(exit status, output with standard error); the status is 124 when the time was up."""
        try:
            done = subprocess.run(self.argv(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=timeout, check=False)
            result = done.returncode, done.stdout.decode(errors="replace")
        except subprocess.TimeoutExpired as late:
            result = 124, (late.stdout or b"").decode(errors="replace")
        self.transcript.append((command, *result))
        return result

    def answers(self):
        return self.leader is not None and self.run("true")[0] == 0

    def close(self):
        """Nothing is open."""


class Container(Machine):
    def __init__(self, directory):
        super().__init__(directory)
        self.shell = Inside()
        self.root = self.directory / "root"
        self.master, port = os.openpty()
        self.ends.callback(os.close, self.master)
        tty.setraw(port)
        self.port = os.ttyname(port)
        os.chown(port, 0, DIALOUT)  # as udev does it for a port of the machine
        os.chmod(port, 0o660)
        os.close(port)
        self.wire = Wire(self, lambda octets: os.write(self.master, octets))
        self._nspawn = None

    def boot(self):
        """Unpacks the root and starts it."""
        self.root.mkdir()
        subprocess.run(["tar", "-x", "--numeric-owner", "-f", root_tar(), "-C", str(self.root)], check=True)
        (self.root / "var/log/journal").mkdir(exist_ok=True)
        (self.root / "etc/machine-id").write_text("")
        (self.root / "etc/hostname").write_text("debian\n")
        (self.root / "etc/hosts").write_text("127.0.0.1 localhost debian\n")
        with open(self.console, "ab") as console:
            self._nspawn = self.start(
                "nspawn", ["bash", str(TOP / "tests/support/boot-container.sh"), str(self.root), self.port],
                stdout=console)
        self.ends.callback(self._nspawn.kill)  # with all that is in it
        self.wait_up()

    def wait_up(self, last=None):
        """Until systemd has started everything; with `last`, not as the first process that it was."""
        until("the container's first process", lambda: self.alive() and self._find_leader(last), START_S,
              report=lambda: self.said()[-4000:])
        self.wait_for("systemd to have started all", "systemctl is-system-running", r"^(running|degraded)$",
                      deadline=START_S, pause=0.1)

    def _find_leader(self, last):
        """The process named systemd below one named systemd-nspawn below ours."""
        names = {pid: (name, parent) for pid, name, parent in descendants(self._nspawn.pid)}
        for pid, (name, parent) in names.items():
            if name == "systemd" and pid != last and names.get(parent, ("",))[0] == "systemd-nspawn":
                self.shell.leader = pid
                return True
        return False

    def reboot(self):
        last = self.shell.leader
        self.run("systemctl reboot")
        self.wait_up(last)

    def free_port(self):
        """What the kernel does with a real port when it was closed, also by a SIGKILL: nobody's exclusive
        use of it is left. A pseudo terminal keeps that as long as this end of it is open."""
        port = os.open(self.port, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
        fcntl.ioctl(port, termios.TIOCNXCL)
        os.close(port)

    def report(self):
        yield from super().report()
        yield "journal", self.run("journalctl --no-pager -q -n 60")[1]

    def journal(self, *arguments):
        """The entries of the journal, each a dictionary of its fields."""
        text = self.check("journalctl --no-pager -q -o json --all " + " ".join(arguments))
        return [json.loads(line) for line in text.splitlines()]


def descendants(pid):
    """(pid, name, parent's pid) of all processes below one."""
    children = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text(errors="replace")
        except OSError:
            continue
        name = text[text.index("(") + 1:text.rindex(")")]
        parent = int(text[text.rindex(")") + 2:].split()[1])
        children.setdefault(parent, []).append((int(stat.parent.name), name, parent))
    found, todo = [], [pid]
    while todo:
        for child in children.get(todo.pop(), []):
            found.append(child)
            todo.append(child[0])
    return found


def newer_debs(debs, directory, version, conffile=""):
    """The same packages with a higher version; text that is added to hanmqttd's configuration file."""
    directory.mkdir()
    for deb in debs:
        parts = directory / "parts"
        subprocess.run(["dpkg-deb", "-R", str(deb), str(parts)], check=True)
        control = parts / "DEBIAN/control"
        text = control.read_text()
        old = next(line.split()[1] for line in text.splitlines() if line.startswith("Version:"))
        control.write_text(text.replace(f"Version: {old}\n", f"Version: {version}\n")
                           .replace(f"(= {old})", f"(= {version})"))
        shipped = parts / "etc/hanmqttd/hanmqttd.conf"
        if conffile and shipped.exists():
            shipped.write_text(shipped.read_text() + conffile)
        # md5sums lists no configuration files.
        subprocess.run(["dpkg-deb", "-Znone", "-b", str(parts), str(directory)], check=True,
                       stdout=subprocess.DEVNULL)
        subprocess.run(["rm", "-r", str(parts)], check=True)
    return sorted(directory.glob("*.deb"))


def now():
    """A time for journalctl's --since: the clock of the container is the host's."""
    return f"@{time.time():.6f}"
