"""The parts that a test puts together: a broker, a serial port, the daemon, a subscriber.

Everything waits for an event with a deadline. A Rig makes the parts and puts them away.
"""
import array
import contextlib
import datetime
import fcntl
import os
import pathlib
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import termios
import threading
import time
import tty

import paho.mqtt.client
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from programs import HANMQTTD, HANTOOL, SANITIZED

PATIENCE = 20 if SANITIZED else 8  # seconds for what takes a moment
ENDED = threading.Event()  # the session is over: nothing waits any more


class Interrupted(Exception):
    """The session ended while a test was waiting."""


class Record:
    """What happened, in order; several threads add and wait."""

    def __init__(self, name):
        self.name = name
        self.entries = []
        self._changed = threading.Condition()

    def add(self, entry):
        with self._changed:
            self.entries.append(entry)
            self._changed.notify_all()

    def mark(self):
        """From here on: an argument for the others."""
        return len(self.entries)

    def since(self, mark=0):
        with self._changed:
            return self.entries[mark:]

    def wait(self, what, check, since=0, timeout=None):
        """What check(entries) gives as soon as that is true; an assertion fails after the timeout."""
        return self._until(what, lambda: check(self.entries[since:]), timeout)

    def find(self, what, is_wanted, since=0, timeout=None):
        """The first entry that is wanted, awaited. Each is looked at once: there may be tens of thousands, and who
        adds them waits meanwhile."""
        def check():
            nonlocal since
            while since < len(self.entries):
                since += 1
                if is_wanted(self.entries[since - 1]):
                    return self.entries[since - 1]
            return None
        return self._until(what, check, timeout)

    def _until(self, what, check, timeout):
        deadline = time.monotonic() + (PATIENCE if timeout is None else timeout)
        with self._changed:
            while True:
                found = check()
                if found:
                    return found
                if ENDED.is_set():
                    raise Interrupted
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(min(left, 0.5))
        raise AssertionError(f"{self.name}: no {what} in time; the last of it:\n" +
                             "\n".join(str(e) for e in self.entries[-25:]))


def pause(seconds):
    """Only where something is not to happen, or has to be some time ago."""
    if ENDED.wait(seconds):
        raise Interrupted


def until(what, check, timeout=None):
    """For what gives no event of its own."""
    deadline = time.monotonic() + (PATIENCE if timeout is None else timeout)
    while True:
        found = check()
        if found:
            return found
        if ENDED.is_set():
            raise Interrupted
        assert time.monotonic() < deadline, f"not in time: {what}"
        time.sleep(0.02)


_PORTS = iter(random.SystemRandom().sample(range(12000, 30000), 2000))


def free_port():
    """Never the same twice, and none that the kernel gives to somebody else."""
    for port in _PORTS:
        with socket.socket() as s, contextlib.suppress(OSError):
            s.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no free port")


# ---- the broker ----

