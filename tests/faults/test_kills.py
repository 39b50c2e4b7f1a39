"""Daemon and broker are killed at random moments while two meters speak: no hourly register is lost."""
import contextlib
import random
import threading
import time

from hours import Listener, Site, arrived, check_all, newest
from rig import until

METERS = ("6970631400000101", "6970631400000202")
SECONDS = 90


class Meters:
    """Say hour after hour, until they are told to stop."""

    def __init__(self, site):
        self.site = site
        self.over = threading.Event()
        self.counts = [0] * len(site.meter_ids)
        self.errors = []
        self.threads = [threading.Thread(target=self._speak, args=(i,), daemon=True)
                        for i in range(len(site.meter_ids))]
        for thread in self.threads:
            thread.start()

    def _speak(self, index):
        numbers = random.Random(index)
        try:
            while not self.over.is_set():
                self.site.keep(index, self.counts[index])
                self.counts[index] += 1
                time.sleep(numbers.uniform(0, 0.03))
        except BaseException as error:  # the test's result
            self.errors.append(error)

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join()
        assert not self.errors, self.errors


def kill_daemon(site):
    site.kill()
    site.kept = {i: newest(site.state, m) for i, m in enumerate(site.meter_ids)}
    site.start()


def kill_broker(site, numbers):
    """All it knew is gone. Before the door opens somebody listens again: what it acknowledges, it has told."""
    old = site.watcher
    site.broker.kill()
    site.door.shut()
    until("the end of what the broker had sent", lambda: not old.client.is_connected())
    time.sleep(numbers.uniform(0, 0.6))
    site.broker.start()
    site.rig.records.remove(old)
    fresh = Listener(site.broker)
    fresh.entries[:0] = [m for m in old.since() if m.topic.endswith("/hourly")]
    old.close()
    site.watcher = fresh
    site.rig.records.append(fresh)
    site.door.open = True


def test_kills(rig, kills, seed):
    """Every hour that reached the disk reaches the broker, for the first time in order."""
    numbers = random.Random(seed)
    site = Site(rig, METERS)
    with contextlib.closing(site):
        site.watcher = Listener(site.broker)
        rig.records.append(site.watcher)
        site.start()
        meters = Meters(site)
        died = {"daemon": 0, "broker": 0}
        try:
            for _ in range(kills):
                time.sleep(numbers.uniform(0, 0.8))
                if numbers.random() < 0.7:
                    kill_daemon(site)
                    died["daemon"] += 1
                else:
                    kill_broker(site, numbers)
                    died["broker"] += 1
        finally:
            meters.stop()
        for i, meter_id in enumerate(METERS):
            check_all(site.watcher, meter_id, meters.counts[i], 60)
        came = sum(len(arrived(site.watcher, m)) for m in METERS)
        print(f"seed {seed}: {died['daemon']} kills of the daemon, {died['broker']} of the broker; "
              f"{sum(meters.counts)} hours, none missing, {came - sum(meters.counts)} came more than once")
        site.watcher.close()
