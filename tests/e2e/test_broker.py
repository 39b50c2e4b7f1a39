"""The broker comes and goes; the port is read all the time, and everything is right again soon."""
import contextlib
import re
import socket
import threading
import time

import pytest

import kaifa
from measurements import MEASUREMENTS
from rig import ENDED, PATIENCE, until

METER = "6970631400000016"
DEBUG = {"level": "debug", "frames": "yes"}
SOON = 5.0  # seconds after the broker's return


def kept(broker):
    """What a newcomer finds, but for the counters."""
    return {topic: m.payload for topic, m in broker.retained().items() if "/diagnostics/" not in topic}


def wanted(message, client, config):
    """What must stand on the broker after a list 3."""
    return {f"han/{METER}/{name}": text for name, text in message.published().items()} | {
        f"han/{METER}/availability": "online", f"han/bridge/{client}/availability": "online",
        f"homeassistant/device/hanmqttd_{METER}/config": config}


def client_and_config(house):
    availability = house.watcher.expect(r"han/bridge/[^/]+/availability").topic
    config = house.watcher.expect(rf"homeassistant/device/hanmqttd_{METER}/config").payload
    return availability.split("/")[2], config


def right_again(broker, state, since, within=SOON):
    """Waits until all of the state is retained; fails when that took too long. Both infos must be there."""
    def check():
        found = kept(broker)
        infos = [t for t in found if t.endswith("/info")]
        return state.items() <= found.items() and len(infos) == 2
    until(f"everything right {within} s after the broker's return", check, within - (time.monotonic() - since))


def test_absent_at_start(rig):
    """Without a broker the daemon starts, reads its meter, and says what it waits for; when the broker comes
    everything is there."""
    broker, port = rig.broker(running=False), rig.port()
    daemon = rig.daemon(rig.setting(broker, port, log=DEBUG))
    meter = kaifa.Meter(METER)
    for power in range(3):
        message = meter.list3(power_active_import=power)
        port.write(message.octets)
        daemon.saw(message)
    daemon.expect_line(str(broker.port), "refused")
    daemon.expect_status("broker", "refused")
    broker.start()
    start = time.monotonic()
    found = until("bridge", lambda: [t for t in kept(broker) if t.startswith("han/bridge/")], SOON)
    client = found[0].split("/")[2]
    config = until("discovery", lambda: kept(broker).get(f"homeassistant/device/hanmqttd_{METER}/config"), SOON)
    right_again(broker, wanted(message, client, config), start)


@pytest.mark.background
def test_pauses(rig):
    """One line tells of a broker that refuses connections, and attempts are at most 2 s apart."""
    broker, port = rig.broker(running=False), rig.port()
    with socket.socket() as door:  # counts attempts: accepts, and hangs up at once
        door.bind(("127.0.0.1", broker.port))
        door.listen()
        daemon = rig.daemon(rig.setting(broker, port))
        door.settimeout(PATIENCE)
        times = []
        for _ in range(5):
            door.accept()[0].close()
            times.append(time.monotonic())
    gaps = [b - a for a, b in zip(times, times[1:])]
    assert max(gaps) < 2.5, gaps
    assert min(gaps) > 0.05, gaps
    assert len(daemon.lines(str(broker.port), levels=("error", "warning", "notice", "info"))) <= 2


@pytest.mark.background
@pytest.mark.parametrize("moment", ["while connected", "while nobody looked"])
def test_killed_and_restarted(rig, moment):
    """A broker that was killed and has forgotten everything gets everything within 5 s of its return:
    discovery, availability, states and infos, with the values that came meanwhile."""
    house = rig.house(log=DEBUG)
    meter = kaifa.Meter(METER)
    house.feed(meter.list3(power_active_import=1))
    client, config = client_and_config(house)
    house.broker.kill()
    message = meter.list3(power_active_import=2, energy_active_cum_import=50000001)
    house.port.write(message.octets)
    house.daemon.expect_line("broker", "lost|closed|refused")
    if moment == "while nobody looked":
        for power in range(20):
            house.port.write(meter.list1(power).octets)
        message = meter.list3(power_active_import=3)
        house.port.write(message.octets)
        house.daemon.saw(message)
    house.broker.start()
    right_again(house.broker, wanted(message, client, config), time.monotonic())
    assert not house.daemon.lines("starting")[1:], "the daemon was restarted"


@pytest.mark.background
def test_restarted_many_times(rig):
    """Five restarts in a row are as good as one."""
    house = rig.house()
    meter = kaifa.Meter(METER)
    house.feed(meter.list3())
    client, config = client_and_config(house)
    for power in range(5):
        house.broker.kill()
        house.broker.start()
        start = time.monotonic()
        message = meter.list3(power_active_import=power)
        house.port.write(message.octets)
        right_again(house.broker, wanted(message, client, config), start)


def test_offline_will_is_taken_back(house):
    """After a broken connection, when the broker has told all that the daemon is dead, it says it is not."""
    house.feed(kaifa.Meter(METER).list2())
    topic = house.watcher.expect(r"han/bridge/[^/]+/availability").topic
    mark = house.watcher.mark()
    house.watcher.publish(topic, "offline", retain=True)  # as the will would have it
    client = topic.split("/")[2]
    with socket.create_connection(("127.0.0.1", house.broker.port)) as thief:  # the same client id: the
        body = b"\x00\x04MQTT\x04\x02\x00\x3c" + len(client).to_bytes(2, "big") + client.encode()
        thief.sendall(b"\x10" + bytes((len(body),)) + body)  # broker ends the session of the daemon
        house.watcher.expect(re.escape(topic), "online", since=mark)
        house.watcher.barrier()
    assert house.watcher.messages(re.escape(topic), mark)[-1].payload == "online"


