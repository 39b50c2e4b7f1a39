"""A meter in a hurry, the daemon that reads it, its broker, and the books that are kept of it all.

What the daemon has read is known to the octet: its counter `bytes` says how far it has come in what the meter wrote.
So its other counters can be checked exactly: every whole frame up to there is in `frames_ok`, and every other octet in
`discarded_bytes`.
"""
import collections
import os
import subprocess
import threading
import time

from paho.mqtt.subscribeoptions import SubscribeOptions

from hours import Door, Listener, UTC, newest, number_of
from programs import TOP
from rig import PATIENCE, Daemon, Record, config, environment, until

PLAYER = os.environ.get("HANMQTTD_TEST_PLAYER", str(TOP / "build/tests/faults/player"))
METER = "6970631400000101"
KERNEL = 65536  # octets that a pseudo terminal may hold, with some to spare
FRAME = 400  # octets of a frame that has only begun
FLAGS = 2  # of a damaged frame, that may count as those between frames
WATCHDOG_S = 10
PLAY_S = 120  # for some ten thousand frames, at most

SAVED_S = 10  # seconds after which an hour is on disk even on a busy machine

Hour = collections.namedtuple("Hour", "number begin end time")  # end 0: damaged, or said to nobody
Death = collections.namedtuple("Death", "sent kept time")
Count = collections.namedtuple("Count", "whole octets frames")  # octets: of the whole ones


