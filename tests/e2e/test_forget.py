"""hanmqttd --forget METER removes all traces of one meter, and nothing else."""
import re
import subprocess
import time

import pytest

import kaifa
from programs import HANMQTTD
from rig import environment, free_port, until

METER, OTHER = "6970631400000021", "6970631400000022"


def forget(rig, config, meter, state=None, arguments=()):
    """Exit status, what it said, what it complained of, and how long it took."""
    path = rig.directory("forget") / "hanmqttd.conf"
    path.write_text(config, encoding="utf-8")
    start = time.monotonic()
    done = subprocess.run([*HANMQTTD, "--config", str(path), "--forget", meter, *arguments], check=False,
                          stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", timeout=60,
                          env=environment(STATE_DIRECTORY=state))
    return done.returncode, done.stdout, done.stderr, time.monotonic() - start


def about(broker, meter):
    """What the broker keeps that names the meter."""
    return {topic for topic, m in broker.retained().items() if meter in topic or meter in m.payload}


class Street:
    """Two meters, each with a daemon of its own, on one broker."""

    def __init__(self, rig, **sections):
        self.rig = rig
        self.broker = rig.broker()
        self.watcher = rig.watch(self.broker)
        self.ports = {}
        self.daemons, self.states, self.configs = {}, {}, {}
        for meter, own in ((METER, sections), (OTHER, {})):
            self.ports[meter] = rig.port()
            self.states[meter] = str(rig.directory("state"))
            self.configs[meter] = rig.setting(self.broker, self.ports[meter], **{
                "mqtt": {"client-id": f"hanmqttd-{meter[-2:]}"}, **own})
            self.daemons[meter] = rig.daemon(self.configs[meter], env={"STATE_DIRECTORY": self.states[meter]})
            self.ports[meter].write(kaifa.Meter(meter).list3().octets)
            self.watcher.expect(r"han/[^/]+/energy_reactive_cum_export")
            self.watcher.expect(f"homeassistant/.*hanmqttd_{meter}.*/config")
        # the whole of it, whoever was last
        last = {f"han/{level}/{leaf}" for level in (sections.get("meter", {}).get("name", METER), OTHER)
                for leaf in ("diagnostics/problem", "energy_active_live_export")}
        until("all of both", lambda: last <= set(self.broker.retained()))

    def stop(self, meter):
        assert self.daemons[meter].stop()[0] == 0


@pytest.mark.parametrize("name, discovery", [(None, "device"), ("cabin", "device"), (None, "components")])
@pytest.mark.parametrize("by", ["id", "name"])
def test_forget(rig, name, discovery, by):
    """All of the one meter goes, whatever it is called by, and both of its discovery messages; the other meter, its
    running daemon and foreign topics stay as they are."""
    street = Street(rig, homeassistant={"discovery": discovery}, meter={"name": name} if name else {})
    street.stop(METER)
    foreign = {f"homeassistant/sensor/hanmqttd_{METER}/x/config": '{"origin": {"name": "somebody"}}',
               "han": "x", f"hanx/{METER}/info": "x", f"homeassistant/sensor/{METER}/config": "{}"}
    for topic, payload in foreign.items():
        street.watcher.publish(topic, payload, retain=True)
    before = street.broker.retained()
    mine = {topic for topic in about(street.broker, METER) | {t for t in before if t.startswith("han/cabin/")}
            if topic not in foreign and not topic.startswith("han/bridge/")}
    assert len(mine) > 20
    street.watcher.barrier()
    mark = street.watcher.mark()
    status, said, complaint, _ = forget(rig, street.configs[METER], METER if by == "id" else name or METER,
                                        street.states[METER])
    assert (status, complaint) == (0, "")
    assert re.fullmatch(rf"removed {len(mine)} topics of {METER} \(han/{name or METER}\), and \d files of the "
                        r"state directory\n", said), said
    after = street.broker.retained()
    assert set(before) - set(after) == mine
    assert {t: m.payload for t, m in after.items()} == {t: m.payload for t, m in before.items() if t not in mine}
    sent = [m for m in street.watcher.since(mark) if not re.match(rf"test/|han/{OTHER}/diagnostics/", m.topic)]
    assert [str(m) for m in sent if m.payload or m.qos != 1] == []
    assert {m.topic for m in sent} == mine
    assert street.daemons[OTHER].process.poll() is None and not street.daemons[OTHER].lines("connection lost")


