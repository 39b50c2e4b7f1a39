"""`device = auto` with the real daemon, which sees a /dev that was made for it.

The directory is mounted over /dev in a mount namespace of the daemon's own; its ports are links to pseudo
terminals, and come and go from outside.
"""
import os
import pathlib
import re
import subprocess

import pytest

import kaifa
from programs import ROOT
from rig import pause

METER = "6970631400000016"

# ROOT DEV ACTIVE COMMAND...: COMMAND, which sees ROOT as /, DEV as /dev, and ACTIVE as the kernel's list of consoles.
MOUNTS = """
set -e
root=$1 dev=$2 active=$3; shift 3
mkdir "$dev/pts"; touch "$dev/null" "$dev/urandom"
for name in pts null urandom; do mount --bind "/dev/$name" "$dev/$name"; done
mount --bind "$active" "$root/sys/class/tty/console/active"
mount --rbind "$dev" "$root/dev"
exec "$@"
"""
UNSHARE = ("unshare", "--mount", "--propagation", "private", "sh", "-c")


def may_mount():
    """Whether mounts can be made here, seen by nobody else."""
    done = subprocess.run([*UNSHARE, "mount --bind /mnt /mnt && [ -e /sys/class/tty/console/active ]"],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return done.returncode == 0


pytestmark = pytest.mark.skipif(not may_mount(), reason="no right to mount (root), or no /sys/class/tty")


class Machine:
    """A /dev, ports in it, and a daemon that sees it."""

    def __init__(self, rig, consoles="tty0"):
        self.rig = rig
        self.dev = rig.directory("dev")
        (self.dev / "serial" / "by-id").mkdir(parents=True)
        self.active = rig.directory("sys") / "active"
        self.active.write_text(consoles + "\n", encoding="ascii")
        self.state = rig.directory("state")
        self.broker = rig.broker()
        self.watcher = rig.watch(self.broker)

    def plug(self, name, by_id=None):
        """A port of that name: what the meter writes to."""
        port = self.rig.port()
        link = self.dev / name
        link.symlink_to(os.readlink(port.path))
        if by_id:
            place = self.dev / "serial" / "by-id" / by_id
            place.unlink(missing_ok=True)
            place.symlink_to(f"../../{name}")
        return port

    def unplug(self, name, port):
        (self.dev / name).unlink()
        port.unplug()

    def clear(self):
        """The places of the last daemon's mounts."""
        (self.dev / "pts").rmdir()
        (self.dev / "null").unlink()
        (self.dev / "urandom").unlink()

    def daemon(self, **sections):
        sections.setdefault("meter", {"device": "auto"})
        return self.rig.daemon(self.rig.setting(self.broker, **sections),
                               env={"STATE_DIRECTORY": str(self.state)},
                               wrap=(*UNSHARE, MOUNTS, "sh", ROOT, str(self.dev), str(self.active)))


def switches(pid):
    """How often the daemon's main thread has gone to sleep."""
    status = pathlib.Path(f"/proc/{pid}/task/{pid}/status").read_text(encoding="ascii")
    return int(re.search(r"\nvoluntary_ctxt_switches:\s+(\d+)", status)[1])


def test_nothing_there(rig):
    """Where there is no port the daemon is up, says what it waits for, rests, and takes one that comes."""
    machine = Machine(rig)
    daemon = machine.daemon(meter={"device": "auto", "name": "m"})
    daemon.expect_status("waiting for a port: no serial port there.*adapter")
    daemon.expect_line("no serial port there", levels=("notice",))
    before = switches(daemon.pid)
    pause(3)
    assert switches(daemon.pid) - before <= 4
    port = machine.plug("ttyUSB0", "usb-meter")
    daemon.expect_status("listening on /dev/serial/by-id/usb-meter at 2400 8N1", timeout=20)
    port.write(kaifa.Meter(METER).list2().octets)
    machine.watcher.expect("han/m/power_active_import", "1527")
    assert len(daemon.lines("no serial port there")) == 1


def test_console(rig):
    """A port with a console is never opened; it is said once, with what to do."""
    machine = Machine(rig, "tty0 ttyAMA0")
    console = machine.plug("ttyAMA0")
    speed = console.speed()
    daemon = machine.daemon(meter={"device": "auto", "name": "m"})
    daemon.expect_status("waiting for a port: no port to listen on: ttyAMA0 is a serial console")
    daemon.expect_line("ttyAMA0 is a serial console", "raspi-config", levels=("notice",))
    usb = machine.plug("ttyUSB0")
    daemon.expect_status("listening on /dev/ttyUSB0", timeout=20)
    usb.write(kaifa.Meter(METER).list2().octets)
    console.write(kaifa.Meter(METER).list1(66).octets)
    machine.watcher.expect("han/m/power_active_import", "1527")
    machine.watcher.barrier()
    assert not [m for m in machine.watcher.messages("han/m/power_active_import") if m.payload == "66"]
    assert (console.speed(), len(daemon.lines("raspi-config"))) == (speed, 1)


def test_console_of_a_known_meter(rig):
    """When the meter's port has become a console it is left alone, and the meter's problem says so."""
    machine = Machine(rig)
    port = machine.plug("ttyAMA0")
    daemon = machine.daemon()
    port.write(kaifa.Meter(METER).list2().octets)
    machine.watcher.expect(f"han/{METER}/diagnostics/problem", "ok")
    assert daemon.stop()[0] == 0
    machine.clear()
    machine.active.write_text("tty0 ttyAMA0\n", encoding="ascii")
    mark = machine.watcher.mark()
    machine.daemon()
    problem = machine.watcher.expect(f"han/{METER}/diagnostics/problem", since=mark)
    assert problem.payload == "no port to listen on: ttyAMA0 is a serial console"


def test_first_wins(rig):
    """All ports are heard at once; that with a frame is read from then on, and the frame is not lost."""
    machine = Machine(rig)
    header, usb = machine.plug("ttyAMA0"), machine.plug("ttyUSB0")
    daemon = machine.daemon()
    daemon.expect_status("listening on /dev/ttyAMA0 at 2400 8N1, /dev/ttyUSB0 at 2400 8N1")
    assert not usb.is_exclusive()
    usb.write(kaifa.Meter(METER).list2().octets)
    machine.watcher.expect(f"han/{METER}/power_active_import", "1527")
    daemon.expect_status(f"reading .*{METER} on /dev/ttyUSB0 at 2400 8N1")
    daemon.expect_line("found on /dev/ttyUSB0 at 2400 8N1", levels=("info",))
    assert usb.is_exclusive()
    header.write(kaifa.Meter(METER).list1(66).octets)
    usb.write(kaifa.Meter(METER).list1(5).octets)
    machine.watcher.expect(f"han/{METER}/power_active_import", "5")
    assert not machine.watcher.messages(f"han/{METER}/power_active_import")[-1].payload == "66"


def test_other_number(rig):
    """An adapter that comes back with another number is known by its name; a restart tries it first."""
    machine = Machine(rig)
    machine.plug("ttyAMA0")
    usb = machine.plug("ttyUSB0", "usb-meter")
    daemon = machine.daemon()
    usb.write(kaifa.Meter(METER).list2().octets)
    machine.watcher.expect(f"han/{METER}/power_active_import", "1527")
    mark = machine.watcher.mark()
    machine.unplug("ttyUSB0", usb)
    machine.watcher.expect(f"han/{METER}/availability", "offline", since=mark)
    usb = machine.plug("ttyUSB1", "usb-meter")
    usb.write(kaifa.Meter(METER).list1(8).octets)
    machine.watcher.expect(f"han/{METER}/power_active_import", "8", since=mark, timeout=12)
    daemon.expect_status("on /dev/serial/by-id/usb-meter at 2400 8N1")
    assert daemon.stop()[0] == 0
    machine.clear()
    again = machine.daemon()
    again.expect_status("listening on /dev/serial/by-id/usb-meter at 2400 8N1, nothing comes in, broker")
    usb.write(kaifa.Meter(METER).list1(9).octets)
    machine.watcher.expect(f"han/{METER}/power_active_import", "9", since=mark)


def test_another_meters_port(rig):
    """`auto` leaves out what another section names, by whatever name."""
    machine = Machine(rig)
    header, usb = machine.plug("ttyAMA0"), machine.plug("ttyUSB0", "usb-meter")
    daemon = machine.daemon(**{"meter": {}, "meter one": {"device": "/dev/serial/by-id/usb-meter"},
                               "meter two": {"device": "auto"}})
    daemon.expect_line("searching: listening on /dev/ttyAMA0 at 2400 8N1, then")
    usb.write(kaifa.Meter(METER).list2(power_active_import=1).octets)
    header.write(kaifa.Meter(METER).list2(power_active_import=2).octets)
    machine.watcher.expect("han/one/power_active_import", "1")
    machine.watcher.expect("han/two/power_active_import", "2")
    daemon.expect_line("found on /dev/serial/by-id/usb-meter")
    daemon.expect_line("found on /dev/ttyAMA0")
