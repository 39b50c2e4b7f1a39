"""Brokers that want a password."""
import subprocess

import pytest

import kaifa
from rig import until

METER = "6970631400000016"
USER, PASSWORD = "meter", "sésame open 7#"


@pytest.fixture(name="guarded")
def fixture_guarded(rig):
    return guarded_broker(rig)


def guarded_broker(rig):
    """A broker with one account."""
    passwords = rig.directory("passwords") / "file"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), USER, PASSWORD], check=True,
                   capture_output=True)
    return rig.broker(f"allow_anonymous false\npassword_file {passwords}\n")


def secret(rig, text, name="secret", mode=0o600):
    path = rig.directory("secrets") / name
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def works(rig, broker, port):
    watcher = rig.watch(broker, username=USER, password=PASSWORD)
    port.write(kaifa.Meter(METER).list2().octets)
    watcher.expect(f"han/{METER}/power_active_import", "1527")


@pytest.mark.parametrize("text", [PASSWORD, PASSWORD + "\n"])
def test_password_file(rig, guarded, text):
    """The password comes from a file, with or without an end of line."""
    port = rig.port()
    rig.daemon(rig.setting(guarded, port, mqtt={"username": USER, "password-file": secret(rig, text)}))
    works(rig, guarded, port)


def test_credential(rig, guarded):
    """Without password-file the password is systemd's credential mqtt-password."""
    port = rig.port()
    path = secret(rig, PASSWORD + "\n", "mqtt-password", 0o400)
    rig.daemon(rig.setting(guarded, port, mqtt={"username": USER}),
               env={"CREDENTIALS_DIRECTORY": str(path.parent)})
    works(rig, guarded, port)


def test_password_is_not_told(rig, guarded):
    """The password stands in no line of the log, not at level debug either."""
    port = rig.port()
    daemon = rig.daemon(rig.setting(guarded, port, mqtt={"username": USER,
                                                         "password-file": secret(rig, PASSWORD)},
                                    log={"level": "debug"}))
    works(rig, guarded, port)
    daemon.stop()
    assert not daemon.lines("open 7")


@pytest.mark.background
@pytest.mark.parametrize("login", ["wrong password", "no login"])
def test_refused(rig, login):
    """A login that the broker refuses gives one line that says so, not one per attempt; when the password
    has been put right, a reload is enough."""
    broker, port = guarded_broker(rig), rig.port()
    path = secret(rig, "wrong")
    keys = {"username": USER, "password-file": path} if login == "wrong password" else {}
    daemon = rig.daemon(rig.setting(broker, port, mqtt=keys))
    until("three attempts", lambda: broker.said().count("not authorised") >= 3, 15)
    lines = daemon.lines(str(broker.port), levels=("error", "warning", "notice", "info"))
    assert len(lines) == 1, [str(line) for line in lines]
    daemon.expect_line("authori[sz]ed|password|login", levels=("error", "warning"))
    path.write_text(PASSWORD, encoding="utf-8")
    daemon.reload(rig.setting(broker, port, mqtt={"username": USER, "password-file": path}))
    works(rig, broker, port)


@pytest.mark.parametrize("trouble", ["readable by all", "absent", "a directory"])
def test_bad_password_file(rig, trouble):
    """A password file that everybody may read, or that gives no password, is a mistake of the
    configuration: its line is named, and the daemon does not start."""
    path = secret(rig, PASSWORD, mode=0o644 if trouble == "readable by all" else 0o600)
    if trouble != "readable by all":
        path.unlink()
    if trouble == "a directory":
        path.mkdir(0o700)
    daemon = rig.daemon(f"[mqtt]\nport = 1\n\npassword-file = {path}\nusername = {USER}\n", ready=False)
    assert daemon.ended() == 78
    daemon.expect_line(r"hanmqttd\.conf:4: \[mqtt\] password-file: ")
