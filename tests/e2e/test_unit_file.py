"""The service: how systemd is to run the daemon, and how little it lets it do."""
import configparser
import re
import shutil
import subprocess

import pytest

from programs import TOP

UNIT = TOP / "systemd" / "hanmqttd.service"


@pytest.fixture(name="service", scope="module")
def fixture_service():
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",), comment_prefixes=("#", ";"))
    parser.optionxform = str
    parser.read(UNIT, encoding="utf-8")
    return parser


def test_service_type(service):
    """systemd is told when the daemon is ready, watches it, reloads it, and restarts it after a failure but
    not after a wrong option or configuration."""
    section = service["Service"]
    assert section["Type"] == "notify"
    assert 0 < float(re.fullmatch(r"(\d+)(s|sec)?", section["WatchdogSec"])[1]) <= 120
    assert section["Restart"] == "on-failure"
    assert sorted(section["RestartPreventExitStatus"].split()) == ["2", "78"]
    assert "HUP" in section["ExecReload"]
    assert section["ExecStart"].split()[0].endswith("/hanmqttd")
    assert section["User"] == "hanmqttd"


def test_sandbox():
    """systemd rates the unit's exposure 2.0 at most."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze (package systemd) is missing")
    run = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20",
                          str(UNIT)], capture_output=True, text=True, check=False)
    level = re.search(r"Overall exposure level.*?: ([\d.]+)", run.stdout)
    assert level, run.stderr
    assert float(level[1]) <= 2.0
    assert run.returncode == 0


def test_not_started_by_others(service):
    """The unit is enabled for multi-user.target, and nothing else pulls it in."""
    assert service["Install"]["WantedBy"] == "multi-user.target"
    assert list(service["Install"]) == ["WantedBy"]
