"""The daemon against the least that a program can do for the same messages (floor.c), in the same run.

    versus.py [--only NAME]... [--frames N] [--turns N] [--seconds N]

Both listen to a port each, and publish to one private mosquitto: the daemon what it decodes, the floor as many
messages of the same sizes, which were taken from the daemon before. A driver in C (versus-line.c) plays both meters
and subscribes. What comes first changes with every turn. NAME is one of:

    latency      last octet in, last message of its frame at a subscriber: medians
    cpu          CPU time of all threads for a frame, frames written whole, the next when the last has come
    cpu-paced    the same with octets at the pace of 2400 baud; the floor wakes for each, the daemon takes naps
    wake-ups     of the main thread, for a frame at that pace
    memory       resident set after 1,000 frames, beside the floor linked with the same libraries
    start        from the start to READY=1, without broker and without meter
    allocations  on the heap for a frame, those of libmosquitto aside
    growth       of the resident set, from 1,000 frames to a million (--frames)

Prints "NAME | figure | must | aim" at the end; exit status 1 when a must is missed.
"""
import argparse
import collections
import mmap
import os
import pathlib
import re
import socket
import statistics
import struct
import subprocess
import sys
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "support"), str(TESTS / "e2e")]

from programs import HANMQTTD  # noqa: E402
from rig import Rig, config, environment, free_port  # noqa: E402

BENCH = pathlib.Path(os.environ.get("HANMQTTD_BENCH", TESTS.parent / "build/tests/bench"))
LISTS = (1, 2, 3)
WARM = 200  # frames, until the daemon knows how often a value comes
STARTS = 20
RUNS = 5
REST_S = 4  # until the daemon has given back what only the start needed
HOUR = 1800  # frames: all lists
WINDOW = 8  # frames under way when there are many
IGNORED = ("libmosquitto",)


# ---- processes ----

def read(pid, name):
    return pathlib.Path(f"/proc/{pid}/{name}").read_text(encoding="ascii")


def cpu_us(pid):
    """Of all threads, from the scheduler's own count of nanoseconds."""
    tasks = pathlib.Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text(encoding="ascii").split()[0]) for task in tasks) / 1000


def switches(pid):
    """Of the main thread, of its own will: each is a wake-up."""
    return int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", read(pid, "status"), re.M)[1])


def resident_kib(pid):
    return int(re.search(r"^VmRSS:\s+(\d+)", read(pid, "status"), re.M)[1])


def memory_kib(pid):
    """Resident, private, and the share of what others have too."""
    rollup = read(pid, "smaps_rollup")
    field = {name: int(kib) for name, kib in re.findall(r"^(\w+):\s+(\d+) kB", rollup, re.M)}
    return field["Rss"], field["Private_Clean"] + field["Private_Dirty"], field["Pss"]


