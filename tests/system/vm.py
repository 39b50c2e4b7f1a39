"""A virtual machine on an emulated processor: Debian's kernel, a 16550 port, a USB adapter that comes and
goes, a network, and the simulated meters of the host on its ports.

tests/support/system-vm.sh makes its parts.
"""
import contextlib
import itertools
import json
import os
import pathlib
import select
import socket
import subprocess
import tempfile
import termios
import threading
import time
import tty

from machine import Machine, until
from programs import HANTOOL
from rig import Record, Watcher, free_port

CACHE = pathlib.Path(os.environ.get("HANMQTTD_CACHE", pathlib.Path(
    os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "hanmqttd-tests"))
DEBS = pathlib.Path(os.environ.get("HANMQTTD_DEBS", "/nonexistent"))
JOURNAL_LINES = 60
BOOT_S = 180  # a busy host may take long
BROKER, BROKER_LOGIN = 1883, 1884  # in the machine


def parts(release):
    """Kernel, initrd and image, as prepared, or None."""
    with contextlib.suppress(OSError):
        line = (CACHE / f"vm-{release}.parts").read_text(encoding="utf-8").split()
        if all(pathlib.Path(part).exists() for part in line[1:]):
            return [pathlib.Path(part) for part in line[1:]]
    return None


class Meter:
    """`hantool simulate` on a pty, at a meter's own pace, joined to a serial port of the machine.

    The port's socket is QEMU's, which passes on what comes as fast as it comes: the pace is the simulator's.
    """

    def __init__(self, machine, name, meter="kaifa-ma304", plugged=True):
        self.machine = machine
        self.name = name
        self.meter = meter
        self.link = machine.directory / f"{name}.pty"
        self.socket_path = machine.directory / name
        self.silent = False
        self.octets = 0
        self._simulator = None
        self._thread = None
        self._stop = threading.Event()
        if plugged:
            self.start()

    def start(self):
        """The meter begins to speak. What it says while `silent` is lost, as on a bus without power."""
        self._simulator = self.machine.start(
            f"meter-{self.name}", [*HANTOOL, "simulate", "--meter", self.meter, "--link", str(self.link)],
            stdout=subprocess.DEVNULL)
        until("the meter's pty", lambda: self.machine.alive() and self.link.exists(), 10)
        self._stop.clear()
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()
        self.machine.ends.callback(self.stop)

    def _carry(self):
        pty = os.open(self.link, os.O_RDONLY | os.O_NOCTTY)
        tty.setraw(pty, termios.TCSANOW)
        port = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            port.connect(str(self.socket_path))
            port.setblocking(False)
            while not self._stop.is_set():
                if not select.select([pty, port], [], [], 0.2)[0]:
                    continue
                with contextlib.suppress(BlockingIOError):
                    if not port.recv(4096):  # what the machine sends goes nowhere, as on the HAN port
                        return
                with contextlib.suppress(BlockingIOError):
                    if select.select([pty], [], [], 0)[0]:
                        octets = os.read(pty, 4096)
                        if not octets:
                            return
                        if not self.silent:
                            port.send(octets)
                            self.octets += len(octets)
        except OSError:
            return  # one of the two ends is gone
        finally:
            port.close()
            os.close(pty)

    def stop(self):
        if self._thread:
            self._stop.set()
            self._thread.join(5)
            self._thread = None
            self.machine.end(self._simulator)


class Entry:
    """One message of the journal: `unit` is whose it is, or whom the service manager speaks of."""

    def __init__(self, fields):
        self.unit = fields.get("UNIT") or fields.get("_SYSTEMD_UNIT") or ""
        self.text = fields.get("MESSAGE") or ""
        self.seconds = int(fields.get("__MONOTONIC_TIMESTAMP", 0)) / 1e6  # since the boot
        self.fields = fields

    def __str__(self):
        return f"{self.unit}: {self.text}"


class Journal(Record):
    """The machine's journal as it is written. It comes by a console of its own: looking at it costs the
    machine nothing."""

    def __init__(self, machine):
        super().__init__("journal")
        self.machine = machine
        self._stopped = threading.Event()
        self._numbers = itertools.count(1)
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()
        machine.ends.callback(self._stop)

    def _follow(self):
        rest = b""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as port:
            while port.connect_ex(str(self.machine.directory / "journal")):
                if self._stopped.wait(0.1):
                    return
            port.settimeout(0.5)
            while not self._stopped.is_set():
                try:
                    octets = port.recv(65536)
                except TimeoutError:
                    continue
                except OSError:
                    return
                if not octets:
                    return
                *lines, rest = (rest + octets).split(b"\n")
                for line in lines:
                    with contextlib.suppress(ValueError):  # cut off by a reboot
                        self.add(Entry(json.loads(line)))

    def barrier(self):
        """What the machine has written before is here when this returns."""
        text, mark = f"barrier {next(self._numbers)}", self.mark()
        self.machine.check(f"logger -t test '{text}'")
        self.wait(text, lambda seen: any(entry.text == text for entry in seen), mark, 30)

    def _stop(self):
        self._stopped.set()
        self._thread.join(5)


class VirtualMachine(Machine):
    """Debian of that release, with the packages as a second disk that holds a tar."""

    def __init__(self, release, debs):
        self._place = tempfile.TemporaryDirectory(prefix="hanmqttd-vm-")
        super().__init__(self._place.name)
        self.shell.interpreter = "sh"
        self.release = release
        self.ports = {port: free_port() for port in (BROKER, BROKER_LOGIN)}
        self._qmp = None
        self._answers = b""
        payload = self.directory / "payload.tar"
        subprocess.run(["tar", "-cf", payload, "-C", debs, "."], check=True)
        kernel, initrd, image = parts(release)
        self.start("qemu", [
            "qemu-system-x86_64", "-M", "pc", "-accel", "tcg,thread=multi", "-cpu", "qemu64", "-smp", "2",
            "-m", "768", "-nodefaults", "-no-user-config", "-display", "none",
            "-kernel", kernel, "-initrd", initrd,
            "-append", "root=/dev/vda console=ttyS0 quiet mitigations=off net.ifnames=0 "
                       "systemd.show_status=0 systemd.journald.forward_to_console=0",
            *self._disk(image, "d0", "snapshot=on"), *self._disk(payload, "d1", "readonly=on"),
            "-chardev", f"file,path={self.console},id=c0", "-serial", "chardev:c0",
            *self._socket("meter", "m0"), "-serial", "chardev:m0",
            *self._socket("usb", "u0"), *self._socket("usb-other", "u1"), "-device", "qemu-xhci,id=usb",
            *self._socket("shell", "a0"), "-device", "virtio-serial-pci", "-device", "virtconsole,chardev=a0",
            *self._socket("journal", "a1"), "-device", "virtconsole,chardev=a1",
            "-nic", "user,model=virtio-net-pci,restrict=on," + ",".join(
                f"hostfwd=tcp:127.0.0.1:{here}-:{there}" for there, here in self.ports.items()),
            "-qmp", f"unix:{self.directory / 'qmp'},server=on,wait=off"])
        self.ends.callback(self._place.cleanup)
        self.journal = Journal(self)

    def _socket(self, name, ident):
        return ["-chardev", f"socket,path={self.directory / name},server=on,wait=off,id={ident}"]

    @staticmethod
    def _disk(path, ident, option):
        return ["-drive", f"file={path},if=none,id={ident},format=raw,{option}",
                "-device", f"virtio-blk-pci,drive={ident}"]

    def report(self):
        yield from super().report()
        yield "journal", "\n".join(f"{entry.seconds:10.3f} {entry}" for entry in self.journal.since()[-JOURNAL_LINES:])

    # ---- the hardware ----

    def qmp(self, command, **arguments):
        """A command to QEMU; its answer."""
        if self._qmp is None:
            self._qmp = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.ends.callback(self._qmp.close)
            self._qmp.connect(str(self.directory / "qmp"))
            self._heard("QMP", 20)
            self.qmp("qmp_capabilities")
        self._qmp.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        return self._heard("return", 20)["return"]

    def _heard(self, member, deadline, value=None):
        """The next of QEMU's messages with such a member."""
        end = time.monotonic() + deadline
        while True:
            line, found, rest = self._answers.partition(b"\n")
            if found:
                self._answers = rest
                message = json.loads(line)
                assert "error" not in message, message
                if member in message and value in (None, message[member]):
                    return message
                continue
            left = end - time.monotonic()
            ready = left > 0 and select.select([self._qmp], [], [], left)[0]
            assert ready, f"QEMU said nothing of {value or member} within {deadline} s"
            octets = self._qmp.recv(65536)
            assert octets, "QEMU has ended"
            self._answers += octets

    def plug(self, chardev="u0", ident="adapter", serial="A1"):
        """A USB serial adapter (FTDI) on the xHCI; u0 is the socket "usb", u1 "usb-other"."""
        self.qmp("device_add", driver="usb-serial", id=ident, bus="usb.0", chardev=chardev, serial=serial,
                 **{"always-plugged": True})

    def unplug(self, ident="adapter"):
        self.qmp("device_del", id=ident)

    # ---- its programs ----

    def watch(self, port=BROKER, **login):
        """A subscriber on the host, of the broker in the machine."""
        watcher = Watcher(_Forwarded(self.ports[port]), **login)
        self.ends.callback(watcher.close)
        return watcher

    def reboot(self):
        """Until the shell is back."""
        self.qmp("query-status")  # from here on its events are heard
        self.check("systemctl reboot --no-block")
        self._heard("event", BOOT_S, "RESET")
        self.shell.close()
        self.wait_shell(BOOT_S)


class _Forwarded:
    """A broker that Watcher connects to."""

    def __init__(self, port):
        self.port = port

    @staticmethod
    def said():
        return ""
