"""The broker is away, dies, stands still, is slow: nothing is lost that could have been kept, and all is right soon."""
import signal
import subprocess

import pytest

from rig import pause, until
from row import Row, given
from scene import Scene

SECONDS = 40  # the rows wait together
LASTING = given("SECONDS", 4)  # seconds that a fault takes, where it may take long
FILLED_KB = 1024  # the store of what waits is used to its end for the first time
MUCH_MORE = LASTING * 150  # lists: more than the kernel keeps for a connection
OVERFLOW = "messages are dropped, as the broker takes them too slowly" if LASTING > 6 else None  # readings, then
MUCH = {"pace_s": 0.005, "hour_every": 40, "full": True}


@pytest.mark.background
def test_refused(rig):
    """Nobody listens. Readings are for those who hear them at once: they are dropped, and counted."""
    s = Scene(rig)
    before = s.dropped()
    with Row("broker: refuses connections", s.daemon, "Connection refused", "connected to broker",
             levels=("warning", "info")) as row:
        with s.talk.quiet:
            s.missed()
            s.way.shut()
            row.told()
        pause(LASTING)
        s.way.open()
        row.over()
        missed = s.finish(row)
    assert 0 < missed <= s.dropped() - before


@pytest.mark.background
def test_killed(rig):
    """Without persistence it comes back with nothing."""
    s = Scene(rig)
    with Row("broker: killed, and has forgotten all", s.daemon, "connection lost", "connected to broker") as row:
        s.broker.kill()
        row.told()
        s.restart()
        row.over()
        s.finish(row)


@pytest.mark.background
def test_many_faces(rig):
    """As while it is started behind a proxy: connections are refused, end at once, and are answered by something
    else, by turns. Each is told once."""
    s = Scene(rig)
    with Row("broker: fails by turns in three ways", s.daemon, "Connection refused", "connected to broker",
             levels=("warning", "info")) as row:
        for turn in range(3):
            s.way.shut()
            mark = s.daemon.notes.mark()
            s.daemon.notes.wait("status", lambda seen: any("refused" in n.fields.get("STATUS", "") for n in seen), mark)
            s.way.hangs_up = True
            s.way.open()
            visits = s.way.visits
            until("a visitor", lambda: s.way.visits > visits)
            row.told()
            pause(0.1 * turn)
        s.way.hangs_up = False
        row.over()
        s.finish(row)
        assert len(s.daemon.lines("trying again", since=row.mark)) <= 4


@pytest.mark.background
def test_login(rig):
    """The password changes at the broker; later it is put right here."""
    passwords, secret = rig.directory("passwords") / "file", rig.directory("secret") / "password"
    passwords.touch()
    passwords.chmod(0o644)
    secret.touch(0o600)

    def set_password(name, password):
        subprocess.run(["mosquitto_passwd", "-b", str(passwords), name, password], check=True, capture_output=True)

    def know_password(password):
        secret.write_text(f"{password}\n", encoding="ascii")

    set_password("guest", "guest")
    set_password("meter", "old")
    know_password("old")
    s = Scene(rig, f"allow_anonymous false\npassword_file {passwords}\n",
              login={"username": "guest", "password": "guest"}, username="meter", password_file=secret)
    with Row("broker: refuses the login", s.daemon, "not authori[sz]ed: check username, password",
             "connected to broker", loud=2) as row:
        set_password("meter", "new")
        s.broker.process.send_signal(signal.SIGHUP)
        row.told()
        pause(LASTING)
        know_password("new")
        row.over()
        s.daemon.reload()
        s.finish(row)


@pytest.mark.background
def test_stands_still(rig):
    """SIGSTOP: connections stay, and nothing is taken."""
    s = Scene(rig, talk=MUCH)
    with Row("broker: stands still", s.daemon, OVERFLOW, growth_kb=FILLED_KB) as row:
        s.broker.pause()
        s.hear(MUCH_MORE)
        s.broker.resume()
        row.over()
        s.finish(row)
        s.conflated(row)


@pytest.mark.background
def test_slow(rig):
    """It takes a small part of what the meter has to say: the newest of each topic waits, and every hour does."""
    s = Scene(rig, talk=MUCH)
    with Row("broker: takes 4 kB a second", s.daemon, OVERFLOW, growth_kb=FILLED_KB) as row:
        s.way.rate = 4000
        s.hear(MUCH_MORE)
        s.way.rate = None
        row.over()
        s.finish(row)
        s.conflated(row)


@pytest.mark.background
def test_delay(rig):
    """Each octet takes a second in each direction; a new session begins meanwhile. (A proxy in the way: not every
    kernel has netem.)"""
    s = Scene(rig)
    with Row("network: a second of delay", s.daemon, "connection lost", "connected to broker") as row:
        s.way.hold_s = 1.0
        s.way.cut()
        pause(LASTING)
        s.way.hold_s = 0.0
        row.over()
        s.finish(row)
