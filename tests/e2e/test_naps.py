"""At the line's true pace the daemon sleeps through most octets; what comes at once it takes at once."""
import json
import pathlib
import re
import subprocess
import time

import pytest

import kaifa
from rig import config, pause, until

WARM_S, COUNT_S = 24, 12  # ten messages to learn from, six to count
METER = "6970631400000016"


def switches(pid):
    """How often the main thread went to sleep."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status, re.M)[1])


@pytest.mark.background
def test_wake_ups(rig):
    """Some wake-ups for a frame of 41 to 122 octets: on a busy machine more than the three that they should be."""
    broker = rig.broker()
    watcher = rig.watch(broker)
    link = rig.directory("simulate") / "meter"
    rig.tool("simulate", "--link", str(link), stdout=subprocess.DEVNULL)
    until("the simulated port", link.exists)
    daemon = rig.daemon(config(broker.port, link))
    watcher.expect("han/[^/]+/reading", timeout=30)
    pause(WARM_S)
    mark, before = watcher.mark(), switches(daemon.pid)
    pause(COUNT_S)
    count = switches(daemon.pid) - before
    frames = sum(m.topic.endswith("/reading") for m in watcher.since(mark))
    assert frames >= 4
    assert count / frames < 15, f"{count} wake-ups for {frames} frames"


OCTET_S = 10 / 2400


@pytest.mark.background
def test_shorter_frame(rig):
    """What was learned from long frames does not make a short one wait for long, and no value is lost."""
    house = rig.house(meter={"baud": 2400, "format": "8N1"})
    meter = kaifa.Meter(METER)
    for power in [*range(9), 4711]:
        octets = (meter.list1(power) if power == 4711 else meter.list2(power_active_import=power)).octets
        mark = house.watcher.mark()
        start = time.monotonic()
        for i, octet in enumerate(octets):
            pause(max(0, start + i * OCTET_S - time.monotonic()))
            house.port.write(bytes([octet]))
        house.watcher.expect(f"han/{METER}/power_active_import", str(power), since=mark, timeout=3)
        pause(0.2)


@pytest.mark.background
def test_at_once_after_paced(rig):
    """A line that was paced and is flooded then: all of it arrives, and without delay once it is seen."""
    house = rig.house(meter={"baud": 2400, "format": "8N1"})
    meter = kaifa.Meter(METER)
    house.feed(meter.list2())
    for power in range(12):
        mark = house.watcher.mark()
        start = time.monotonic()
        for i, octet in enumerate(meter.list1(power).octets):
            pause(max(0, start + i * OCTET_S - time.monotonic()))
            house.port.write(bytes([octet]))
        house.watcher.expect(f"han/{METER}/power_active_import", str(power), since=mark, timeout=3)
    house.watcher.barrier()
    mark = house.watcher.mark()
    start = time.monotonic()
    house.port.write(b"".join(meter.list1(1000 + n).octets for n in range(1000)))
    house.watcher.expect(f"han/{METER}/power_active_import", "1999", since=mark, timeout=20)
    assert time.monotonic() - start < 15  # the line would have taken 170 s
    house.watcher.barrier()
    readings = [json.loads(m.payload) for m in house.watcher.messages(f"han/{METER}/reading", mark)]
    assert [r["values"]["power_active_import"] for r in readings] == list(range(1000, 2000))