class Broker:
    """A private mosquitto. It keeps its port over restarts, and nothing else."""

    def __init__(self, rig, extra="", running=True):
        self.rig = rig
        self.dir = rig.directory("broker")
        self.extra = extra
        self.port = free_port()
        self.log = self.dir / "log"
        self.process = None
        if running:
            self.start()

    def start(self):
        """Started, and answering. Another program may have taken the port meanwhile: only the first time."""
        for attempt in range(10):
            config = self.dir / "mosquitto.conf"
            anonymous = "" if "allow_anonymous" in self.extra else "allow_anonymous true\n"
            told = "" if "log_type" in self.extra else "log_type all\n"
            config.write_text(
                f"listener {self.port} 127.0.0.1\n{anonymous}persistence false\nlog_dest stderr\n"
                f"{told}set_tcp_nodelay true\nmax_queued_messages 0\n"
                f"{'user root' if os.geteuid() == 0 else ''}\n{self.extra}\n", encoding="utf-8")
            with open(self.log, "ab") as log:
                self.process = subprocess.Popen(["mosquitto", "-c", str(config)], stdin=subprocess.DEVNULL,
                                                stdout=log, stderr=log, env=environment())
            if self._answers():
                return
            self.process.wait()
            assert attempt < 9 and not self.log.read_text(errors="replace").count(" running"), \
                "mosquitto ended: " + self.log.read_text(errors="replace")
            self.port = free_port()

    def _answers(self):
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return True
            assert time.monotonic() < deadline, "mosquitto does not listen"
            time.sleep(0.01)
        return False

    def kill(self):
        """As the machine's power fails: without a goodbye, and all it knew is lost."""
        self.process.kill()
        self.process.wait()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def said(self):
        """The broker's own log."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def watch(self, **login):
        return Watcher(self, **login)

    def retained(self, **login):
        """What a newcomer gets: topic -> Message."""
        with contextlib.closing(Watcher(self, **login)) as newcomer:
            newcomer.barrier()
            return {m.topic: m for m in newcomer.since() if m.retain and m.payload}

    def close(self):
        if self.process and self.process.poll() is None:
            self.resume()
            self.process.terminate()
            self.process.wait()


class Message:
    """One message as it came from the broker."""

    def __init__(self, message):
        self.time = time.monotonic()
        self.topic = message.topic
        self.payload = message.payload.decode(errors="replace")
        self.qos = message.qos
        self.retain = bool(message.retain)
        self.expiry = getattr(message.properties, "MessageExpiryInterval", None)  # seconds; None: never

    def __str__(self):
        flags = f"q{self.qos}{' r' if self.retain else ''}"
        return f"{self.time:10.3f} {flags:5} {self.topic} {self.payload[:200]}"


class Watcher(Record):
    """Subscribes to everything. The retain flag is the publisher's; what was retained before has it too."""

    MARKER = "test/marker"

    def __init__(self, broker, username=None, password=None):
        super().__init__("messages")
        old = getattr(paho.mqtt.client, "CallbackAPIVersion", None)
        self.client = paho.mqtt.client.Client(*([old.VERSION1] if old else []),
                                              protocol=paho.mqtt.client.MQTTv5)
        self._subscribed = threading.Event()
        self._markers = 0
        self.client.on_connect = self._on_connect
        self.client.on_subscribe = lambda *_: self._subscribed.set()
        self.client.on_message = lambda _client, _user, message: self.add(Message(message))
        if username:
            self.client.username_pw_set(username, password)
        self.client.reconnect_delay_set(1, 1)
        self.client.connect("127.0.0.1", broker.port, 600, properties=Properties(PacketTypes.CONNECT))
        self.client.loop_start()
        assert self._subscribed.wait(PATIENCE), "mosquitto took no subscription:\n" + broker.said()[-2000:]

    def _on_connect(self, client, *_):
        client.subscribe("#", options=SubscribeOptions(qos=2, retainAsPublished=True))

    def publish(self, topic, payload, qos=1, retain=False):
        self.client.publish(topic, payload, qos, retain).wait_for_publish(PATIENCE)

    def barrier(self):
        """What the broker had before has been seen when this returns."""
        self._markers += 1
        text = str(self._markers)
        mark = self.mark()
        self.publish(self.MARKER, text)
        self.expect(self.MARKER, text, mark)

    def messages(self, pattern=r".*", since=0):
        """Those whose topic matches, live ones only when their retained copies came before."""
        return [m for m in self.since(since) if re.fullmatch(pattern, m.topic)]

    def expect(self, pattern, payload=None, since=0, timeout=None):
        """The first message on such a topic (and with that payload)."""
        def is_wanted(m):
            return re.fullmatch(pattern, m.topic) and (payload is None or m.payload == payload)
        return self.find(f"{pattern} {'' if payload is None else payload}", is_wanted, since, timeout)

    def state(self, since=0):
        """The newest payload of each topic."""
        return {m.topic: m.payload for m in self.since(since)}

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


# ---- the serial port ----

class Port:
    """A pseudo terminal behind a name of its own, so that it can be unplugged and plugged in again."""

    def __init__(self, path, plugged=True):
        self.path = path
        self.master = self.slave = None
        if plugged:
            self.plug()

    def plug(self):
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        os.set_blocking(self.master, False)
        os.symlink(os.ttyname(self.slave), self.path)

    def unplug(self):
        os.unlink(self.path)
        os.close(self.master)
        os.close(self.slave)
        self.master = self.slave = None

    def write(self, octets, timeout=None):
        """Fails when nobody reads: the kernel keeps some 4 kB."""
        deadline = time.monotonic() + (PATIENCE if timeout is None else timeout)
        while octets:
            with contextlib.suppress(BlockingIOError):
                octets = octets[os.write(self.master, octets):]
                continue
            if ENDED.is_set():
                raise Interrupted
            assert time.monotonic() < deadline, "nobody reads the port"
            select.select([], [self.master], [], 0.2)

    def speed(self):
        return termios.tcgetattr(self.slave)[4]

    def is_exclusive(self):
        answer = array.array("i", [0])
        fcntl.ioctl(self.slave, 0x80045440, answer)  # TIOCGEXCL
        return answer[0] != 0

    def close(self):
        if self.master is not None:
            self.unplug()


# ---- the daemon ----

