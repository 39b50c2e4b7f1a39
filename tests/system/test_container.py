"""The packages as an administrator meets them: installed by apt into a trixie that runs, enabled, killed,
hung, reloaded, upgraded, rebooted, removed. The meter is played here and read at /dev/ttyAMA0 there."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

import pytest

from container import Container, newer_debs, now
from machine import until

UNIT = "hanmqttd.service"
CONF = "/etc/hanmqttd/hanmqttd.conf"
DROP_IN = "/etc/hanmqttd/hanmqttd.conf.d/meter.conf"
PACKAGES = ("hanmqttd", "hantool", "libhan0")
PORT = "[meter]\ndevice = /dev/ttyAMA0\n"
READY_S = 30
VALUE_S = 30  # a list 1 comes every 2 s, a list 2 every 10 s
APT = ("DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "
       "-o Dpkg::Options::=--force-confold ")
# The rest is what apt, dpkg and logs keep, and what is not on the disk.
FILES = ("find / -xdev \\( -path /proc -o -path /run -o -path /sys -o -path /dev -o -path /tmp -o -path /root -o "
         "-path /var/cache -o -path /var/lib/apt -o -path /var/lib/dpkg -o -path /var/lib/mosquitto -o "
         "-path /var/lib/systemd -o -path /var/log -o -path /var/tmp \\) -prune -o -print | sort")


def packages():
    arch = subprocess.run(["dpkg", "--print-architecture"], check=True, stdout=subprocess.PIPE, text=True)
    place = pathlib.Path(os.environ["HANMQTTD_DEBS"]) / f"trixie-{arch.stdout.strip()}"
    debs = [next(iter(place.glob(f"{name}_*.deb")), None) for name in PACKAGES]
    assert all(debs), f"no packages in {place}"
    return debs


@pytest.fixture(scope="module", name="machine")
def fixture_machine():
    directory = pathlib.Path(tempfile.mkdtemp(prefix="hanmqttd-container.", dir="/var/tmp"))
    container = Container(directory)
    try:
        container.boot()
        yield container
    finally:
        container.close()
        # What is killed may take a moment to let go of it.
        until("the container's files to be free",
              lambda: shutil.rmtree(directory, ignore_errors=True) or not directory.exists(), 10)


def install(machine, debs, name):
    """By apt, as "apt install ./*.deb" does it; the questions that dpkg has are answered with "keep mine"."""
    place = machine.root / "root" / name
    place.mkdir()
    for deb in debs:
        shutil.copy(deb, place)
    # systemd refuses a sixth start within 10 s: those of the tests before do not count.
    machine.run(f"systemctl reset-failed {UNIT}")
    return machine.check(f"{APT} /root/{name}/*.deb", timeout=120)


def show(machine, name):
    return machine.check(f"systemctl show --value -p {name} {UNIT}")


def status(machine, pattern, deadline=READY_S):
    machine.wait_for("status", f"systemctl show -p ActiveState,StatusText {UNIT}",
                     f"(?s)(?=.*^ActiveState=active$).*^StatusText=.*{pattern}", deadline)


def message(machine, topic, prefix="han", fresh=True):
    """The next message of that topic below the prefix, [topic, payload]."""
    # -R: not what the broker has kept from before.
    return machine.check(f"mosquitto_sub {'-R' if fresh else ''} -t '{prefix}/{topic}' -C 1 -W {VALUE_S} -F '%t %p'",
                         timeout=VALUE_S + 5).split(" ", 1)


def readings_come(machine, prefix="han"):
    reading = json.loads(message(machine, "+/reading", prefix)[1])
    assert reading["values"]["power_active_import"] >= 0
    return reading


def restarts(machine):
    return int(show(machine, "NRestarts"))


def entries(machine, *arguments):
    return machine.journal("-u", UNIT, *arguments)


def wait_entry(machine, since, pattern, deadline=READY_S):
    """The first entry about the unit whose message has this, from its processes or from systemd."""
    def check():
        return next((e for e in entries(machine, "--since", since)
                     if re.search(pattern, str(e["MESSAGE"]))), None)
    return until(f"journal: {pattern}", check, deadline,
                 report=lambda: machine.check(f"journalctl --no-pager -u {UNIT} -n 40"))


def test_install(machine):
    """apt installs the packages with nothing else to fetch; the service is neither enabled nor started."""
    (machine.directory / "files").write_text(machine.check(FILES))
    said = install(machine, packages(), "first")
    assert not re.search("(?i)warning|error|fail", said), said
    assert machine.run(f"systemctl is-enabled {UNIT}") == (1, "disabled\n")
    assert machine.run(f"systemctl is-active {UNIT}")[1] == "inactive\n"
    assert not entries(machine)
    assert machine.check("systemctl --failed --no-legend") == ""


@pytest.mark.after("test_install")
def test_no_meter(machine):
    """enable --now: without a meter it is up, says what it waits for, and costs next to nothing."""
    machine.write(DROP_IN, PORT)
    machine.check(f"systemctl enable --now {UNIT}", timeout=READY_S)
    status(machine, "(waiting for a meter|listening) on /dev/ttyAMA0")
    status(machine, "broker connected")

    pid = show(machine, "MainPID")

    def spent():
        ticks = machine.check(f"cut -d' ' -f14,15 /proc/{pid}/stat").split()
        wakes = machine.check(f"awk '/ctxt/ {{ n += $2 }} END {{ print n }}' /proc/{pid}/task/*/status")
        return sum(map(int, ticks)), int(wakes)
    before = spent()
    time.sleep(4)
    after = spent()
    assert after[0] - before[0] <= 2, "hundredths of a second of CPU in 4 s"
    assert after[1] - before[1] <= 20, "wake-ups in 4 s"


@pytest.mark.after("test_no_meter")
def test_sandbox(machine):
    """systemd rates the exposure at most 1.5; the process has its own user and no capability."""
    rated = machine.check(f"systemd-analyze security --no-pager {UNIT}")
    exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", rated)
    assert float(exposure[1]) <= 1.5, rated
    text = machine.check(f"cat /proc/{show(machine, 'MainPID')}/status")
    fields = dict(re.findall(r"^(\w+):\s+(.*)$", text, re.M))
    assert fields["Uid"].split() == [machine.check("id -u hanmqttd")] * 4
    assert int(fields["CapEff"], 16) == int(fields["CapPrm"], 16) == int(fields["CapBnd"], 16) == 0
    assert fields["NoNewPrivs"] == "1" and fields["Seccomp"] == "2"
    assert int(machine.check("stat -c %u /var/lib/hanmqttd")) == int(fields["Uid"].split()[0])


@pytest.mark.after("test_no_meter")
def test_topics(machine):
    """A meter that begins to speak is read: values, states, and what Home Assistant is told of it."""
    machine.wire.play("--speed", "4")
    reading = readings_come(machine)
    meter = reading["meter_id"]
    topic, volts = message(machine, "+/phase_voltage_l1")
    assert topic == f"han/{meter}/phase_voltage_l1" and re.fullmatch(r"2[0-9]{2}\.\d", volts)
    assert message(machine, f"{meter}/availability", fresh=False)[1] == "online"
    assert message(machine, "bridge/+/availability", fresh=False)[1] == "online"
    topic, told = message(machine, "device/+/config", prefix="homeassistant", fresh=False)
    assert meter in topic and f"han/{meter}/phase_voltage_l1" in told
    status(machine, "reading .*2400 8N1.* W.*broker connected")


@pytest.mark.after("test_topics")
def test_journal(machine):
    """One line per change of state, with its level and its fields; a meter that just speaks makes none."""
    said = [e for e in entries(machine) if e.get("_COMM") == "hanmqttd"]
    texts = [e["MESSAGE"] for e in said]
    for entry in said:
        assert entry["_SYSTEMD_UNIT"] == UNIT
        assert entry["SYSLOG_IDENTIFIER"] == "hanmqttd"
        assert int(entry["PRIORITY"]) in (5, 6), "nothing is wrong: " + entry["MESSAGE"]
    for pattern in (r"^hanmqttd [\d.]+ start", "broker", "/dev/ttyAMA0: open at 2400 8N1"):
        assert sum(bool(re.search(pattern, t)) for t in texts) == 1, f"{pattern}: {texts}"
    assert len(texts) <= 12, texts
    assert any(e.get("METER_ID") for e in said), "no entry names the meter in a field"

    count = len(entries(machine))
    for _ in range(3):
        readings_come(machine)
    assert [e["MESSAGE"] for e in entries(machine)[count:]] == []


@pytest.mark.after("test_topics")
def test_killed(machine):
    """A SIGKILL: the broker says offline for it, systemd starts it again, values come again, without help."""
    before, since = restarts(machine), now()
    watch = machine.directory / "will"
    with open(watch, "wb") as output:
        machine.start("will", machine.shell.argv("mosquitto_sub -R -t 'han/bridge/+/availability' -C 2 -F %p"),
                      stdout=output)
        machine.wait_for("the subscriber", "pgrep -x mosquitto_sub")
        time.sleep(0.5)
        machine.check(f"systemctl kill -s KILL {UNIT}")
        until("offline and online again", lambda: watch.read_text().split() == ["offline", "online"], READY_S)
    machine.free_port()
    assert restarts(machine) == before + 1
    wait_entry(machine, since, "Main process exited, code=killed, status=9/KILL")
    readings_come(machine)


@pytest.mark.after("test_topics")
def test_hung(machine):
    """A daemon that hangs (SIGSTOP) is ended by systemd's watchdog and started again; values come again."""
    # As shipped but sooner.
    assert int(machine.check(f"systemctl show -p WatchdogUSec --value {UNIT} | tr -dc 0-9")) > 0
    place = f"/run/systemd/system/{UNIT}.d/sooner.conf"
    machine.write(place, "[Service]\nWatchdogSec=3\nRestartSec=1\n")
    machine.check(f"systemctl daemon-reload && systemctl restart {UNIT}")
    readings_come(machine)
    before, since = restarts(machine), now()
    machine.check(f"systemctl kill -s STOP {UNIT}")
    wait_entry(machine, since, r"Watchdog timeout \(limit 3s\)")
    wait_entry(machine, since, "Failed with result 'watchdog'")
    until("its restart", lambda: restarts(machine) == before + 1, READY_S)
    machine.free_port()
    readings_come(machine)
    machine.check(f"rm {place} && systemctl daemon-reload")


