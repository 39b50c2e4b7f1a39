"""How often the daemon wakes for a frame at the line's true pace, and how long a frame's last octet waits for it.

    wakeups.py SECONDS [METER]

Two meters of `hantool simulate` speak at the same time: one to the daemon, one to a plain reader that takes octets
as they come. Wake-ups are the voluntary context switches of each one's main thread. Beside them a third and a
fourth port get the same frames, octet by octet at 2400 baud, and whole at the moment of the last octet: how much
later the daemon publishes the first than the second is what its naps cost. Prints figures; exit status 1 when
they are not as they should be.
"""
import pathlib
import re
import statistics
import subprocess
import sys
import threading
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "support"), str(TESTS / "e2e")]

import kaifa  # noqa: E402
from rig import Rig, config, until  # noqa: E402

WARM_S = 45  # until a daemon knows the meter's habits
WAKES_MAX = 3.0
DELAY_MAX_MS = 2.0
OCTET_S = 10 / 2400
PLAIN = """
import os, select, sys
fd = os.open(sys.argv[1], os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
poll = select.epoll()
poll.register(fd, select.EPOLLIN)
while True:
    poll.poll()
    os.read(fd, 512)
"""


def switches(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status, re.M)[1])


def simulate(rig, meter):
    link = rig.directory("simulate") / "meter"
    rig.tool("simulate", "--meter", meter, "--link", str(link), stdout=subprocess.DEVNULL)
    until("the simulated port", link.exists)
    return link


def wake_ups(rig, meter, seconds, say):
    """Of the daemon and of a plain reader, for each frame. Every list of these meters is one frame."""
    broker = rig.broker()
    watcher = rig.watch(broker)
    ports = [simulate(rig, meter) for _ in range(2)]
    daemon = rig.daemon(config(broker.port, ports[0]))
    with subprocess.Popen([sys.executable, "-c", PLAIN, str(ports[1])]) as plain:
        try:
            time.sleep(WARM_S)
            mark, pids = watcher.mark(), (daemon.pid, plain.pid)
            before = [switches(pid) for pid in pids]
            time.sleep(seconds)
            counts = [switches(pid) - b for pid, b in zip(pids, before)]
            frames = sum(m.topic.endswith("/reading") for m in watcher.since(mark))
        finally:
            plain.kill()
    each, plainly = (count / max(frames, 1) for count in counts)
    say(f"{meter}: {frames} frames in {seconds:g} s: {counts[0]} wake-ups, {each:.2f} per frame; "
        f"a plain reader {counts[1]}, {plainly:.1f} per frame; one in {counts[1] / max(counts[0], 1):.1f}")
    return frames > 0 and each <= WAKES_MAX


class Listener:
    """A daemon of its own, and when it published."""

    def __init__(self, rig, broker, name):
        self.port = rig.port()
        self.name = name
        rig.daemon(config(broker.port, self.port.path, mqtt={"topic-prefix": name, "client-id": name},
                          meter={"baud": 2400, "format": "8N1"}))

    def published(self, watcher, power, mark):
        return watcher.expect(f"{self.name}/[^/]+/power_active_import", str(power), since=mark).time


def delays(rig, seconds, say):
    """Between the last octet and the value at a subscriber: with naps, and without."""
    broker = rig.broker()
    watcher = rig.watch(broker)
    paced, whole = Listener(rig, broker, "paced"), Listener(rig, broker, "whole")
    meter = kaifa.Meter()
    waited = {paced: [], whole: []}
    begun = time.monotonic()
    for power in range(int((WARM_S + seconds) / 2)):
        octets = (meter.list2(power_active_import=power) if power % 5 == 0 else meter.list1(power)).octets
        mark = watcher.mark()
        due = begun + 2 * power
        for i, octet in enumerate(octets):
            time.sleep(max(0, due - time.monotonic()))
            due = max(due, time.monotonic() - OCTET_S / 2) + OCTET_S  # a line never catches up
            if i == len(octets) - 1:
                sent = time.monotonic()
                whole.port.write(octets)
            paced.port.write(bytes([octet]))
        for listener, times in waited.items():
            times.append(listener.published(watcher, power, mark) - sent)
    skipped = WARM_S // 2
    paced_ms, whole_ms = ([1000 * t for t in times[skipped:]] for times in waited.values())
    more = statistics.median(paced_ms) - statistics.median(whole_ms)
    for name, times in (("octet by octet", paced_ms), ("whole", whole_ms)):
        say(f"last octet to subscriber, {name}: median {statistics.median(times):.2f} ms, "
            f"mean {statistics.mean(times):.2f} ms, worst {max(times):.2f} ms of {len(times)} frames")
    say(f"naps delay the last octet by {more:.2f} ms (medians)")
    return more <= DELAY_MAX_MS


def main():
    seconds = float(sys.argv[1])
    meter = sys.argv[2] if len(sys.argv) > 2 else "kaifa-ma304"
    lines, good = [], []

    def measure(what, *arguments):
        rig = Rig()
        try:
            good.append(what(rig, *arguments, seconds, lines.append))
        except Exception as error:  # pylint: disable=broad-except  # told below
            lines.append(f"{what.__name__}: {error}")
        finally:
            rig.close()

    threads = [threading.Thread(target=measure, args=(wake_ups, meter)),
               threading.Thread(target=measure, args=(delays,))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("\n".join(lines))
    return 0 if good == [True, True] else 1


if __name__ == "__main__":
    sys.exit(main())
