"""Sessions that the broker ends, starves or restricts."""
import contextlib
import socket
import threading

import pytest

from rig import free_port, pause, until
from row import CALM, Row, given
from scene import METER, Scene
from way import CONNACK, PUBLISH, QOS, SUBSCRIBE

SECONDS = 40  # the rows wait together
LASTING = given("SECONDS", 4)  # seconds that a fault takes, where it may take long
NEXT = 12 + LASTING  # seconds to the next attempt, at most: pauses grow, as people have to mend this
COMES_AND_GOES = 3  # lines: the first sessions that are lost are told of, and then why it may be


class Thief(threading.Thread):
    """Takes the daemon's place whenever that has a session."""

    def __init__(self, scene):
        super().__init__(daemon=True)
        self.scene, self.over, self.thefts = scene, threading.Event(), 0
        client = scene.client.encode()
        body = b"\x00\x04MQTT\x04\x02\x00\x3c" + len(client).to_bytes(2, "big") + client
        self.login = b"\x10" + bytes((len(body),)) + body
        self.topic = f"han/bridge/{scene.client}/availability"
        self.start()

    def run(self):
        seen = 0
        while not self.over.is_set():
            with contextlib.suppress(OSError), \
                    socket.create_connection(("127.0.0.1", self.scene.broker.port), 5) as thief:
                thief.sendall(self.login)
                thief.recv(4)
                self.thefts += 1
                while not self.over.is_set() and seen == (now := self._sessions()):
                    self.over.wait(0.05)
                seen = now

    def _sessions(self):
        return sum(m.topic == self.topic and m.payload == "online" for m in self.scene.watcher.since())

    def stop(self):
        self.over.set()
        self.join()


@pytest.mark.background
def test_same_client_id(rig):
    """Another client has the same id and never gives up: no fight, and no flood of lines. That it is over is said
    after five minutes of peace; the status says at once that there is a session."""
    s = Scene(rig)
    with Row("broker: throws it out, as another has its client-id", s.daemon, "another client .*same client-id",
             within=NEXT, loud=COMES_AND_GOES) as row:
        thief = Thief(s)
        row.told(60)
        thefts = thief.thefts
        pause(LASTING)
        assert thief.thefts - thefts <= 1 + LASTING / 2
        thief.stop()
        row.over()
        s.finish(row)
        s.daemon.expect_status("broker connected")


@pytest.mark.background
def test_ends_after_login(rig):
    """Each login is accepted, and the connection is closed."""
    s = Scene(rig)
    with Row("broker: closes after each login", s.daemon, "lost again and again, soon after the login",
             within=NEXT, loud=COMES_AND_GOES) as row:
        s.way.customs = lambda there, head: None if head == CONNACK else True
        s.way.cut()
        row.told(60)
        visits = s.way.visits
        pause(LASTING)
        assert s.way.visits - visits <= 1 + LASTING / 2
        s.way.customs = None
        row.over()
        s.finish(row)


@pytest.mark.background
def test_pings_only(rig):
    """Logins and pings are answered; whatever else wants an answer vanishes."""
    s = Scene(rig, keepalive=5)
    with Row("broker: answers pings and nothing else", s.daemon, "messages are not acknowledged",
             "connected to broker", within=20) as row:
        s.way.customs = lambda there, head: not there or not (
            head & 0xF0 == SUBSCRIBE or head & 0xF0 == PUBLISH and head & QOS)
        row.told(60)
        s.way.customs = None
        row.over()
        s.finish(row)


@pytest.mark.background
def test_small_packets(rig):
    """It takes no packet above 1000 octets, as its limit says: discovery does not fit, all else does. The meter's
    problem says that too."""
    s = Scene(rig)
    with Row("broker: takes small packets only", s.daemon,
             "refused a message on homeassistant/.*: it is larger than this broker takes", loud=3) as row:
        s.restart_with("max_packet_size 1000")
        row.told()
        s.watcher.expect(f"han/{METER}/diagnostics/problem", "the broker refuses messages: check its access rules and "
                         "its limit for packets", timeout=CALM)
        s.restart_with("")
        row.over()
        s.finish(row)


@pytest.mark.background
def test_keeps_nothing(rig):
    """It takes no retained messages, and therefore no will that is one."""
    s = Scene(rig)
    with Row("broker: keeps no messages", s.daemon, "the broker keeps no messages", "connected to broker", within=8,
             loud=2) as row:
        s.restart_with("retain_available false")
        row.told()
        s.restart_with("")
        row.over()
        s.finish(row)


@pytest.mark.background
def test_one_at_a_time(rig):
    """Receive Maximum 1: the next message with QoS 1 waits for the answer to the last."""
    s = Scene(rig, talk={"pace_s": 0.02})
    with Row("broker: takes one message at a time", s.daemon, "connection lost", "connected to broker") as row:
        s.restart_with("max_inflight_messages 1")
        pause(LASTING)
        row.over()
        s.finish(row)


@pytest.mark.background
def test_no_acknowledgements(rig):
    """Maximum QoS 0. What is said of it is a notice; each hour comes once all the same."""
    plain = free_port()
    s = Scene(rig, f"listener {plain} 127.0.0.1\nmax_qos 0\n")
    with Row("broker: takes messages with QoS 0 only", s.daemon, "takes messages with QoS 0 only",
             levels=("notice",), loud=2) as row:
        s.way.target = plain
        s.way.cut()
        row.told()
        pause(LASTING)
        row.over()
        s.finish(row)
        visits = s.way.visits
        s.way.cut()  # what was sent is not sent again
        until("a session", lambda: s.way.visits > visits and "broker connected" in s.daemon.status())
        s.talk.say_hour()
        until("the last hour", lambda: not s.talk.missing(s.watcher), CALM)
    hours = [m for m in s.watcher.since() if m.topic == f"han/{METER}/hourly"]
    assert len(hours) <= s.talk.hours + 2, f"{len(hours)} messages of {s.talk.hours} hours"