@pytest.mark.after("test_topics")
def test_reload(machine):
    """systemctl reload takes another configuration without a new process; a bad one changes nothing, and
    the journal says where the mistake is."""
    pid, since = show(machine, "MainPID"), now()
    machine.write(DROP_IN, PORT + "[mqtt]\ntopic-prefix = house\n")
    machine.check(f"systemctl reload {UNIT}")
    readings_come(machine, prefix="house")

    since = now()
    machine.write(DROP_IN, PORT + "baud = fast\n[mqtt]\ntopic-prefix = attic\n")
    machine.run(f"systemctl reload {UNIT}")
    entry = wait_entry(machine, since, re.escape(DROP_IN) + r":3: \[meter\] baud:")
    assert int(entry["PRIORITY"]) <= 4
    readings_come(machine, prefix="house")
    status(machine, "reading")

    machine.write(DROP_IN, PORT)
    machine.check(f"systemctl reload {UNIT}")
    readings_come(machine)
    assert show(machine, "MainPID") == pid


@pytest.mark.after("test_topics")
def test_restart_on_mistake(machine):
    """A mistake in the configuration at the start ends it with 78, told once; systemd does not try again."""
    since = now()
    machine.write(DROP_IN, PORT + "baud = fast\n")
    assert machine.run(f"systemctl restart {UNIT}", timeout=READY_S)[0] != 0
    wait_entry(machine, since, re.escape(DROP_IN) + r":3: \[meter\] baud:")
    assert show(machine, "ActiveState") == "failed" and show(machine, "ExecMainStatus") == "78"
    machine.write(DROP_IN, PORT)
    machine.check(f"systemctl restart {UNIT}", timeout=READY_S)
    readings_come(machine)


