"""An emulated Raspberry Pi 3: Debian's arm64 kernel, a trixie with systemd and a broker, our packages.

It has the board's own pin controller, whose registers are read from outside, and the PL011 as /dev/ttyAMA0,
which a simulated meter feeds. Its console is the other serial port, ttyS1, and so is its root shell. It has
no network. What is emulated takes its time: some 50 s to start, and seconds where a Pi takes a moment.
"""
import contextlib
import json
import os
import pathlib
import re
import socket
import subprocess
import time

from machine import Machine, until
from programs import TOP
from wire import Wire

START_S = 420  # a host that has other machines to run needs its time
GPIO = 0x3f200000  # the pin controller; below, BCM2835's registers
GPFSEL = 0x00      # ten lines each, three bits a line
GPLEV = 0x34       # 32 lines each, one bit a line
FUNCTIONS = {0: "in", 1: "out"}  # all else is something that a line does by itself


def parts():
    """What it boots, as tests/support/system-pi.sh has made it."""
    script = TOP / "tests/support/system-pi.sh"
    path = subprocess.run(["bash", str(script), "path"], check=True, stdout=subprocess.PIPE, text=True,
                          env={**os.environ, "top": str(TOP)}).stdout.strip()
    assert os.path.exists(path), f"{path} is missing: run {script} prepare"
    return pathlib.Path(path)


class Monitor:
    """QEMU's own console, by QMP."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(60)
        self._socket.connect(str(path))
        self._file = self._socket.makefile("r", encoding="utf-8")
        self._file.readline()
        self._ask("qmp_capabilities")

    def _ask(self, command, **arguments):
        self._socket.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while True:
            answer = json.loads(self._file.readline())
            assert "error" not in answer, answer
            if "return" in answer:
                return answer["return"]

    def word(self, address):
        """32 bits of the machine's memory or of its devices' registers."""
        said = self._ask("human-monitor-command", **{"command-line": f"xp /1wx {address:#x}"})
        return int(re.search(r":\s*(0x[0-9a-f]+)", said)[1], 16)

    def close(self):
        self._file.close()
        self._socket.close()


class Raspberry(Machine):
    def __init__(self, directory):
        super().__init__(directory)
        self.monitor = None
        self.line = None
        self.wire = Wire(self, lambda octets: self.line.sendall(octets))

    def boot(self, debs, tree):
        """Starts it with these packages unpacked over its root, and with that device tree: "plain" or "hat"."""
        from_here = parts()
        self._pack(debs, from_here)
        meter, monitor = self.directory / "meter", self.directory / "monitor"
        # The clock is set, as it is on a Pi once the network has told it: there is none here.
        self.start("qemu", [
            "qemu-system-aarch64", "-M", "raspi3b", "-m", "1G", "-nodefaults", "-no-user-config", "-display", "none",
            "-kernel", str(from_here / "vmlinuz"), "-dtb", str(from_here / f"{tree}.dtb"),
            "-initrd", str(self.directory / "initrd.img"),
            "-append", "console=ttyS1,115200 quiet systemd.show_status=0 systemd.log_target=kmsg "
                       f"systemd.clock_usec={time.time_ns() // 1000}",
            "-drive", f"file={from_here / 'sd.img'},if=sd,format=raw,snapshot=on",
            "-chardev", f"socket,path={meter},server=on,wait=off,id=meter", "-serial", "chardev:meter",
            "-chardev", f"socket,path={self.shell.path},server=on,wait=off,id=shell,logfile={self.console}",
            "-serial", "chardev:shell",
            "-qmp", f"unix:{monitor},server=on,wait=off"],
            env={**os.environ, "TMPDIR": str(self.directory)})  # where what it writes to the card is kept
        until("the emulator", lambda: self.alive() and monitor.exists() and meter.exists(), 30)
        self.line = socket.socket(socket.AF_UNIX)
        self.ends.callback(self.line.close)
        self.line.connect(str(meter))
        self.line.settimeout(0.2)  # octets are lost when nobody takes them, as on a wire
        self.monitor = Monitor(monitor)
        self.ends.callback(self.monitor.close)
        self.wait_shell(START_S)
        self.run("stty -echo")

    def _pack(self, debs, from_here):
        """The small archive that the kernel begins with, and after it one with our packages' files."""
        root = self.directory / "unpacked"
        root.mkdir()
        for deb in debs:
            subprocess.run(["dpkg-deb", "-x", str(deb), str(root / "payload")], check=True)
        with open(self.directory / "initrd.img", "wb") as image:
            image.write((from_here / "initrd.img").read_bytes())
            image.flush()
            subprocess.run("find . | cpio --quiet -o -H newc", shell=True, check=True, cwd=root, stdout=image)

    def function(self, line):
        """What the pin controller makes of a line: "in", "out", or a number."""
        word = self.monitor.word(GPIO + GPFSEL + 4 * (line // 10))
        number = word >> 3 * (line % 10) & 7
        return FUNCTIONS.get(number, number)

    def level(self, line):
        return self.monitor.word(GPIO + GPLEV + 4 * (line // 32)) >> line % 32 & 1

    def pin(self, line):
        """(function, level) of a line, both as the hardware has it."""
        return self.function(line), self.level(line)

    def report(self):
        with contextlib.suppress(Exception):
            yield "pins", str({line: self.pin(line) for line in (25, 26)})
        yield from super().report()
