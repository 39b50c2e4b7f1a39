"""Every meter that `hantool simulate` plays, read by the daemon and found by Home Assistant."""
import json
import re
import subprocess

import pytest

from homeassistant import check_message, check_states, parse
from rig import config, until

KEY = "000102030405060708090a0b0c0d0e0f"
AUTH_KEY = "d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"

METERS = {  # maker, framing, how fast, settings
    "kaifa-ma304": ("Kaifa", "hdlc", 60, {}),
    "kaifa-ma105": ("Kaifa", "hdlc", 60, {}),
    "aidon-6525": ("Aidon", "hdlc", 60, {"protocol": "hdlc"}),
    "kamstrup-omnipower": ("Kamstrup", "hdlc", 60, {}),
    "lg-e450": ("Landis+Gyr", "hdlc", 20, {}),
    "iskra-am550": ("Iskraemeco", "hdlc", 20, {"baud": "115200"}),
    "sagemcom-t210d": ("Sagemcom", "mbus", 20, {"protocol": "mbus"}),
    "dsmr5": (None, "p1", 5, {"protocol": "p1"}),
}


def play(rig, meter, speed, *arguments):
    """The path of a port on which the meter speaks."""
    link = rig.directory("simulate") / "meter"
    rig.tool("simulate", "--meter", meter, "--speed", str(speed), "--start", "2026-03-01T11:59:30",
             "--link", str(link), *arguments, stdout=subprocess.DEVNULL)
    until("the simulated port", link.exists)
    return link


def keys(rig, *names):
    files = {}
    for name, key in zip(names, (KEY, AUTH_KEY)):
        files[name] = rig.directory("keys") / name
        files[name].write_text(key + "\n", encoding="utf-8")
        files[name].chmod(0o600)
    return files


def check_read(rig, meter, arguments=(), more=None):
    maker, framing, speed, settings = METERS[meter]
    broker = rig.broker()
    watcher = rig.watch(broker)
    link = play(rig, meter, speed, *arguments)
    daemon = rig.daemon(config(broker.port, link, meter={**settings, **(more or {})}))
    watcher.wait("twelve readings", lambda seen: sum(m.topic.endswith("/reading") for m in seen) >= 12,
                 timeout=25)
    found = watcher.expect(r"homeassistant/device/[^/]+/config")
    message = parse(found.payload.encode())
    assert check_message(found.topic, found.payload.encode()) == []
    info = next(json.loads(m.payload) for m in watcher.messages(r"han/(?!bridge)[^/]+/info"))
    assert info["framing"] == framing
    assert maker is None or info["maker"] == message["device"]["manufacturer"] == maker
    retained = {topic: m.payload for topic, m in broker.retained().items()}
    faults = [f for f in check_states(message, retained) if ": nothing on " not in f]  # hourly ones, later
    assert faults == []
    base = found.topic.split("/")[2].removeprefix("hanmqttd_")
    assert {m.topic.split("/")[1] for m in watcher.messages(r"han/(?!bridge/).*")} == {base}
    assert retained[f"han/{base}/diagnostics/problem"] == "ok"
    assert re.fullmatch(r"\d+", retained[f"han/{base}/power_active_import"])
    assert not daemon.lines("", levels=("warning", "error"))


@pytest.mark.parametrize("meter", METERS)
def test_simulated(rig, meter):
    """Readings under one name, entities that Home Assistant takes, states that fit, no warnings."""
    if meter == "sagemcom-t210d":
        check_read(rig, meter, ("--key", KEY), keys(rig, "key-file"))
    else:
        check_read(rig, meter)


def test_authenticated(rig):
    """With authentication, too."""
    check_read(rig, "sagemcom-t210d", ("--key", KEY, "--auth-key", AUTH_KEY),
               keys(rig, "key-file", "auth-key-file"))