@pytest.mark.after("test_topics")
def test_upgrade(machine, tmp_path):
    """An upgrade restarts what runs; a configuration file that nobody changed becomes the new one."""
    pid = show(machine, "MainPID")
    before = packages()
    version = machine.check("dpkg-query -W -f '${Version}' hanmqttd")
    install(machine, newer_debs(before, tmp_path / "debs", version + "+new1", "# new 1\n"), "new1")
    assert machine.check("dpkg-query -W -f '${Version}' hanmqttd") == version + "+new1"
    assert machine.check(f"tail -n 1 {CONF}") == "# new 1"
    status(machine, "reading")
    assert show(machine, "MainPID") != pid
    assert machine.run(f"systemctl is-enabled {UNIT}") == (0, "enabled\n")
    readings_come(machine)


@pytest.mark.after("test_upgrade")
def test_upgrade_changed(machine, tmp_path):
    """An upgrade keeps a configuration file that was changed, and lays the new one beside it."""
    pid = show(machine, "MainPID")
    machine.check(f"echo '# mine' >>{CONF}")
    version = machine.check("dpkg-query -W -f '${Version}' hanmqttd")
    install(machine, newer_debs(packages(), tmp_path / "debs", version + "+new2", "# new 2\n"), "new2")
    assert machine.check(f"tail -n 1 {CONF}") == "# mine"
    assert machine.check(f"tail -n 1 {CONF}.dpkg-dist") == "# new 2"
    status(machine, "reading")
    assert show(machine, "MainPID") != pid
    readings_come(machine)


