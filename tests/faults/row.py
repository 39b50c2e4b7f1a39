"""A fault that is really done to the real program, and what came of it: one row of the table.

    with Row("broker killed", daemon, told="connection lost", again="connected to broker") as row:
        broker.kill()
        broker.start()
        row.over()                          # the fault is gone; the program is not right yet
        row.right("all topics", check)      # awaited, and timed
        row.lost("hours", 0)                # what a check or a buffer could have saved: none of it
        row.missed("readings", 12)          # what nobody could have saved; the table shows it

The end of the block asserts the rest: memory and open descriptors are as before; one line of the journal tells
of the fault, which is not told again and again; and one tells that it is over.
"""
import collections
import contextlib
import datetime
import os
import re
import threading
import time

import kaifa
from hours import EPOCH, arrived, first_of_each
from programs import SANITIZED
from rig import ENDED, PATIENCE, until

SOON = 5.0  # seconds to be right again: the contract with a broker that came back
LOADED = 3  # times as long on a machine that does other things too
CALM = 30  # and until something is said; that all is well again, it is only when it stays so
GROWTH_KB = 512  # of resident memory, after a warm-up
LOUD = ("warning", "error")


def given(name, default):
    """A number of the caller's of tests/run: --seed N is SEED."""
    return int(os.environ.get(f"HANMQTTD_TEST_{name}", default))


def descriptors(daemon):
    """What the daemon has open, and how often; one socket is like another, and so is one pseudo terminal."""
    found = collections.Counter()
    for entry in os.scandir(f"/proc/{daemon.pid}/fd"):
        with contextlib.suppress(OSError):  # closed meanwhile
            found[re.sub(r":.*|(?<=^/dev/pts/)\d+$", "", os.readlink(entry.path))] += 1
    return found


def write(name, losses, seconds, grown_kb, line):
    """One line of the table that the suite prints."""
    text = f"{name} | {', '.join(losses)} | {'' if seconds is None else f'{seconds:.1f}'} | {grown_kb:+} | {line}"
    print(text)
    if path := os.environ.get("HANMQTTD_TEST_TABLE"):
        with open(path, "a", encoding="utf-8") as table:  # one write: several processes do
            table.write(text + "\n")


class Row:
    """told and again are regular expressions; None: there is no such line. `loud` is how many warnings and
    errors there may be, the one that is asked for among them; `times` how often that one must be there, None: at
    least once."""

    def __init__(self, name, daemon, told, again=None, *, within=SOON, growth_kb=GROWTH_KB, loud=1, times=1,
                 levels=LOUD):
        self.name, self.daemon = name, daemon
        self.wanted, self.again = told, again
        self.within, self.growth_kb, self.loud, self.times, self.levels = within, growth_kb, loud, times, levels
        if not told:
            self.loud = self.times = 0
        self.losses = []
        self.seconds = self.ended = None

    def __enter__(self):
        def whole():
            found = descriptors(self.daemon)
            return found if not any(name.endswith(".new") for name in found) else None
        self.descriptors = until("nothing half written", whole)
        self.mark = self.daemon.log.mark()
        self.memory_kb = self.daemon.memory_kb()
        return self

    def told(self, timeout=CALM):
        """The line that tells of the fault, awaited."""
        return self.daemon.expect_line(self.wanted, since=self.mark, levels=self.levels, timeout=timeout)

    def over(self):
        self.ended = time.monotonic()

    def right(self, what, check):
        """Waits until check() is true, and takes the time since over(): the figure for the table. Its bound has some
        patience with a machine that does other things too."""
        limit = max(self.within * LOADED, PATIENCE)
        found = until(f"{self.name}: {what}", check, limit - (time.monotonic() - self.ended))
        self.seconds = time.monotonic() - self.ended
        return found

    def lost(self, what, count):
        """What could have been saved."""
        assert count == 0, f"{self.name}: {count} {what} lost"
        self.losses.append(f"0 {what}")

    def missed(self, what, count):
        """What could not."""
        self.losses.append(f"{count} {what}")

    def __exit__(self, kind, *_):
        if kind:
            return
        lines = self.daemon.log.since(self.mark)
        told = self.wanted and [line for line in lines if line.level in self.levels and
                                re.search(self.wanted, line.text, re.I)] or []
        loud = [line.text for line in lines if line.level in LOUD]
        times = max(1, len(told)) if self.times is None else self.times
        assert len(told) == times, f"{self.name}: told {len(told)} times, not {times}: {loud}"
        assert len(loud) <= self.loud, f"{self.name}: {len(loud)} warnings and errors: {loud}"
        if self.again:
            def again():
                seen = self.daemon.log.since(self.mark)
                return [line for line in seen[seen.index(told[-1]) + 1:] if line.level in ("info", "notice")
                        and re.search(self.again, line.text, re.I)]
            until(f"{self.name}: a line with {self.again}", again, CALM)
            assert len(again()) == 1, f"{self.name}: over more than once: {[str(line) for line in again()]}"
        with contextlib.suppress(AssertionError):
            until("the same descriptors", lambda: descriptors(self.daemon) == self.descriptors)
        now = descriptors(self.daemon)
        assert now == self.descriptors, f"{self.name}: open are {now - self.descriptors} more, " \
            f"{self.descriptors - now} less"
        grown_kb = self.daemon.memory_kb() - self.memory_kb
        assert SANITIZED or grown_kb <= self.growth_kb, f"{self.name}: grown by {grown_kb} KiB"
        write(self.name, self.losses, self.seconds, grown_kb, told[0].text if told else "")


