"""Meters whose hours pass quickly, the broker behind a door, and what came of it all.

The hours are those of the meters' own clocks, in UTC; the number of an hour is its register in kWh too, so that each
message shows which one it is. An hour is owed when the meter has said it and it reached the disk; until then the
meter says it again, as one with registers in each list does.
"""
import contextlib
import datetime
import json
import re
import shutil
import socket
import sqlite3
import threading
import time

from paho.mqtt.subscribeoptions import SubscribeOptions

import kaifa
from rig import Daemon, Watcher, until

EPOCH = datetime.datetime(2026, 1, 1)
UTC = {"TZ": "UTC0"}


def hour_of(number):
    """In seconds, as the database has it."""
    return int((EPOCH + datetime.timedelta(hours=number)).replace(tzinfo=datetime.timezone.utc).timestamp())


def message(meter_id, number):
    """The list of ten seconds past that hour."""
    meter = kaifa.Meter(meter_id)
    meter.when = EPOCH + datetime.timedelta(hours=number, seconds=8)
    return meter.list3(energy_active_cum_import=number * 1000)


def number_of(payload):
    """Which hour a message is of; the register and the clock must agree."""
    said = json.loads(payload)
    when = datetime.datetime.fromisoformat(said["meter_time"]).astimezone(datetime.timezone.utc)
    number = round((when.replace(tzinfo=None) - EPOCH).total_seconds() // 3600)
    assert said["values"]["energy_active_cum_import"] == number, payload
    return number


def arrived(watcher, meter_id, base=None):
    """The hours in the order in which they came, with repetitions."""
    topic = f"{base or 'han/' + meter_id}/hourly"
    return [number_of(m.payload) for m in watcher.since() if m.topic == topic]


def first_of_each(numbers):
    return list(dict.fromkeys(numbers))


def check_all(watcher, meter_id, count, timeout=30, base=None):
    """Every hour from 0 on came, for the first time in order."""
    try:
        until("all of them", lambda: set(arrived(watcher, meter_id, base)) >= set(range(count)), timeout)
    except AssertionError:
        missing = sorted(set(range(count)) - set(arrived(watcher, meter_id, base)))
        raise AssertionError(f"{len(missing)} of {count} hours of {meter_id} are missing: {missing[:50]}") from None
    came = first_of_each(arrived(watcher, meter_id, base))
    assert came == sorted(came), came


def newest(directory, meter_id):
    """The hour that is on disk for sure, by a copy of the directory; -1: none."""
    copy = directory.parent / f"{directory.name}-copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(directory, copy)
    if not (copy / "hourly.db").exists():
        return -1
    with contextlib.closing(sqlite3.connect(copy / "hourly.db")) as db:
        with contextlib.suppress(sqlite3.OperationalError):
            for (hour,) in db.execute("SELECT hour FROM newest WHERE meter = ?", (meter_id,)):
                return (hour - hour_of(0)) // 3600
    return -1


class Listener(Watcher):
    """Hears with QoS 0 what others say: nothing has to be sent to a broker that has just died, which would end the
    connection before all was read that came in time."""

    def _on_connect(self, client, *_):
        client.subscribe("#", options=SubscribeOptions(qos=0, retainAsPublished=True))


class Door:
    """A port that leads to the broker while it is open."""

    def __init__(self, port):
        self.target = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.open = True
        self.connections = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            try:
                if not self.open:
                    raise OSError
                far = socket.create_connection(("127.0.0.1", self.target), 5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            self.connections += [near, far]
            for ends in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=ends, daemon=True).start()

    @staticmethod
    def _carry(source, sink):
        with contextlib.suppress(OSError):
            while octets := source.recv(65536):
                sink.sendall(octets)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def shut(self):
        self.open = False
        for end in self.connections:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.connections = []

    def close(self):
        self.shut()
        self.listener.close()


class Site:
    """A daemon with its state directory, its meters, and the way to its broker."""

    def __init__(self, rig, meter_ids, broker=None, state=None):
        self.rig = rig
        self.broker = broker or rig.broker()
        self.door = Door(self.broker.port)
        self.watcher = None
        self.state = state or rig.directory("state")
        self.meter_ids = meter_ids
        self.ports = [rig.port() for _ in meter_ids]
        self.daemon = None
        self.lock = threading.Lock()

    def watch(self):
        """From here on; only with somebody there who listens may the daemon reach the broker."""
        self.watcher = self.rig.watch(self.broker)

    def start(self, port=None, ready=True, **options):
        config = self.rig.setting(
            self.broker, *self.ports, mqtt={"port": port or self.door.port}, log={"level": "debug"},
            meters={} if len(self.ports) == 1 else {f"m{i}": {"name": m} for i, m in enumerate(self.meter_ids)})
        daemon = Daemon(self.rig, config, env={**UTC, "STATE_DIRECTORY": str(self.state)}, ready=ready, **options)
        with self.lock:
            self.daemon = daemon
        return daemon

    def kill(self):
        """SIGKILL, and nothing of it is left."""
        with self.lock:
            daemon, self.daemon = self.daemon, None
        daemon.process.kill()
        daemon.process.wait()
        daemon.close()
        for record in (daemon.log, daemon.notes):
            self.rig.records.remove(record)

    def stop(self):
        with self.lock:
            daemon, self.daemon = self.daemon, None
        try:
            return daemon.stop()
        finally:
            daemon.close()

    def say(self, index, number):
        self.ports[index].write(message(self.meter_ids[index], number).octets)

    def keep(self, index, number):
        """Says an hour until it is on disk."""
        line = re.compile(rf"hourly: {self.meter_ids[index]}: the register of the hour {hour_of(number)} is on disk")
        said = 0
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with self.lock:
                daemon = self.daemon
            if daemon and time.monotonic() - said > 1:
                with contextlib.suppress(AssertionError):
                    self.say(index, number)
                    said = time.monotonic()
            if daemon and any(line.search(entry.text) for entry in reversed(daemon.log.entries[-200:])):
                return
            if newest_after_death(self, index) >= number:
                return
            time.sleep(0.001)
        raise AssertionError(f"hour {number} of {self.meter_ids[index]} never reached the disk")

    def close(self):
        if self.daemon:
            self.stop()
        self.door.close()


def newest_after_death(site, index):
    """What a daemon that was killed had on disk."""
    return getattr(site, "kept", {}).get(index, -1)