class Line:
    """The driver: two ports and a subscriber."""

    def __init__(self, rig, broker, *more):
        self.directory = rig.directory("line")
        self.process = subprocess.Popen([BENCH / "versus-line", self.directory, str(broker.port), *more],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="ascii")
        rig.keep(self)
        assert self.process.stdout.readline() == "ready\n", "the driver does not start"

    def do(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, f"the driver ended at {words}"
        return answer.split()

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


class Floor:
    """floor.c with the daemon's messages."""

    def __init__(self, rig, program, broker, line, messages):
        path = rig.directory("floor") / "messages"
        path.write_text(messages, encoding="utf-8")
        self.process = subprocess.Popen([BENCH / program, line.directory / "b", str(broker.port), path],
                                        stdout=subprocess.PIPE, encoding="ascii")
        rig.keep(self)
        self.pid = self.process.pid
        assert self.process.stdout.readline() == "ready\n", "the floor does not start"

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.stdout.close()
            self.process.wait()


# ---- what the daemon says ----

def listen(rig, broker, line, env=None):
    """The daemon on port a, which knows its meter."""
    watcher = broker.watch()
    settings = config(broker.port, line.directory / "a", mqtt={"topic-prefix": "versus-a", "client-id": "versus-a"},
                      meter={"baud": 2400, "format": "8N1"})
    daemon = rig.daemon(settings, env=env)
    watcher.expect("versus-a/bridge/[^/]+/availability", "online")
    line.do("send", "a", 2)
    watcher.expect("versus-a/[^/]+/reading")
    watcher.expect(r"[^/]+/device/.*", timeout=20)  # Home Assistant is told when all that was kept is known
    watcher.close()
    line.do("run", "a", WARM, 1)
    return daemon


def row(message):
    name = message.topic.replace("versus-a", "versus-b", 1)
    return f"message {message.qos} {message.retain:d} {message.expiry or 0} {name} {message.payload}\n"


def record(broker, line):
    """Its messages for each list, and for each minute, as the floor reads them."""
    watcher = broker.watch()
    watcher.barrier()
    text = ""
    for number in LISTS:
        mark = watcher.mark()
        octets = line.do("send", "a", number)[0]
        watcher.expect("versus-a/[^/]+/reading", since=mark)
        text += f"frame {octets}\n" + "".join(map(row, until_reading(watcher.since(mark))))
    watcher.close()
    return text


def until_reading(messages):
    last = next(i for i, m in enumerate(messages) if m.topic.endswith("/reading"))
    return [m for m in messages[:last + 1] if "/diagnostics/" not in m.topic]


def record_minute(broker):
    """The counters that go out once a minute, whatever the meter says."""
    watcher = broker.watch()
    watcher.expect("versus-a/[^/]+/diagnostics/last_frame_age", timeout=70)
    watcher.barrier()
    found = {m.topic: m for m in watcher.messages("versus-a/[^/]+/diagnostics/.*")}
    watcher.close()
    return "minute\n" + "".join(map(row, found.values()))


# ---- measurements ----

class Bench:
    def __init__(self, options):
        self.options = options
        self.rows = []
        self.missed = False

    def wants(self, *names):
        return not self.options.only or bool(set(names) & set(self.options.only))

    def tell(self, name, figure, must, aim, unit=""):
        if not self.wants(name):
            return
        self.missed |= figure > must
        self.rows.append(f"{name} | {figure:.3g}{unit} | {must:g}{unit} | {aim:g}{unit}")

    def say(self, text):
        print(text, flush=True)

    # ---- side by side ----

    def side_by_side(self, rig):
        broker = rig.broker("log_type none")
        line = Line(rig, broker)
        daemon = listen(rig, broker, line)
        messages = record(broker, line) + record_minute(broker)
        floor = Floor(rig, "floor", broker, line, messages)
        line.do("run", "b", WARM, 1)
        if self.wants("latency", "cpu"):
            self.whole(line, daemon.pid, floor.pid)
        if self.wants("cpu-paced", "wake-ups"):
            self.paced(line, daemon.pid, floor.pid)

    def whole(self, line, daemon, floor):
        before = cpu_us(daemon), cpu_us(floor)
        turns = self.options.turns
        ours, our_mean, theirs, their_mean = map(float, line.do("turns", turns))
        cpu = [(cpu_us(pid) - b) / turns for pid, b in zip((daemon, floor), before)]
        self.say(f"last octet to last message at a subscriber, {turns} frames each in turn: daemon median {ours:.0f} "
                 f"us, mean {our_mean:.0f} us; floor {theirs:.0f} us, {their_mean:.0f} us")
        self.say(f"CPU for such a frame, all threads: daemon {cpu[0]:.1f} us, floor {cpu[1]:.1f} us")
        self.tell("latency", ours / theirs, 1.15, 1.05)
        self.tell("cpu", cpu[0] / cpu[1], 1.25, 1.05)

    def paced(self, line, daemon, floor):
        line.do("pace", 20, 600)  # the daemon learns the line's pace
        counts = max(int(self.options.seconds / 1.2), 10)
        cpu, wakes = (cpu_us(daemon), cpu_us(floor)), (switches(daemon), switches(floor))
        ours, _, theirs, _ = map(float, line.do("pace", counts, 800))
        cpu = [(cpu_us(pid) - b) / counts for pid, b in zip((daemon, floor), cpu)]
        wakes = [(switches(pid) - b) / counts for pid, b in zip((daemon, floor), wakes)]
        self.say(f"{counts} frames at 2400 baud: CPU for each: daemon {cpu[0]:.0f} us, floor {cpu[1]:.0f} us; wake-ups "
                 f"of the main thread: daemon {wakes[0]:.2f}, floor {wakes[1]:.1f}; last octet to last message: "
                 f"daemon {ours:.0f} us, floor {theirs:.0f} us")
        self.tell("cpu-paced", cpu[0] / cpu[1], 1.25, 1.05)
        self.tell("wake-ups", wakes[0], 3, 2)

    # ---- memory ----

    def memory(self, rig):
        """Several of each: how much of a library's code is mapped around what is used changes with its address."""
        broker = rig.broker("log_type none")
        line = Line(rig, broker)
        daemon = None
        kib = []
        for _ in range(RUNS):
            if daemon:
                daemon.stop()
            daemon = listen(rig, broker, line)
            floor = Floor(rig, "floor-linked", broker, line, record(broker, line))
            for port, warm in (("a", WARM), ("b", 0)):
                line.do("run", port, 1000 - warm, WINDOW)
            time.sleep(REST_S)
            kib.append(memory_kib(daemon.pid) + memory_kib(floor.pid))
            floor.close()
        ours, private, share, theirs, their_private, their_share = map(statistics.median, zip(*kib))
        self.say(f"resident after 1,000 frames, medians of {RUNS}: daemon {ours} KiB, {private} KiB private, Pss "
                 f"{share} KiB; floor with the same libraries {theirs} KiB, {their_private} KiB, Pss {their_share} KiB")
        self.tell("memory", ours / theirs, 1.15, 1.05)
        if self.wants("growth"):
            self.growth(line, daemon.pid)

    def growth(self, line, daemon):
        before, begun, left = resident_kib(daemon), time.monotonic(), self.options.frames - 1000
        line.do("run", "a", left, WINDOW)
        seconds = time.monotonic() - begun
        time.sleep(REST_S)
        grown = resident_kib(daemon) - before
        self.say(f"resident set from 1,000 to {self.options.frames} frames: {before} to {before + grown} KiB; "
                 f"{left / seconds:.0f} frames a second")
        self.tell("growth", grown, 4, 0, " KiB")

    # ---- the heap ----

    def allocations(self, rig):
        counts = Counts(rig.directory("allocations") / "counts")
        broker = rig.broker("log_type none")
        line = Line(rig, broker, counts.path)
        daemon = listen(rig, broker, line, {"LD_PRELOAD": str(BENCH / "liballocations.so"),
                                            "ALLOCATIONS": str(counts.path)})
        line.do("run", "a", HOUR, 1)  # texts are as long as they get,
        time.sleep(REST_S)  # and the hour's registers are on disk and acknowledged
        before, frames = counts.begin(), HOUR
        line.do("run", "a", frames, 1)
        after = counts.read()
        taken = outlived = 0
        for name, now in sorted(after.items()):
            t, g, o = (n - b for n, b in zip(now, before.get(name, (0, 0, 0))))
            if t or g:
                self.say(f"heap of {name}: {t / frames:.2f} blocks taken for a frame, {o + max(t - g, 0)} of {t} "
                         f"outlived theirs")
            if not name.startswith(IGNORED):
                taken += t
                outlived += o + max(t - g, 0)
        assert daemon.process.poll() is None
        self.tell("allocations", outlived / frames, 0, 0, " that outlive their frame")
        self.tell("allocations", taken / frames, float("inf"), 0, " for a frame")

    # ---- the start ----

    def start(self, rig):
        """The first one of all makes the database of the hourly registers, and waits for the disk."""
        directory = rig.directory("start")
        first = start_ms(directory)
        times = sorted(start_ms(directory) for _ in range(STARTS))
        self.say(f"start to READY, no broker, no meter: median {statistics.median(times):.1f} ms of {STARTS}, "
                 f"{times[0]:.1f} to {times[-1]:.1f} ms; the first one, with nothing on disk, {first:.1f} ms")
        self.tell("start", statistics.median(times), 50, 10, " ms")


class Counts:
    """The file of allocations.h."""

    HEAD, OBJECT, OBJECTS = struct.Struct("=QQ"), struct.Struct("=64sQQQ"), 32

    def __init__(self, path):
        self.path = path
        path.write_bytes(bytes(self.HEAD.size + self.OBJECT.size * self.OBJECTS))
        with open(path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), 0)

    def begin(self):
        """What is taken from here on is looked at."""
        epoch, _ = self.HEAD.unpack_from(self.map)
        self.HEAD.pack_into(self.map, 0, epoch + 1, epoch + 1)
        return self.read()

    def read(self):
        found = collections.defaultdict(lambda: (0, 0, 0))
        for i in range(self.OBJECTS):
            name, *numbers = self.OBJECT.unpack_from(self.map, self.HEAD.size + i * self.OBJECT.size)
            if any(numbers):
                name = name.rstrip(b"\0").decode() or "others"
                found[name] = tuple(map(sum, zip(found[name], numbers)))
        return dict(found)


