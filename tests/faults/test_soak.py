"""Days of a meter in seconds, with faults of every kind: no leak, no stall, no lost register, and the books balance.

By hand for years of it: tests/run faults --frames 10000000 --seed N.
"""
import random
import time

from hours import first_of_each
from programs import SANITIZED
from rig import PATIENCE, until
from row import GROWTH_KB, given, write
from soak import WATCHDOG_S, Soak

FRAMES = given("FRAMES", 100000)
SECONDS = 35
HOUR = 100  # frames: one stands for 36 seconds
ROUND = 20000  # frames between two faults, at most
STALL_S = 10  # without an octet read; what a busy machine may take is less


class Rounds:
    """One fault in each, while the meter speaks. First those that end a daemon too, then as many in a single life."""

    KINDS = ("reload", "reload_badly", "stop_broker", "kill_broker", "unplug")

    def __init__(self, soak, frames, numbers):
        self.soak, self.numbers = soak, numbers
        self.each = min(ROUND, frames // 16)
        self.left = frames
        self.longest_ms = 0
        self.unknown = False  # where the present daemon began to read
        self.faults = 0

    def play(self, fault=None):
        """Some frames, and the fault meanwhile."""
        soak, count = self.soak, min(self.each, self.left)
        mark = soak.player.mark()
        soak.player.say(f"play {count}")
        if fault:
            getattr(soak, fault)(self.numbers)
            self.faults += 1
        *_, waited_ms = soak.player.played(mark, soak.daemon)
        self.left -= count
        if fault != "kill_daemon":
            assert waited_ms < STALL_S * 1000, f"{fault}: nothing was read for {waited_ms} ms"
            self.longest_ms = max(self.longest_ms, waited_ms)

    def all_kinds(self, *more):
        for fault in self.numbers.sample((*self.KINDS, *more), len(self.KINDS) + len(more)):
            if self.unknown and fault in ("unplug", "kill_daemon"):
                self.soak.settle()
                self.unknown = False
            if self.left:
                self.play(fault)
            self.unknown |= fault == "kill_daemon"
        self.soak.settle()
        self.unknown = False


def check_watchdog(daemon):
    """It was fed in time, whatever happened."""
    notes = [note.time for note in daemon.notes.since() if "READY" in note.fields or "WATCHDOG" in note.fields]
    assert max((b - a for a, b in zip(notes, notes[1:])), default=0) < WATCHDOG_S


def check_journal(daemon):
    """Each fault has its line or two, and none is told again and again; what is said of a minute was one."""
    lines = daemon.log.since()
    began = None
    for line in lines:
        if "messages are dropped" in line.text:
            began = line.time
        assert "for a minute" not in line.text or line.time - began > 50, "\n".join(map(str, lines))
    return [line for line in lines if line.level in ("warning", "error")]


def check_hours(soak):
    """Those that came, for the first time in order, none missing; how many there are."""
    owed = soak.books.owed()
    until("all hours", lambda: set(owed) <= set(soak.arrived()), 3 * PATIENCE)
    came = first_of_each(soak.arrived())
    assert came == sorted(came), came
    assert set(came) <= {hour.number for hour in soak.player.hours if hour.end}, "hours that nobody said"
    return owed


def test_soak(rig, seed):
    began = time.monotonic()
    soak = Soak(rig, seed, HOUR)
    rounds = Rounds(soak, FRAMES, random.Random(seed))
    soak.start()
    rounds.play()
    soak.settle()
    while rounds.left > FRAMES // 5 * 3:
        rounds.all_kinds("kill_daemon", "kill_daemon")
    rounds.all_kinds()  # a warm-up of the last life
    memory_kb, descriptors, mark = soak.daemon.memory_kb(), soak.descriptors(), rounds.left
    while rounds.left:
        rounds.all_kinds()
    seconds = time.monotonic() - began
    soak.books.end(soak.settle())
    owed = check_hours(soak)
    assert len(owed) > FRAMES / HOUR * 0.8, "the meter said more"
    until(f"{descriptors} open descriptors as before", lambda: soak.descriptors() == descriptors)
    grown_kb = soak.daemon.memory_kb() - memory_kb
    assert SANITIZED or grown_kb <= GROWTH_KB, f"grown by {grown_kb} KiB in {mark} frames"
    assert soak.stop() == 0
    loud = [line for life in soak.lives for line in check_journal(life)]
    assert len(loud) <= 4 * rounds.faults, "\n".join(map(str, loud))
    for life in soak.lives:
        check_watchdog(life)
    print(f"{FRAMES} frames in {seconds:.0f} s, {len(soak.books.unsaved)} hours not yet on disk at a kill")
    write(f"soak: {FRAMES} frames, {rounds.faults} faults", ["0 hours", "0 frames"], rounds.longest_ms / 1000,
          grown_kb, f"{len(loud)} warnings")