class Player(Record):
    """tests/faults/player.c; one thread commands it, another may pull the plug."""

    def __init__(self, rig, seed, hour):
        super().__init__("player")
        self.path = str(rig.directory("player") / "tty")
        self.hours = []
        self.process = subprocess.Popen([PLAYER, self.path, str(seed), str(hour)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, encoding="ascii", env=environment())
        self.lock = threading.Lock()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()
        self.wait("plugged", lambda seen: self._answer(seen, "plugged"))

    def _read(self):
        for line in self.process.stdout:
            word, *rest = line.split()
            if word == "hour":
                self.hours.append(Hour(*map(int, rest), time.monotonic()))
            else:
                self.add((word, [int(n) for n in rest]))
        self.add(("ended", []))

    @staticmethod
    def _answer(seen, word):
        return next(([numbers] for said, numbers in seen if said == word), None)

    def say(self, command):
        with self.lock:
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()

    def ask(self, command, word, timeout=None):
        mark = self.mark()
        self.say(command)
        return self.wait(word, lambda seen: self._answer(seen, word), mark, timeout)[0]

    def played(self, mark, daemon):
        """What it says when it has, awaited, as long as somebody reads it."""
        def check(seen):
            assert daemon.process.poll() is None, f"hanmqttd ended with {daemon.process.returncode}"
            return self._answer(seen, "played")
        return self.wait("played", check, mark, PLAY_S)[0]

    def where(self):
        return self.ask("where", "at")[0]

    def count(self, command, offset):
        count = Count(*self.ask(f"{command} {offset}", "count"))
        assert count.whole >= 0, f"{command} {offset}: that is long ago"
        return count

    def close(self):
        self.process.stdin.close()
        self.thread.join(PATIENCE)
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Subscriber(Listener):
    """Not to the values: those are too many for it."""

    TOPICS = ("han/+/hourly", "han/+/diagnostics/+", "han/+/availability", "han/bridge/+/availability", "test/#")

    def _on_connect(self, client, *_):
        client.subscribe([(topic, SubscribeOptions(qos=0, retainAsPublished=True)) for topic in self.TOPICS])


class Books:
    """Which stretches of what the meter wrote have been read, and whether the counters agree.

    A stretch begins with a daemon or with a port. After a kill it is not known where: until the books are balanced.
    """

    def __init__(self, player):
        self.player = player
        self.stretches = []  # (begin, end)
        self.begin = 0
        self.said_before = Count(0, 0, 0)  # what had begun before that
        self.before = {}  # the counters then
        self.death = None  # what is not known yet
        self.unsaved = []  # hours that were read, and not yet on disk when the daemon was killed

    def since(self, counters, name):
        return counters[name] - self.before.get(name, 0)

    def balance(self, counters, sent, all_read):
        """What is wrong with these counters, or "". sent: octets that the meter has written."""
        read = self.since(counters, "bytes")
        begin = sent - read if self.death else self.begin
        if self.death and not self.begin <= begin <= self.death.sent:
            return f"read from {begin} on, not from {self.begin} … {self.death.sent}"
        if not sent - (0 if all_read else KERNEL) <= begin + read <= sent:
            return f"read up to {begin + read} of {sent}"
        before = self.player.count("begun", begin) if self.death else self.said_before
        said = Count(*(b - a for a, b in zip(before, self.player.count("ended", begin + read))))
        if self.since(counters, "frames_ok") != said.whole:
            return f"{self.since(counters, 'frames_ok')} frames read, {said.whole} were whole"
        rest, flags = read - said.octets, FLAGS * (said.frames - said.whole)
        if not rest - flags - FRAME <= self.since(counters, "discarded_bytes") <= rest:
            return f"{self.since(counters, 'discarded_bytes')} octets discarded, {rest} were no frame's"
        if self.death:
            self._bury(begin)
            self.begin_at(begin)
        return ""

    def begin_at(self, offset):
        self.begin, self.said_before = offset, self.player.count("begun", offset)

    def _bury(self, begin):
        unsaved = [hour for hour in self.player.hours if hour.number > self.death.kept and 0 < hour.end <= begin]
        late = [hour for hour in unsaved if self.death.time - hour.time > SAVED_S and hour.begin >= self.begin]
        assert not late, f"not on disk after {SAVED_S} s: {late}"
        self.unsaved += [hour.number for hour in unsaved]
        self.stretches.append((self.begin, begin))
        self.death = None

    def end(self, counters):
        """Another stretch follows, with the same daemon."""
        self.stretches.append((self.begin, self.begin + self.since(counters, "bytes")))
        self.before = counters

    def killed(self, sent, kept):
        """The next stretch begins where the one that was read last has ended. kept: the newest hour on disk."""
        assert not self.death
        self.death = Death(sent, kept, time.monotonic())
        self.before = {}

    def owed(self):
        """The hours that were read whole and that the disk could keep."""
        return [hour.number for hour in self.player.hours if hour.end and hour.number not in self.unsaved
                and any(begin <= hour.begin and hour.end <= end for begin, end in self.stretches)]


class Soak:
    """All of it."""

    def __init__(self, rig, seed, hour):
        self.rig = rig
        self.player = rig.keep(Player(rig, seed, hour))
        rig.records.append(self.player)
        self.broker = rig.broker("log_type error\nlog_type notice\n")
        self.door = rig.keep(Door(self.broker.port))
        self.watcher = None
        self.watch([])
        self.state = rig.directory("state")
        self.books = Books(self.player)
        self.daemon = None
        self.lives = []
        rig.keep(self)

    # ---- the parts ----

    def watch(self, seen):
        self.watcher = Subscriber(self.broker)
        self.watcher.entries[:0] = seen
        self.rig.records.append(self.watcher)

    def config(self, level="info"):
        return config(self.door.port, self.player.path, mqtt={"client-id": "soak", "commands": "yes", "keepalive": 5},
                      log={"level": level})

    def start(self):
        self.daemon = Daemon(self.rig, self.config(), env={
            **UTC, "STATE_DIRECTORY": str(self.state), "WATCHDOG_USEC": str(WATCHDOG_S * 1000000)})
        self.lives.append(self.daemon)

    def stop(self):
        status, _ = self.daemon.stop()
        self.daemon.close()
        return status

    def close(self):
        """What is left of a test that failed."""
        if self.daemon and self.daemon.process.poll() is None:
            self.daemon.process.kill()
            self.daemon.process.wait()

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.daemon.pid}/fd"))

    # ---- the books ----

    def counters(self, since):
        """Those that were told together last; None: none since then."""
        said = self.watcher.messages(rf"han/{METER}/diagnostics/.*", since)
        last = max((n for n, m in enumerate(said) if m.topic.endswith("/problem")), default=None)
        if last is None:
            return None
        found = {m.topic.rpartition("/")[2]: m.payload for m in said[:last]}
        return {name: int(text) for name, text in found.items() if text.isdigit()} if "bytes" in found else None

    def await_balance(self, mark, sent, all_read):
        """The counters with which the books balance; they are asked for when none come by themselves."""
        wrong = "no counters came"
        deadline = time.monotonic() + 3 * PATIENCE
        asked = time.monotonic() if not all_read else 0
        while time.monotonic() < deadline:
            if time.monotonic() - asked > 3:
                self.watcher.client.publish("han/bridge/soak/command/announce", "PRESS")
                asked = time.monotonic()
            counters = self.counters(mark)
            if counters:
                wrong = self.books.balance(counters, sent, all_read)
                if not wrong:
                    return counters
                mark = self.watcher.mark()
            time.sleep(0.02)
        raise AssertionError(f"the books do not balance: {wrong}")

    def settle(self):
        """The meter rests, and everything was read."""
        return self.await_balance(self.watcher.mark(), self.player.where(), True)

    def arrived(self):
        return [number_of(m.payload) for m in self.watcher.since() if m.topic == f"han/{METER}/hourly"]

    # ---- the faults: the meter speaks on meanwhile ----

    def kill_daemon(self, numbers):
        time.sleep(numbers.uniform(0, 0.2))
        self.daemon.process.kill()
        self.daemon.process.wait()
        sent = self.player.where()
        kept = newest(self.state, METER)
        self.daemon.close()
        for record in (self.daemon.log, self.daemon.notes):
            self.rig.records.remove(record)
        self.books.killed(sent, kept)
        self.start()

    def kill_broker(self, numbers):
        """As in test_kills.py: who listens is there before the daemon is let in."""
        old = self.watcher
        self.broker.kill()
        self.door.shut()
        until("the end of what the broker had sent", lambda: not old.client.is_connected())
        time.sleep(numbers.uniform(0, 0.5))
        self.broker.start()
        self.rig.records.remove(old)
        self.watch([m for m in old.since() if m.topic.endswith("/hourly")])
        old.close()
        self.door.open = True

    def stop_broker(self, numbers):
        self.broker.pause()
        time.sleep(numbers.uniform(0, 2))
        self.broker.resume()

    def unplug(self, numbers):
        """What the kernel held is lost; the counters tell how much that was."""
        time.sleep(numbers.uniform(0, 0.1))
        mark = self.watcher.mark()
        sent, = self.player.ask("unplug", "unplugged")
        self.daemon.log.wait("port that is lost", lambda seen: any("port lost" in line.text for line in seen))
        self.books.end(self.await_balance(mark, sent, False))
        time.sleep(numbers.uniform(0, 0.5))
        self.books.begin_at(*self.player.ask("plug", "plugged"))

    def reload(self, _numbers):
        self.daemon.reload(self.config())

    def reload_badly(self, _numbers):
        self.daemon.reload("[mqtt]\nhots = x\n")
        self.daemon.reload(self.config())