class Line:
    """One line of the log."""

    def __init__(self, text):
        self.time = time.monotonic()
        self.text = text.rstrip("\n")
        self.level = (re.match(r"[^:]*: (error|warning|notice|info|debug):", text) or [None, None])[1]

    def holds(self, words, levels=None):
        """Whether it has all these words, in any case, and one of the levels."""
        return (levels is None or self.level in levels) and all(re.search(w, self.text, re.I) for w in words)

    def __str__(self):
        return f"{self.time:10.3f} {self.text}"


class Note:
    """One datagram to the service manager."""

    def __init__(self, text):
        self.time = time.monotonic()
        self.fields = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)

    def __str__(self):
        return f"{self.time:10.3f} {self.fields}"


def environment(**more):
    """Nothing of the caller's but what the sanitizers want."""
    kept = ("PATH", "TZ", "LD_LIBRARY_PATH", "UBSAN_OPTIONS", "LSAN_OPTIONS")
    env = {name: os.environ[name] for name in kept if name in os.environ}
    if SANITIZED:  # freed memory would be kept for long, and memory is measured here
        env["ASAN_OPTIONS"] = os.environ["ASAN_OPTIONS"] + ":quarantine_size_mb=1"
    return {**env, "LC_ALL": "C.UTF-8", **{k: v for k, v in more.items() if v is not None}}


class Daemon:
    """hanmqttd with a configuration, its log and what it tells the service manager."""

    def __init__(self, rig, config, env=None, wrap=(), arguments=(), ready=True):
        self.dir = rig.directory("daemon")
        self.config = self.dir / "hanmqttd.conf"
        self.config.write_text(config, encoding="utf-8")
        state = self.dir / "state"  # nothing of another daemon's, unless env says so
        state.mkdir()
        self.log = Record("log of hanmqttd")
        self.notes = Record("notes to the service manager")
        rig.records += [self.log, self.notes]
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.dir / "notify"))
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [*wrap, *HANMQTTD, "--config", str(self.config), *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env=environment(**{"NOTIFY_SOCKET": str(self.dir / "notify"), "STATE_DIRECTORY": str(state),
                               **(env or {})}),
            encoding="utf-8", errors="replace")
        self._threads = [threading.Thread(target=self._read_log, daemon=True),
                         threading.Thread(target=self._read_notes, daemon=True)]
        for thread in self._threads:
            thread.start()
        if ready:
            self.notes.wait("READY=1", lambda seen: any("READY" in n.fields for n in seen) or
                            self.process.poll() is not None)
            assert self.process.poll() is None, "hanmqttd ended at its start:\n" + self._last_words()

    def _last_words(self):
        self._threads[0].join(PATIENCE)
        return f"{self.process.returncode}\n" + "\n".join(str(line) for line in self.log.since())

    def _read_log(self):
        for line in self.process.stderr:
            self.log.add(Line(line))

    def _read_notes(self):
        while True:
            note = self._socket.recv(65536).decode()
            if note == "END-OF-TEST":
                return
            self.notes.add(Note(note))

    @property
    def pid(self):
        return self.process.pid

    def send(self, number):
        """A signal."""
        self.process.send_signal(number)

    def reload(self, config=None):
        """SIGHUP, perhaps with a new file; returns when it was read."""
        if config is not None:
            self.config.write_text(config, encoding="utf-8")
        mark = self.notes.mark()
        self.send(signal.SIGHUP)
        self.notes.wait("READY=1 after SIGHUP", lambda seen: any("READY" in n.fields for n in seen), mark)

    def ended(self, timeout=None):
        """The exit status, awaited."""
        until("the end of hanmqttd", lambda: self.process.poll() is not None, timeout)
        self._threads[0].join(PATIENCE)  # its last words
        return self.process.returncode

    def stop(self, number=signal.SIGTERM):
        """Exit status and how many seconds it took. The log is complete then."""
        start = time.monotonic()
        self.send(number)
        try:
            status, seconds = self.process.wait(30), time.monotonic() - start
        except subprocess.TimeoutExpired:
            raise AssertionError("hanmqttd does not stop") from None
        self._threads[0].join(PATIENCE)
        return status, seconds

    def lines(self, *words, since=0, levels=None):
        """The lines of the log that hold all these words, in any case."""
        return [line for line in self.log.since(since) if line.holds(words, levels)]

    def expect_line(self, *words, since=0, levels=None, timeout=None):
        """The first such line, awaited."""
        return self.log.find(f"line with {words}", lambda line: line.holds(words, levels), since, timeout)

    def saw(self, message, timeout=None):
        """Waits until the log (level debug, frames = yes) shows this frame."""
        hexed = message.octets.strip(b"\x7e").hex()
        self.log.find(f"frame {hexed}", lambda line: hexed in re.sub(r"[\s:]", "", line.text).lower(), 0, timeout)

    def status(self):
        return next((n.fields["STATUS"] for n in reversed(self.notes.since()) if "STATUS" in n.fields), "")

    def expect_status(self, *words, timeout=None):
        self.notes.wait(f"status with {words}", lambda _: all(re.search(w, self.status(), re.I) for w in words),
                        0, timeout)

    def memory_kb(self):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1])

    def close(self):
        """A daemon that still runs must end well: this is part of every test."""
        try:
            if self.process.poll() is None:
                self.send(signal.SIGCONT)
                status, _ = self.stop()
                assert status == 0, f"hanmqttd ended with {status}"
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
                s.sendto(b"END-OF-TEST", str(self.dir / "notify"))
            for thread in self._threads:
                thread.join()
            self._socket.close()
            self.process.stderr.close()


