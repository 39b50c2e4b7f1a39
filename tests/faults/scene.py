"""A broker, a meter that talks on, the daemon and the way between them, and somebody who listens."""
import json
import random

from hours import UTC, Listener
from rig import pause, until
from row import CALM, Talk, given
from way import Way

METER = "6970631400000303"


class Scene:
    """target: the port that the daemon is led to, if it is not the broker's own. The other keys are those of [mqtt],
    with _ for -; login is that of who listens, wrap stands in front of the daemon's command."""

    def __init__(self, rig, extra="", broker=None, target=None, talk=None, login=None, wrap=(), **mqtt):
        self.rig = rig
        self.broker = broker or rig.broker(extra)
        self.way = rig.keep(Way(target or self.broker.port, mqtt.get("host", "127.0.0.1"), "tls" in mqtt))
        self.login = login or {}
        self.watcher = rig.keep(Listener(self.broker, **self.login))
        self.port = rig.port()
        self.mqtt = {"port": self.way.port, "commands": "yes", **{k.replace("_", "-"): v for k, v in mqtt.items()}}
        self.daemon = rig.daemon(self.setting(), env=UTC, wrap=wrap)
        self.talk = Talk(self.port, METER, **talk or {})
        self.talk.start()
        self.watcher.expect(f"han/{METER}/hourly", timeout=CALM)
        self.client = self.watcher.expect("han/bridge/[^/]+/availability", "online").topic.split("/")[2]
        self.warm_up()
        pause(random.Random(f"{given('SEED', 1)} {extra} {mqtt}").uniform(0, 0.5))  # any moment of the talk
        self.unheard = 0
        with self.talk.quiet:
            self.unheard = self.missed()
            self.before, self.mark = self.talk.lists, self.watcher.mark()

    def setting(self, **mqtt):
        return self.rig.setting(self.broker, self.port, mqtt={**self.mqtt, **mqtt})

    def warm_up(self):
        """One more session, so that what is made once is made."""
        mark = self.watcher.mark()
        self.way.cut()
        for topic in (f"han/bridge/{self.client}/availability", "homeassistant/device/[^/]+/config"):
            self.watcher.expect(topic, since=mark, timeout=CALM)

    def restart_with(self, extra):
        """The broker is killed, and has this in its configuration when it is back."""
        self.broker.kill()
        self.broker.extra = extra
        self.restart()

    def restart(self):
        """The broker forgets everything and everybody; nobody reaches it before somebody listens."""
        self.way.shut()
        self.broker.start()
        old, self.watcher = self.watcher, self.rig.keep(Listener(self.broker, **self.login))
        self.watcher.entries[:0] = old.since()
        old.close()
        self.way.open()

    def right(self):
        """Everything that the broker must keep is kept, discovery too, and every hour came."""
        kept = {t: m.payload for t, m in self.broker.retained(**self.login).items()}
        return self.talk.state().items() <= kept.items() and \
            kept.get(f"han/bridge/{self.client}/availability") == "online" and \
            f"homeassistant/device/hanmqttd_{METER}/config" in kept and \
            sum(t.endswith("/info") for t in kept) == 2 and not self.talk.missing(self.watcher)

    def dropped(self):
        """The counter, as of now."""
        topic = f"han/{METER}/diagnostics/dropped"
        mark = self.watcher.mark()
        self.watcher.publish(f"han/bridge/{self.client}/command/announce", "PRESS")
        return int(self.watcher.expect(topic, since=mark).payload)

    def hear(self, count):
        """Waits until the meter has said so many more lists."""
        said = self.talk.lists
        until(f"{count} lists", lambda: self.talk.lists >= said + count, 20 + count / 20)

    def readings(self):
        return [m for m in self.watcher.since() if m.topic == f"han/{METER}/reading"]

    def missed(self):
        """How many readings nobody heard, of a meter that is quiet: the newest is awaited."""
        def newest():
            came = self.readings()
            return came and json.loads(came[-1].payload)["values"]["power_active_import"] == self.talk.count
        until("the newest reading", newest, CALM)
        return self.talk.lists - len(self.readings()) - self.unheard

    def conflated(self, row):
        """How many values the newer ones have replaced while they waited: some, or nothing was held up."""
        came = [m for m in self.watcher.since(self.mark) if m.topic == f"han/{METER}/power_active_import"]
        replaced = self.talk.lists - self.before - len(came)
        assert replaced > 0, "all of them came"
        row.missed("values replaced by newer ones", replaced)

    def finish(self, row):
        """Ends the talk, waits for all of it, and says what it lacks."""
        self.talk.stop()
        row.right("every topic and hour", self.right)
        row.lost("hours", len(self.talk.missing(self.watcher)))
        missed = self.missed()
        row.missed("readings", missed)
        return missed