def start_ms(directory):
    path, notify = directory / "hanmqttd.conf", directory / "notify"
    path.write_text(config(free_port(), directory / "no-such-port"), encoding="utf-8")
    notify.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notes:
        notes.bind(str(notify))
        notes.settimeout(20)
        begun = time.monotonic()
        with subprocess.Popen([*HANMQTTD, "--config", str(path)], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              env=environment(NOTIFY_SOCKET=str(notify), STATE_DIRECTORY=str(directory))) as process:
            while b"READY=1" not in notes.recv(4096):
                pass
            taken = time.monotonic() - begun
            process.terminate()
    return 1000 * taken


def read_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", action="append")
    parser.add_argument("--frames", type=int, default=1000000)
    parser.add_argument("--turns", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=60)
    return parser.parse_args()


def main():
    bench = Bench(read_options())
    for what, names in ((bench.side_by_side, ("latency", "cpu", "cpu-paced", "wake-ups")),
                        (bench.allocations, ("allocations", )), (bench.start, ("start", )),
                        (bench.memory, ("memory", "growth"))):
        if not bench.wants(*names):
            continue
        rig = Rig()
        try:
            what(rig)
        finally:
            rig.close()
    print("\n".join(["NAME | figure | must | aim", *bench.rows]))
    return bench.missed


if __name__ == "__main__":
    sys.exit(main())
