"""One daemon and many meters, at their own pace.

    meters.py [--counts 1,10,100,1000] [--kinds pty,tcp] [--seconds S]

For each count on pseudo terminals and on TCP: Kaifa MA304s with all they say (tests/bench/swarm.c), octets at
2400 baud, a real broker, a subscriber to the readings. Processor time is that of all threads of the daemon, from the
scheduler's own account; that at the same instant is the main thread's alone, which hands messages over and sends none.
A meter's buffers are its station and its port, as tests/bench/sizes.c has them. Prints figures, and at the end lines
`NAME | figure | must | aim`; exit status 1 when one is not as it must be.
"""
import argparse
import sys
import time

from crowd import Crowd, resident, sizes
from rig import Rig

WARM_S = 30    # until the daemon knows the meters' habits
BURSTS = 10
PAUSE_S = 0.5  # between them


class Figures:
    """Of so many meters."""

    def __init__(self, crowd, seconds):
        self.count = crowd.count
        self.rested_s = crowd.rested_s
        self.bursts = []
        for _ in range(BURSTS):
            self.bursts.append(crowd.burst())
            time.sleep(PAUSE_S)
        crowd.swarm.say("play")
        time.sleep(WARM_S)
        mark, before, swarm = crowd.readings.mark(), crowd.costs(), crowd.swarm.cpu_s()
        time.sleep(seconds)
        self.spent = crowd.costs() - before
        self.swarm_share = (crowd.swarm.cpu_s() - swarm) / seconds
        self.frames = len(crowd.readings.since(mark))
        self.resident = resident(crowd.daemon.pid)
        self.kept, (self.devices, self.announcing) = crowd.kept(), crowd.announcement()

    def each(self, name):
        return getattr(self.spent, name) / max(self.frames, 1)

    def burst_us(self):
        costs = sorted(cost.main_ns for cost in self.bursts)
        return costs[len(costs) // 2] / self.count / 1000

    def told(self):
        """What a broker and Home Assistant have of them."""
        topics = [heard for heard in self.kept if heard.topic.startswith("han/m")]
        devices = [heard for heard in self.kept if heard.topic.startswith("homeassistant/device/")]
        span = self.devices[-1].time - self.devices[0].time
        return (f"      the broker keeps {len(topics) / self.count:.1f} topics for each meter, "
                f"{sum(len(h.topic) + h.len for h in topics) / self.count:.0f} octets, and {len(devices)} devices of "
                f"{sum(h.len for h in devices) / max(len(devices), 1):.0f} octets; when Home Assistant starts it is "
                f"told of {len(self.devices)} devices in {span:.2f} s, for which the daemon takes "
                f"{self.announcing.cpu_ns / 1e9:.2f} s of processor time")

    def __str__(self):
        return (f"{self.count:5} meters: {self.frames} frames; us per frame: {self.each('cpu_ns') / 1000:.1f}, "
                f"{self.each('main_ns') / 1000:.1f} of them on the main thread; wake-ups per frame: "
                f"{self.each('main_wakes'):.2f} and {self.each('others_wakes'):.2f} of the others; "
                f"at the same instant {self.burst_us():.1f} us each on the main thread; "
                f"resident {self.resident / 1024:.0f} KiB; at rest {self.rested_s:.0f} s after the start; "
                f"the meters take {100 * self.swarm_share:.0f} % of a core")


def measure(count, kind, seconds):
    rig = Rig()
    try:
        crowd = Crowd(rig, *((count, 0) if kind == "pty" else (0, count)))
        figures = Figures(crowd, seconds)
    finally:
        rig.close()
    print(f"{kind}: {figures}\n{figures.told()}", flush=True)
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--counts", default="1,10,100,1000")
    parser.add_argument("--kinds", default="pty,tcp")
    parser.add_argument("--seconds", type=float, default=60)
    arguments = parser.parse_args()
    counts = [int(count) for count in arguments.counts.split(",")]
    rows = []
    buffers = sizes()
    for kind in arguments.kinds.split(","):
        figures = [measure(count, kind, arguments.seconds) for count in counts]
        first, last = figures[0], figures[-1]
        more = (last.resident - first.resident) / max(last.count - first.count, 1)
        print(f"{kind}: a further meter takes {more / 1024:.1f} KiB; its buffers: "
              f"{', '.join(f'{name} {size / 1024:.1f}' for name, size in buffers.items())} KiB")
        rows += [(f"CPU per frame, {last.count} meters / {first.count}, {kind}",
                  last.each("cpu_ns") / first.each("cpu_ns"), 1.2, 0.9),
                 (f"resident per further meter beyond its buffers, KiB, {kind}",
                  (more - sum(buffers.values())) / 1024, 4, None),
                 (f"us on the main thread for each of {last.count} frames at the same instant, {kind}",
                  last.burst_us(), 10, None)]
    for name, figure, must, aim in rows:
        print(f"{name} | {figure:.2f} | <= {must} | {'' if aim is None else f'<= {aim}'}")
    return 0 if all(figure <= must for _, figure, must, _ in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