# ---- all of it ----

class Rig:
    """Makes the parts for one test and puts them away in the other order."""

    def __init__(self):
        self.records = []
        self._stack = contextlib.ExitStack()
        # Short, as the path of a socket must be.
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="hanmqttd-e2e."))
        self._stack.callback(shutil.rmtree, self.base, True)
        self._count = 0

    def directory(self, name):
        self._count += 1
        path = self.base / f"{name}{self._count}"
        path.mkdir()
        return path

    def keep(self, part):
        self._stack.callback(part.close)
        return part

    def broker(self, extra="", running=True):
        return self.keep(Broker(self, extra, running))

    def watch(self, broker, **login):
        watcher = self.keep(broker.watch(**login))
        self.records.append(watcher)
        return watcher

    def port(self, plugged=True):
        return self.keep(Port(self.directory("port") / "tty", plugged))

    def daemon(self, config, **options):
        return self.keep(Daemon(self, config, **options))

    def setting(self, broker, *ports, **sections):
        """A configuration for these: see config()."""
        return config(broker.port, *(p.path for p in ports), **sections)

    def house(self, extra="", env=None, **sections):
        """A broker, somebody who watches it, a port, and the daemon between them."""
        broker = self.broker(extra)
        watcher = self.watch(broker)
        port = self.port()
        daemon = self.daemon(self.setting(broker, port, **sections), env=env)
        watcher.expect(r"[^/]+/bridge/[^/]+/availability", "online")
        return House(broker, watcher, port, daemon)

    def tool(self, *arguments, **options):
        """hantool as a process that ends with the test."""
        process = subprocess.Popen([*HANTOOL, *arguments], stdin=subprocess.DEVNULL, env=environment(),
                                   **options)

        def end():
            if process.poll() is None:
                process.terminate()
            process.wait(10)
            if process.stdout:
                process.stdout.close()
        self._stack.callback(end)
        return process

    def close(self):
        self._stack.close()

    def report(self):
        """For a failed test: what everybody said last."""
        for record in self.records:
            yield record.name, "\n".join(str(e) for e in record.since()[-40:])


def talking(port, octets, check):
    """A check for Record.wait() that sends octets() some times a second until check(entries) is true. Not once for
    each entry: what comes of a message would make more of them than the port can take."""
    said = 0

    def talk(seen):
        nonlocal said
        if time.monotonic() - said > 0.2:
            port.write(octets())
            said = time.monotonic()
        return check(seen)
    return talk


class House:
    """The usual arrangement."""

    def __init__(self, broker, watcher, port, daemon):
        self.broker, self.watcher, self.port, self.daemon = broker, watcher, port, daemon

    def feed(self, *messages):
        """Sends them and waits for the reading of each."""
        mark = self.watcher.mark()
        self.port.write(b"".join(m.octets for m in messages))
        self.watcher.wait(f"{len(messages)} readings", lambda seen: sum(
            m.topic.endswith("/reading") for m in seen) >= len(messages), mark)
        return mark


def config(mqtt_port, *devices, **sections):
    """The text of a configuration: the broker's port, the meters' devices, no bus line, and on top of it
    what the keywords say, like mqtt={"topic-prefix": "x"}, meters={"NAME": {...}}."""
    meters = sections.pop("meters", {})
    parts = {"mqtt": {"host": "127.0.0.1", "port": mqtt_port, **sections.pop("mqtt", {})},
             "power": {"line": "none", **sections.pop("power", {})}}
    if len(devices) == 1 and not meters:
        parts["meter"] = {"device": devices[0], **sections.pop("meter", {})}
    for (name, keys), device in zip(meters.items(), devices):
        parts[f"meter {name}"] = {"device": device, **keys}
    parts.update(sections)
    return "\n".join(f"[{section}]\n" + "".join(f"{k} = {v}\n" for k, v in keys.items())
                     for section, keys in parts.items())


def now_utc():
    return datetime.datetime.now(datetime.timezone.utc)
