"""What a fault of the host finds: a meter that talks on, the daemon, its state, and the broker."""
import contextlib
import os
import shutil
import sqlite3
import subprocess

from hours import UTC, Listener, hour_of
from rig import PATIENCE, until
from row import LOADED, Talk
from way import Way

METER = "6970631400000404"
ROOT = os.geteuid() == 0


class Home:
    """A broker behind a door, a meter that talks on, the daemon between them, and somebody who listens."""

    def __init__(self, rig, env=None, wrap=(), state=None, pace_s=0.1, **mqtt):
        self.rig = rig
        self.broker = rig.broker()
        self.way = rig.keep(Way(self.broker.port))
        self.watcher = rig.keep(Listener(self.broker))
        self.state = state or rig.directory("state")
        self.port = rig.port()
        self.text = rig.setting(self.broker, self.port, mqtt={"port": self.way.port, **mqtt})
        self.options = {"env": {**UTC, "STATE_DIRECTORY": str(self.state), **(env or {})}, "wrap": wrap}
        self.daemon = rig.daemon(self.text, **self.options)
        self.talk = Talk(self.port, METER, pace_s)
        self.talk.start()
        self.watcher.expect(f"han/{METER}/hourly", timeout=PATIENCE * LOADED)
        mark = self.watcher.mark()  # one more session, so that what is made once is made
        self.way.cut()
        self.watcher.expect("han/bridge/[^/]+/availability", "online", since=mark, timeout=PATIENCE * LOADED)

    def right(self):
        """Everything that the broker must keep is kept, and every hour came."""
        kept = {t: m.payload for t, m in self.broker.retained().items()}
        return self.talk.state().items() <= kept.items() and not self.talk.missing(self.watcher)

    def finish(self, row):
        """Ends the talk and waits for all of it."""
        self.talk.stop()
        row.right("every topic and hour", self.right)
        row.lost("hours", len(self.talk.missing(self.watcher)))

    def limit(self, what):
        subprocess.run(["prlimit", "--pid", str(self.daemon.pid), what], check=True)

    def expect_hours(self, count):
        """That so many more have come."""
        wanted = self.talk.hours + count
        until("more hours", lambda: self.talk.hours >= wanted and not self.talk.missing(self.watcher),
              PATIENCE * LOADED)


def waiting(home):
    """The hours that the next run would have, by a copy of the directory."""
    copy = home.rig.base / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    with contextlib.suppress(shutil.Error, sqlite3.OperationalError):  # it is only just being made
        shutil.copytree(home.state, copy)
        with contextlib.closing(sqlite3.connect(copy / "hourly.db")) as db:
            return {(hour - hour_of(0)) // 3600 for hour, in db.execute("SELECT hour FROM waiting")}
    return set()
