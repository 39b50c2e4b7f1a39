"""Many open descriptors: select() knows none above 1,023, and what a program may have without asking is as low."""
import contextlib
import os
import pathlib
import resource
import sys

import kaifa
import pytest
from rig import config

TAKEN = 1100
# Takes the low numbers, leaves a few to a program that does not ask for more, and becomes the daemon.
CROWDED = f"""
import os, resource, sys
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
null = os.open("/dev/null", os.O_RDONLY)
while os.dup(null) < {TAKEN}:
    pass
for number in range(3, {TAKEN} + 1):
    os.set_inheritable(number, True)
resource.setrlimit(resource.RLIMIT_NOFILE, ({TAKEN} + 8, hard))
os.execvp(sys.argv[1], sys.argv[1:])
"""


def sockets(pid):
    """The numbers of its sockets, of two threads."""
    numbers = []
    for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # a file that was only just written
            if os.readlink(link).startswith("socket:"):
                numbers.append(int(link.name))
    return numbers


@pytest.mark.skipif(resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 2 * TAKEN, reason="more descriptors are not allowed")
def test_above_1023(rig):
    """The port, the session with the broker, and the next session, which it has to look for."""
    broker = rig.broker()
    watcher = rig.watch(broker)
    port = rig.port()
    daemon = rig.daemon(config(broker.port, port.path), wrap=[sys.executable, "-c", CROWDED])
    daemon.expect_status("broker connected")
    meter = kaifa.Meter()
    port.write(meter.list1(701).octets)
    port.write(meter.list2(power_active_import=702).octets)
    watcher.expect("han/[^/]+/power_active_import", "702")
    assert sockets(daemon.pid) and min(sockets(daemon.pid)) > TAKEN
    broker.kill()
    daemon.expect_status("not connected")
    broker.start()
    watcher = rig.watch(broker)
    daemon.expect_status("broker connected")
    port.write(meter.list1(703).octets)
    watcher.expect("han/[^/]+/power_active_import", "703")
    assert min(sockets(daemon.pid)) > TAKEN
    assert daemon.stop()[0] == 0
