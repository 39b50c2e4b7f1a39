"""Name lookup may fail or hang; the port is read all the same, and a stop is quick."""
import os
import pathlib
import shutil
import signal
import subprocess
import sys

import pytest

import kaifa
from programs import TOP
from rig import config, until

DEBUG = {"level": "debug", "frames": "yes"}
NAME = "broker.example.invalid"


def read_on(daemon, port, count):
    """The frames of so many lists are seen."""
    meter = kaifa.Meter()
    for power in range(count):
        message = meter.list2(power_active_import=power)
        port.write(message.octets)
        daemon.saw(message)


def test_unknown_name(rig):
    """A broker whose name nobody knows: one line says so, the meter is read, a stop is quick."""
    port = rig.port()
    daemon = rig.daemon(config(1883, port.path, mqtt={"host": NAME}, log=DEBUG))
    read_on(daemon, port, 20)
    status, seconds = daemon.stop()
    assert status == 0
    assert seconds < 2
    assert len(daemon.lines(NAME, levels=("error", "warning", "notice"))) <= 1


def deaf():
    """The words in front of a command that hide all name servers from it."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a network namespace")
    if not shutil.which("unshare") or not shutil.which("ip"):
        pytest.skip("unshare (util-linux) or ip (iproute2) is missing")
    words = ("unshare", "--net", sys.executable, str(TOP / "tests/support/deaf-resolver.py"))
    tried = subprocess.run([*words, "true"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        pytest.skip(f"no network namespace to be had here: {tried.stderr.strip().splitlines()[-1:]}")
    return words


def questions(daemon):
    """Whether a name server has been asked: octets wait on port 53 of the daemon's namespace."""
    for name in ("udp", "udp6"):
        table = pathlib.Path(f"/proc/{daemon.pid}/net/{name}")
        for line in table.read_text(encoding="ascii").splitlines()[1:] if table.exists() else []:
            fields = line.split()
            if fields[1].endswith(":0035") and int(fields[4].split(":")[1], 16) > 0:
                return True
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_resolver_hangs(rig, number):
    """While a name lookup hangs every frame is counted, the watchdog is fed, and a stop takes less than 2 s."""
    port = rig.port()
    daemon = rig.daemon(config(1883, port.path, mqtt={"host": NAME}, log=DEBUG), wrap=deaf(),
                        env={"RES_OPTIONS": "timeout:30 attempts:2", "WATCHDOG_USEC": "500000"})
    until("question to a name server", lambda: questions(daemon))
    read_on(daemon, port, 20)
    mark = daemon.notes.mark()
    daemon.notes.wait("watchdog", lambda seen: sum("WATCHDOG" in n.fields for n in seen) >= 3, mark)
    daemon.expect_status("broker")
    status, seconds = daemon.stop(number)
    assert status == 0
    assert seconds < 2


def test_reload_while_resolver_hangs(rig):
    """SIGHUP with another broker does not wait for the lookup of the old one."""
    port = rig.port()
    settings = {"meter": {"silent-after": 100}, "log": DEBUG}
    daemon = rig.daemon(config(1883, port.path, mqtt={"host": NAME}, **settings), wrap=deaf(),
                        env={"RES_OPTIONS": "timeout:30 attempts:2"})
    until("question to a name server", lambda: questions(daemon))
    daemon.reload(config(1884, port.path, mqtt={"host": "127.0.0.1"}, **settings))
    daemon.expect_line("127.0.0.1", "1884", "refused")
    read_on(daemon, port, 3)
    status, seconds = daemon.stop()
    assert status == 0
    assert seconds < 2