def test_state_files(rig):
    """A daemon that starts afterwards does not know the meter any more."""
    street = Street(rig)
    street.stop(METER)
    street.stop(OTHER)  # all of it is on disk
    files = lambda meter: sorted(p.name.split("-")[0] for p in rig.base.joinpath(street.states[meter]).iterdir())
    kept = files(OTHER)
    assert {"identity", "entities"} <= set(files(METER))
    assert forget(rig, street.configs[METER], METER, street.states[METER])[0] == 0
    assert {"identity", "entities"} & set(files(METER)) == set()
    assert files(OTHER) == kept


def test_unknown(rig):
    """A meter that nobody knows: the known ones are named, and nothing is touched."""
    street = Street(rig)
    before = {t: m.payload for t, m in street.broker.retained().items()}
    for wrong in ("1", METER[:-1], "han", "+", "#", "obis/x"):
        status, said, complaint, _ = forget(rig, street.configs[METER], wrong, street.states[METER])
        assert (status, said) == (1, "")
        assert re.search(rf"nothing is known of {re.escape(wrong)} ", complaint)
        assert METER in complaint and OTHER in complaint
    assert {t: m.payload for t, m in street.broker.retained().items()} == before


@pytest.mark.parametrize("wrong", ["", "bridge"])
def test_refused(rig, wrong):
    """What can be no meter is a wrong use of the program."""
    assert forget(rig, "[mqtt]\nhost = 127.0.0.1\nport = 1\n", wrong)[0] == 2


def test_still_published(rig):
    """A daemon that goes on publishing the meter is named: it will bring the meter back."""
    street = Street(rig)
    status, said, complaint, _ = forget(rig, street.configs[METER], METER, street.states[METER])
    assert status == 0 and "removed" in said
    assert re.search(rf"hanmqttd-21 still publishes {METER}", complaint)
    street.ports[METER].write(kaifa.Meter(METER).list1(4711).octets)
    street.watcher.expect(f"han/{METER}/power_active_import", "4711")  # it was not disturbed
    assert not street.daemons[METER].lines("connection lost")


@pytest.mark.background
def test_no_broker(rig):
    """A broker that is not there: why, within a bounded time, and exit 1."""
    status, said, complaint, seconds = forget(rig, f"[mqtt]\nhost = 127.0.0.1\nport = {free_port()}\n", METER)
    assert (status, said) == (1, "")
    assert re.search(r"broker 127\.0\.0\.1 port \d+ cannot be reached: .*refused", complaint, re.I), complaint
    assert seconds < 20


def test_refused_login(rig):
    """What only people can mend is told at the first refusal: it is not tried again and again."""
    passwords = rig.directory("login") / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "meter", "secret"], check=True,
                   capture_output=True)
    passwords.chmod(0o644)
    broker = rig.broker(f"allow_anonymous false\npassword_file {passwords}\n")
    status, said, complaint, _ = forget(rig, f"[mqtt]\nhost = 127.0.0.1\nport = {broker.port}\n", METER)
    assert (status, said) == (1, "")
    assert re.search(r"broker 127\.0\.0\.1 port \d+ cannot be reached: not authori[sz]ed: check username",
                     complaint), complaint
    assert len(re.findall("not authori[sz]ed", broker.said())) == 1, broker.said()


def test_login(rig):
    """The login of the configuration is used; a user who may read but not write is told."""
    passwords, rules = rig.directory("login") / "passwords", rig.directory("login") / "acl"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "reader", "secret"], check=True,
                   capture_output=True)
    subprocess.run(["mosquitto_passwd", "-b", str(passwords), "writer", "secret"], check=True, capture_output=True)
    rules.write_text("user reader\ntopic read #\nuser writer\ntopic readwrite #\n", encoding="utf-8")
    for path in (passwords, rules):
        path.chmod(0o644)
    broker = rig.broker(f"allow_anonymous false\npassword_file {passwords}\nacl_file {rules}\n")
    watcher = rig.watch(broker, username="writer", password="secret")
    secret = rig.directory("login") / "secret"
    secret.write_text("secret\n", encoding="utf-8")
    secret.chmod(0o600)
    topic = f"han/{METER}/info"
    watcher.publish(topic, f'{{"meter_id": "{METER}"}}', retain=True)
    for user, expected in (("reader", 1), ("writer", 0)):
        config = (f"[mqtt]\nhost = 127.0.0.1\nport = {broker.port}\nusername = {user}\n"
                  f"password-file = {secret}\n")
        status, said, complaint, _ = forget(rig, config, METER)
        assert status == expected, complaint
        assert bool(complaint) == (user == "reader")
        assert ("removed 1 topic of" in said) == (user == "writer")
    assert topic not in broker.retained(username="writer", password="secret")
