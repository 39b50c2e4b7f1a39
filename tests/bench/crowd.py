"""What the benches with many meters are put together from: the meters, somebody who hears them, the daemon's costs."""
import contextlib
import json
import pathlib
import re
import subprocess
import sys
import threading
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "support"), str(TESTS / "e2e")]

from programs import HANMQTTD  # noqa: E402
from rig import Record, config, environment, until  # noqa: E402

SPEAK_S = 10

BENCH = pathlib.Path(HANMQTTD[-1]).parents[1] / "tests/bench"


class Swarm:
    """The meters of tests/bench/swarm.c."""

    def __init__(self, rig, terminals, ports):
        self.count = terminals + ports
        self.log = rig.directory("swarm") / "log"
        self.process = subprocess.Popen([BENCH / "swarm", str(terminals), str(ports), str(self.log)], encoding="ascii",
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment())
        rig.keep(self)
        self.devices = [self.process.stdout.readline().strip() for _ in range(self.count)]

    def say(self, command):
        """Returns when it was done."""
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline().strip() == command

    def frames(self):
        """(meter, its time) -> when the last octet was written. They speak no more."""
        self.close()
        lines = (line.split() for line in self.log.read_text(encoding="ascii").splitlines())
        return {(meter, when): int(ns) / 1e9 for meter, when, ns in lines}

    def cpu_s(self):
        return Costs(self.process.pid).cpu_ns / 1e9

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


class Heard:
    """One message: when it came (the real-time clock), its topic, its length, and its payload when it was asked for."""

    def __init__(self, line):
        when, self.topic, length, self.payload = line.rstrip("\n").split(" ", 3)
        self.time, self.len = float(when), int(length)


class Ear(Record):
    """mosquitto_sub on a topic; its entries are Heard."""

    def __init__(self, rig, broker, topic, payload=False, options=()):
        super().__init__(f"messages on {topic}")
        self.process = subprocess.Popen(
            ["mosquitto_sub", "-h", "127.0.0.1", "-p", str(broker.port), "-t", topic, "-F",
             f"%U %t %l {'%p' if payload else '-'}", *options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            env=environment(), encoding="utf-8", errors="replace")
        rig.keep(self)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self):
        for line in self.process.stdout:
            self.add(Heard(line))

    def expect(self, count, since, timeout):
        """That many messages."""
        return self.wait(f"{count} messages", lambda seen: len(seen) >= count and seen, since, timeout)

    def close(self):
        self.process.terminate()
        self.process.wait()
        self._thread.join()


def key_of(heard):
    """Which frame a reading is of: the meter, and its time."""
    reading = json.loads(heard.payload)
    return reading["meter_id"], reading["meter_time"][:19]


class Costs:
    """What a process has used so far: nanoseconds on a processor and wake-ups, of its main thread and of the others.
    Threads that have ended count with their nanoseconds, and no longer with their wake-ups."""

    def __init__(self, pid):
        self.main_wakes = self.others_wakes = 0
        self.main_ns = int(pathlib.Path(f"/proc/{pid}/task/{pid}/schedstat").read_text(encoding="ascii").split()[0])
        self.others_ns = time.clock_gettime_ns(~pid << 3 | 2) - self.main_ns  # clock_getcpuclockid(3)
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                status = (task / "status").read_text(encoding="ascii")
                wakes = int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status, re.M)[1])
                if int(task.name) == pid:
                    self.main_wakes = wakes
                else:
                    self.others_wakes += wakes

    @property
    def cpu_ns(self):
        return self.main_ns + self.others_ns

    def __sub__(self, before):
        spent = object.__new__(Costs)
        for name, value in vars(self).items():
            setattr(spent, name, value - getattr(before, name))
        return spent


def resident(pid):
    """Octets."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    return int(re.search(r"^Rss:\s+(\d+) kB", text, re.M)[1]) * 1024


def sizes():
    """What the daemon keeps for each meter, as tests/bench/sizes.c says it: name -> octets."""
    lines = subprocess.run([BENCH / "sizes"], check=True, stdout=subprocess.PIPE, encoding="ascii").stdout.splitlines()
    return {name: int(octets) for name, octets in (line.split() for line in lines)}


class Crowd:
    """A broker, so many meters, and one daemon for them all that has read each of them."""

    def __init__(self, rig, terminals, ports, more=()):
        self.rig = rig
        self.broker = rig.broker("log_type none\nlog_dest none")
        self.readings = Ear(rig, self.broker, "han/+/reading", payload=True)
        self.swarm = Swarm(rig, terminals, ports)
        self.count = self.swarm.count
        devices = [*self.swarm.devices, *more]
        meters = {f"m{i:04}": {} for i in range(len(devices))}
        self.daemon = rig.daemon(config(self.broker.port, *devices, meters=meters))
        self.begun = time.monotonic()
        self.daemon.expect_status("broker connected", timeout=60)
        until("all ports open", lambda: len(self.daemon.lines("serial: .*: open")) >= len(devices), 60)
        self.burst()
        self.rest()
        self.rested_s = time.monotonic() - self.begun

    def costs(self):
        return Costs(self.daemon.pid)

    def kept(self):
        """What the broker keeps."""
        ear = Ear(self.rig, self.broker, "#", options=["--retained-only"])
        counts = [-1, 0]
        while counts[-1] != counts[-2] or not counts[-1]:
            time.sleep(1)
            counts.append(ear.mark())
        return [heard for heard in ear.since() if not heard.topic.startswith("$")]

    def announcement(self):
        """Home Assistant says that it has started: the devices that it is told of, in order, and what that cost."""
        ear = Ear(self.rig, self.broker, "homeassistant/#", options=["-R"])
        time.sleep(1)
        before = self.costs()
        subprocess.run(["mosquitto_pub", "-p", str(self.broker.port), "-t", "homeassistant/status", "-m", "online"],
                       check=True, env=environment())
        devices = ear.expect(self.count + 1, 0, 300)[1:]  # its own message is the first
        return devices, self.costs() - before

    def burst(self):
        """One list of every meter at the same instant, and what that cost until all was published."""
        mark, before = self.readings.mark(), self.costs()
        self.swarm.say("burst")
        self.readings.expect(self.count, mark, 120)
        return self.costs() - before

    def rest(self, share=0.02, timeout=600):
        """Waits until the daemon has nothing more to do. The meters speak meanwhile: a connection over which nothing
        comes would be made anew."""
        spoken = time.monotonic()

        def rests():
            nonlocal spoken
            if time.monotonic() - spoken > SPEAK_S:
                self.burst()
                spoken = time.monotonic()
            before = self.costs()
            time.sleep(1)
            return (self.costs() - before).cpu_ns < share * 1e9
        until("rest", lambda: rests() and rests() and rests(), timeout)