class Worker(threading.Thread):
    """Works until it is told to stop; what went wrong meanwhile is the test's result."""

    def __init__(self):
        super().__init__(daemon=True)
        self.error = None
        self.ending = threading.Event()

    def run(self):
        try:
            self.work()
        except BaseException as error:  # told by stop()
            self.error = error

    def work(self):
        raise NotImplementedError

    def stop(self):
        self.ending.set()
        self.join()
        if self.error:
            raise self.error


class Talk(Worker):
    """A meter that goes on talking whatever happens, and every now and then says the next hour with its register, as
    hours.py has them. The daemon runs in UTC. Whoever holds `quiet` makes it pause."""

    def __init__(self, port, meter_id, pace_s=0.1, hour_every=5, full=False):
        super().__init__()
        self.port, self.meter_id, self.pace_s, self.hour_every, self.full = port, meter_id, pace_s, hour_every, full
        self.meter = kaifa.Meter(meter_id)
        self.count = self.hours = self.lists = 0
        self.newest = None  # list with an hour, and so with everything
        self.quiet = threading.Lock()

    def say(self):
        """The power, or all live values; and the next hour when it is time for one."""
        self.count += 1
        if self.count % self.hour_every == 1:
            self.say_hour()
        else:
            self._write(self.meter.list2(power_active_import=self.count) if self.full else
                        self.meter.list1(self.count))

    def say_hour(self):
        self.meter.when = EPOCH + datetime.timedelta(hours=self.hours, seconds=8)
        self.newest = self.meter.list3(power_active_import=self.count, energy_active_cum_import=self.hours * 1000)
        self._write(self.newest)
        self.hours += 1

    def _write(self, message):
        self.port.write(message.octets, PATIENCE * LOADED)
        self.lists += 1

    def work(self):
        while not self.ending.wait(self.pace_s) and not ENDED.is_set():
            with self.quiet:
                self.say()

    def stop(self):
        """With an hour at the end, so that every topic has a new value."""
        super().stop()
        self.say_hour()

    def state(self):
        """What stands on the topics after stop()."""
        said = {f"han/{self.meter_id}/{name}": text for name, text in self.newest.published().items()}
        said[f"han/{self.meter_id}/meter_timestamp"] = f"{self.newest.when.isoformat()}+00:00"
        return {**said, f"han/{self.meter_id}/availability": "online"}

    def missing(self, watcher):
        """The hours that were said and have not come; those that came are in order."""
        came = arrived(watcher, self.meter_id)
        assert first_of_each(came) == sorted(set(came)), came
        return sorted(set(range(self.hours)) - set(came))
