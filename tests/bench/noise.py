"""One port brings garbage as fast as it is read: how much later are the values of the other meters?

    noise.py [--meters N] [--seconds S]

Half of the meters (tests/bench/swarm.c) are on pseudo terminals, the other half on TCP ports; one more terminal is
flooded with random octets and left alone in turn. A delay is from a frame's last octet, written, to its reading at a
subscriber. Prints figures, and at the end lines `NAME | figure | must | aim`; exit status 1 when one is not as it must
be.
"""
import argparse
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import time

from crowd import Crowd, key_of
from rig import Rig

WARM_S = 30     # until the daemon knows the meters' habits
TURN_S = 5      # with garbage, or without
SETTLE_S = 0.5  # of a turn, that do not count
MUST = 1.2
FLOOD = """
import os, sys
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))  # it stands for a line, which needs no processor
port, octets = int(sys.argv[1]), os.urandom(1 << 20)
while True:
    for at in range(0, len(octets), 4096):
        os.write(port, octets[at:at + 4096])
"""


class Flood:
    """Garbage on a port, on and off."""

    def __init__(self, rig):
        self.port = rig.port()
        os.set_blocking(self.port.master, True)
        self.process = subprocess.Popen([sys.executable, "-c", FLOOD, str(self.port.master)],
                                        pass_fds=[self.port.master], stdin=subprocess.DEVNULL)
        rig.keep(self)
        self.set(False)

    def set(self, on):
        self.process.send_signal(signal.SIGCONT if on else signal.SIGSTOP)

    def written(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/io").read_text(encoding="ascii")
        return int(re.search(r"^wchar: (\d+)", text, re.M)[1])

    def close(self):
        self.process.kill()
        self.process.wait()


def in_turns(crowd, flood, seconds):
    """(begin, end, whether there was garbage) of each turn, real-time clock."""
    turns = []
    for number in range(2 * max(1, round(seconds / TURN_S / 2))):
        flood.set(number % 2 == 1)
        begin, octets, before = time.time(), flood.written(), crowd.costs()
        time.sleep(TURN_S)
        turns.append((begin + SETTLE_S, time.time(), number % 2 == 1))
        if number % 2 == 1:
            print(f"garbage: {(flood.written() - octets) / TURN_S / 1e6:.2f} MB/s, the daemon's main thread takes "
                  f"{(crowd.costs() - before).main_ns / TURN_S / 1e7:.0f} % of a core", flush=True)
    flood.set(False)
    return turns


def delays(crowd, turns):
    """{(kind, garbage): [seconds, ...]}"""
    written = crowd.swarm.frames()
    time.sleep(1)
    found = {(kind, noisy): [] for kind in ("pty", "tcp") for noisy in (False, True)}
    for heard in crowd.readings.since():
        key = key_of(heard)
        kind = "pty" if int(key[0][-6:]) < crowd.count / 2 else "tcp"
        noisy = next((turn[2] for turn in turns if turn[0] <= written[key] <= turn[1]), None)
        if noisy is not None:
            found[kind, noisy].append(heard.time - written[key])
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--meters", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    arguments = parser.parse_args()
    half = arguments.meters // 2
    rig = Rig()
    try:
        flood = Flood(rig)
        crowd = Crowd(rig, half, half, [flood.port.path])
        crowd.swarm.say("play")
        time.sleep(WARM_S)
        found = delays(crowd, in_turns(crowd, flood, arguments.seconds))
    finally:
        rig.close()
    good = True
    for (kind, noisy), times in found.items():
        print(f"{kind}, {'with' if noisy else 'without'} garbage: median {1000 * statistics.median(times):.3f} ms, "
              f"worst {1000 * max(times):.1f} ms of {len(times)} frames")
    for kind in ("pty", "tcp"):
        figure = statistics.median(found[kind, True]) / statistics.median(found[kind, False])
        good = good and figure <= MUST
        print(f"p50 of the others beside garbage, {kind} | {figure:.2f} | <= {MUST} |")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
