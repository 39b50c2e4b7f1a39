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
    assert section["ExecReload"] == '/bin/sh -c "kill -HUP $MAINPID"'  # without procps, too
    assert section["ExecStart"].split()[0].endswith("/hanmqttd")
    assert section["User"] == "hanmqttd"
    assert service["Unit"]["StartLimitIntervalSec"] == "0"


def test_no_secret_leaves(service):
    """No core dump holds keys, and no credential has to exist."""
    assert service["Service"]["LimitCORE"] == "0"
    assert not [name for name in service["Service"] if "Credential" in name]


def test_verify(tmp_path):
    """systemd understands every line."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze (package systemd) is missing")
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text(encoding="utf-8").replace("/usr/sbin/hanmqttd", "/bin/true"), encoding="utf-8")
    run = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(unit)],
                         capture_output=True, text=True, check=False)
    assert not [line for line in run.stderr.splitlines() if UNIT.name in line], run.stderr
    assert run.returncode == 0, run.stderr


def test_sandbox():
    """systemd rates the unit's exposure 1.5 at most."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze (package systemd) is missing")
    run = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=15",
                          str(UNIT)], capture_output=True, text=True, check=False)
    level = re.search(r"Overall exposure level.*?: ([\d.]+)", run.stdout)
    assert level, run.stderr
    assert float(level[1]) <= 1.5
    assert run.returncode == 0


def test_not_started_by_others(service):
    """The unit is enabled for multi-user.target, and nothing else pulls it in."""
    assert service["Install"]["WantedBy"] == "multi-user.target"
    assert list(service["Install"]) == ["WantedBy"]