@pytest.mark.after("test_upgrade_changed")
def test_upgrade_stopped(machine, tmp_path):
    """An upgrade does not start what the administrator has stopped."""
    machine.check(f"systemctl stop {UNIT}")
    version = machine.check("dpkg-query -W -f '${Version}' hanmqttd")
    install(machine, newer_debs(packages(), tmp_path / "debs", version + "+new3"), "new3")
    assert show(machine, "ActiveState") == "inactive"
    machine.check(f"systemctl start {UNIT}", timeout=READY_S)
    readings_come(machine)


@pytest.mark.after("test_topics")
def test_reboot(machine):
    """After a reboot it reads again without help; it knows the meter before that has told its name; the
    journal has both starts."""
    meter = readings_come(machine)["meter_id"]
    machine.wire.silence()
    machine.reboot()
    status(machine, "waiting for|listening")
    # The first list 1 after it: no name in that, and none is waited for.
    machine.wire.play("--speed", "4")
    topic, _ = message(machine, "+/power_active_import")
    assert topic == f"han/{meter}/power_active_import"
    assert readings_come(machine)["meter_id"] == meter
    boots = json.loads(machine.check("journalctl --list-boots -o json"))
    assert len(boots) == 2, boots
    assert {e["_BOOT_ID"] for e in entries(machine) if re.match(r"hanmqttd [\d.]+ start", e["MESSAGE"])} >= {b["boot_id"] for b in boots}


@pytest.mark.after("test_topics")
def test_remove(machine):
    """Removed while it runs: it says offline, is stopped, and only its configuration and state stay."""
    meter = readings_come(machine)["meter_id"]
    machine.check(f"DEBIAN_FRONTEND=noninteractive apt-get remove -y {' '.join(PACKAGES)}", timeout=60)
    assert machine.run("pgrep -x hanmqttd")[0] == 1
    assert message(machine, f"{meter}/availability", fresh=False)[1] == "offline"
    machine.check(f"test -s {CONF} -a -d /var/lib/hanmqttd -a ! -e /usr/sbin/hanmqttd")
    assert machine.check("systemctl --failed --no-legend") == ""


@pytest.mark.after("test_remove")
def test_purge(machine):
    """A purge leaves no file behind but what the administrator made."""
    machine.check(f"rm {DROP_IN}")
    machine.check(f"dpkg --purge {' '.join(PACKAGES)}", timeout=60)
    before = set((machine.directory / "files").read_text().splitlines())
    left = sorted(set(machine.check(FILES).splitlines()) - before)
    assert left == [], left
    assert show(machine, "LoadState") == "not-found"