def test_stopped_and_continued(rig):
    """A broker that hangs costs no frame; when it goes on, the newest of everything is there."""
    house = rig.house(log=DEBUG)
    meter = kaifa.Meter(METER)
    house.feed(meter.list3())
    client, config = client_and_config(house)
    house.broker.pause()
    for power in range(10):
        message = meter.list3(power_active_import=power)
        house.port.write(message.octets)
        house.daemon.saw(message)
    house.broker.resume()
    right_again(house.broker, wanted(message, client, config), time.monotonic())
    assert house.daemon.process.poll() is None


def growth(daemon, port, meter, count):
    """How many kB the daemon grew over so many lists. They are read all the time, or write() fails."""
    before = daemon.memory_kb()
    octets = b"".join(meter.list2(power_active_import=n).octets for n in range(100))
    for _ in range(count // 100):
        port.write(octets)
    return daemon.memory_kb() - before


@pytest.mark.parametrize("broker_is", ["absent", "hanging"])
def test_memory(rig, broker_is):
    """Thousands of lists without a broker, or with one that hangs, do not make the daemon grow, and the
    newest value is the one that arrives."""
    house = rig.house()
    meter = kaifa.Meter(METER)
    house.feed(meter.list3())
    client, config = client_and_config(house)
    if broker_is == "absent":
        house.broker.kill()
    else:
        house.broker.pause()
    growth(house.daemon, house.port, meter, 4000)  # whatever is bounded is full now
    assert growth(house.daemon, house.port, meter, 6000) < 1500
    message = meter.list3(power_active_import=4321, energy_active_cum_import=60000000)
    house.port.write(message.octets)
    if broker_is == "absent":
        house.broker.start()
    else:
        house.broker.resume()
    right_again(house.broker, wanted(message, client, config), time.monotonic(),
                SOON if broker_is == "absent" else 20)


@pytest.mark.background
def test_broker_says_nothing(rig):
    """A broker that accepts a connection and then says nothing does not stop the reading; when a good one
    stands in its place, everything is right within one attempt's time."""
    broker, port = rig.broker(running=False), rig.port()
    meter = kaifa.Meter(METER)
    with socket.socket() as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(("127.0.0.1", broker.port))
        door.listen()
        daemon = rig.daemon(rig.setting(broker, port, log=DEBUG))
        door.settimeout(PATIENCE)
        mute, _ = door.accept()
        for power in range(5):
            message = meter.list3(power_active_import=power)
            port.write(message.octets)
            daemon.saw(message)
    with contextlib.closing(mute):
        mute.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        broker.start()
        start = time.monotonic()
        until("bridge online", lambda: any(t.startswith("han/bridge/") for t in kept(broker)), 15)
    found = until("discovery", lambda: {t: p for t, p in kept(broker).items() if t.startswith("homeassistant/")})
    client = next(t for t in kept(broker) if t.startswith("han/bridge/")).split("/")[2]
    right_again(broker, wanted(message, client, *found.values()), start, 20)


class OldBroker(threading.Thread):
    """In front of a broker, one that knows MQTT 3.1.1 at most: it refuses what asks for more, in the way
    of old brokers, and passes the others on."""

    def __init__(self, broker, answer):
        super().__init__(daemon=True)
        self.broker, self.answer = broker, answer
        self.levels = []
        self.door = socket.socket()
        self.door.bind(("127.0.0.1", 0))
        self.door.listen()
        self.port = self.door.getsockname()[1]
        self.start()

    def run(self):
        with contextlib.suppress(OSError):
            while not ENDED.is_set():
                client, _ = self.door.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client, contextlib.suppress(OSError):
            connect = client.recv(4096)
            self.levels.append(connect[connect.index(b"MQTT") + 4])
            if self.levels[-1] > 4:
                client.sendall(self.answer)
                return
            with socket.create_connection(("127.0.0.1", self.broker.port)) as server:
                server.sendall(connect)
                back = threading.Thread(target=self._pass_on, args=(server, client), daemon=True)
                back.start()
                self._pass_on(client, server)

    @staticmethod
    def _pass_on(source, target):
        with contextlib.suppress(OSError):
            while octets := source.recv(65536):
                target.sendall(octets)
            target.shutdown(socket.SHUT_RDWR)

    def close(self):
        with contextlib.suppress(OSError):
            self.door.shutdown(socket.SHUT_RDWR)
        self.door.close()


@pytest.mark.background
@pytest.mark.parametrize("answer", [
    pytest.param(b"\x20\x02\x00\x01", id="CONNACK of 3.1.1"),
    pytest.param(b"\x20\x03\x00\x84\x00", id="CONNACK of 5"),
])
def test_old_broker(rig, answer):
    """A broker that refuses MQTT 5 is spoken to in 3.1.1, without any setting."""
    broker, port = rig.broker(), rig.port()
    with contextlib.closing(OldBroker(broker, answer)) as old:
        watcher = rig.watch(broker)
        rig.daemon(rig.setting(broker, port, mqtt={"port": old.port}))
        port.write(kaifa.Meter(METER).list2().octets)
        watcher.expect(f"han/{METER}/availability", "online", timeout=PATIENCE)
        assert old.levels[0] == 5 and old.levels[-1] == 4
