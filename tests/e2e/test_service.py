"""Start, stop, reload, and what the service manager is told."""
import glob
import os
import re
import signal

import pytest

import kaifa
from rig import SANITIZED, config

METER = "6970631400000016"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stop(house, number):
    """Asked to stop, the daemon says `offline` for meter and bridge and ends with 0 within 2 s."""
    house.feed(kaifa.Meter(METER).list2())
    mark = house.watcher.mark()
    status, seconds = house.daemon.stop(number)
    assert status == 0
    assert seconds < 2
    for topic in (rf"han/{METER}/availability", r"han/bridge/[^/]+/availability"):
        said = house.watcher.expect(topic, "offline", since=mark)
        assert (said.retain, said.qos) == (True, 1)
    assert "SIGTERM" not in house.broker.said()
    # A clean goodbye: the broker is not to publish the will.
    assert re.search(r"Received DISCONNECT from hanmqttd-", house.broker.said())


def test_stop_flushes(house):
    """What was read just before the stop is published before the goodbye."""
    meter = kaifa.Meter(METER)
    house.feed(meter.list3())
    last = [meter.list3(power_active_import=n, energy_active_cum_import=n) for n in range(60)]
    mark = house.feed(*last)
    status, seconds = house.daemon.stop()
    assert (status, seconds < 2) == (0, True)
    house.watcher.expect(r"han/bridge/[^/]+/availability", "offline", since=mark)
    for name, text in last[-1].published().items():
        house.watcher.expect(f"han/{METER}/{name}", text, since=mark)


def test_stop_while_broker_hangs(house):
    """A broker that hangs does not delay a stop beyond 2 s."""
    house.feed(kaifa.Meter(METER).list2())
    house.broker.pause()
    status, seconds = house.daemon.stop()
    assert status == 0
    assert seconds < 2


def test_notes(rig):
    """systemd hears READY, a status for people, WATCHDOG in time, and STOPPING."""
    house = rig.house(env={"WATCHDOG_USEC": "400000"})
    house.feed(kaifa.Meter(METER).list2())
    notes = house.daemon.notes
    fed = notes.wait("watchdog", lambda seen: (lambda f: len(f) >= 5 and f)(
        [n for n in seen if n.fields.get("WATCHDOG") == "1"]))
    if not SANITIZED:
        gaps = [b.time - a.time for a, b in zip(fed, fed[1:])]
        assert max(gaps) < 0.4, gaps
    house.daemon.expect_status(METER, re.escape(str(house.port.path)), "broker")
    assert sum("READY" in n.fields for n in notes.since()) == 1
    assert house.daemon.stop()[0] == 0
    notes.wait("STOPPING=1", lambda seen: any(n.fields.get("STOPPING") == "1" for n in seen))


@pytest.mark.parametrize("env", [{}, {"WATCHDOG_USEC": "100000", "WATCHDOG_PID": "1"}])
def test_no_watchdog_unasked(rig, env):
    """Without WATCHDOG_USEC, or when that is meant for another process, none is fed."""
    house = rig.house(env=env)
    house.feed(kaifa.Meter(METER).list2())
    assert house.daemon.stop()[0] == 0
    assert not any("WATCHDOG" in n.fields for n in house.daemon.notes.since())


def test_without_service_manager(rig):
    """Started by hand, without a notify socket, the daemon works as well."""
    broker, port = rig.broker(), rig.port()
    watcher = rig.watch(broker)
    rig.daemon(rig.setting(broker, port), env={"NOTIFY_SOCKET": None}, ready=False)
    port.write(kaifa.Meter(METER).list2().octets)
    watcher.expect(f"han/{METER}/power_active_import", "1527")


def test_reload_prefix(house):
    """SIGHUP: a new topic prefix is in force without a restart, the old one says `offline`."""
    meter = kaifa.Meter(METER)
    house.feed(meter.list2())
    old = house.watcher.expect(r"han/bridge/[^/]+/availability").topic
    mark = house.watcher.mark()
    first = house.daemon.notes.mark()
    house.daemon.reload(config(house.broker.port, house.port.path, mqtt={"topic-prefix": "neu"}))
    assert any(n.fields.get("RELOADING") == "1" for n in house.daemon.notes.since(first))
    house.watcher.expect(old, "offline", since=mark)
    house.watcher.expect(r"neu/bridge/[^/]+/availability", "online", since=mark)
    house.port.write(meter.list2(power_active_import=99).octets)
    house.watcher.expect(f"neu/{METER}/power_active_import", "99", since=mark)
    house.watcher.expect(f"neu/{METER}/availability", "online", since=mark)
    assert not [m for m in house.watcher.messages(f"han/{METER}/power_active_import", mark) if m.payload == "99"]
    assert house.daemon.process.poll() is None


def test_reload_meter(rig):
    """SIGHUP: another port is read, and the broker session stays."""
    house = rig.house()
    meter = kaifa.Meter(METER)
    house.feed(meter.list2())
    other = rig.port()
    mark = house.watcher.mark()
    house.daemon.reload(config(house.broker.port, other.path))
    other.write(meter.list2(power_active_import=12).octets)
    house.watcher.expect(f"han/{METER}/power_active_import", "12", since=mark)
    assert not house.watcher.messages(r"han/bridge/[^/]+/availability", mark)
    assert house.broker.said().count(" as hanmqttd-") == 1


@pytest.mark.parametrize("bad", ["[mqtt]\nport = 70000\n", "[mqtt\n", "[nonsense]\n", "x = y\n", "\x00\x01\x02"])
def test_reload_bad_file(house, bad):
    """SIGHUP with a bad file: the journal says where it is wrong, and the old configuration stays."""
    meter = kaifa.Meter(METER)
    house.feed(meter.list2())
    mark, line = house.watcher.mark(), house.daemon.log.mark()
    house.daemon.reload(bad)
    house.daemon.expect_line(re.escape(str(house.daemon.config)), since=line)
    house.daemon.expect_line("old|keep|stays|unchanged", since=line)
    house.feed(meter.list1(44))
    house.watcher.expect(f"han/{METER}/power_active_import", "44", since=mark)
    assert not house.watcher.messages(r"han/[^/]+(/[^/]+)?/availability", mark)
    assert house.broker.said().count(" as hanmqttd-") == 1


def test_reload_missing_file(house):
    """SIGHUP without the file that --config named: the old configuration stays."""
    meter = kaifa.Meter(METER)
    house.feed(meter.list2())
    os.unlink(house.daemon.config)
    line = house.daemon.log.mark()
    house.daemon.reload()
    house.daemon.expect_line(re.escape(str(house.daemon.config)), since=line)
    house.feed(meter.list1(45))


def test_reload_log_level(house):
    """SIGHUP that changes the log level alone disturbs neither the broker session nor the meter."""
    meter = kaifa.Meter(METER)
    house.feed(meter.list2())
    mark = house.watcher.mark()
    house.daemon.reload(config(house.broker.port, house.port.path, log={"level": "debug", "frames": "yes"}))
    message = meter.list1(46)
    house.feed(message)
    house.daemon.saw(message)
    house.daemon.reload(config(house.broker.port, house.port.path, log={"level": "info", "frames": "yes"}))
    message = meter.list1(47)
    house.feed(message)
    assert {m.topic.rpartition("/")[2] for m in house.watcher.messages(r"han/.*", mark)} == \
        {"power_active_import", "reading"}
    assert house.broker.said().count(" as hanmqttd-") == 1
    assert house.daemon.stop()[0] == 0
    assert not house.daemon.lines(message.octets[10:-3].hex())


def test_reload_many_times(house):
    """Twenty reloads in a row, each with another prefix, leave one session and one port."""
    meter = kaifa.Meter(METER)
    for n in range(20):
        house.daemon.reload(config(house.broker.port, house.port.path, mqtt={"topic-prefix": f"p{n}"}))
    mark = house.watcher.mark()
    house.port.write(meter.list2(power_active_import=9).octets)
    house.watcher.expect(f"p19/{METER}/availability", "online", since=mark)
    house.watcher.expect(f"p19/{METER}/power_active_import", "9", since=mark)
    open_files = os.listdir(f"/proc/{house.daemon.pid}/fd")
    assert len(open_files) < 25, open_files


def test_levels(rig):
    """The log has what its level asks for: debug shows each frame when frames = yes, warning is still."""
    house = rig.house(log={"level": "debug"})
    message = kaifa.Meter(METER).list2()
    house.feed(message)
    house.daemon.expect_line("", levels=("debug",))
    assert not house.daemon.lines(message.octets[9:30].hex())
    quiet = rig.house(log={"level": "warning", "frames": "yes"})
    quiet.feed(message)
    assert not quiet.daemon.lines("")
    assert quiet.daemon.stop()[0] == 0
    assert not quiet.daemon.lines("")


def test_verbose(rig):
    """--verbose is level debug, whatever the file says."""
    broker, port = rig.broker(), rig.port()
    daemon = rig.daemon(rig.setting(broker, port, log={"level": "error"}), arguments=("--verbose",))
    port.write(kaifa.Meter(METER).list2().octets)
    daemon.log.wait("debug line", lambda _: daemon.lines("", levels=("debug",)))


# ---- the bus ----

def need_no_gpio():
    chips = glob.glob("/dev/gpiochip*")
    if chips:
        pytest.skip(f"this machine has GPIO lines: {' '.join(chips)}")


@pytest.mark.parametrize("line", ["GPIO25", "wiringpi:25", "pin:37", "gpiochip0:25"])
def test_named_line_is_missing(rig, line):
    """A bus line that was named and cannot be had ends the start with 1 and a sentence."""
    need_no_gpio()
    daemon = rig.daemon(config(1, rig.port().path, power={"line": line}), ready=False)
    assert daemon.ended() == 1
    daemon.expect_line(re.escape(line) + "|GPIO2[56]", levels=("error",))


def test_auto_line_with_another_port(rig):
    """line = auto without a Raspberry Pi's header: the meter is read, nobody is alarmed."""
    house = rig.house(power={"line": "auto"})
    house.feed(kaifa.Meter(METER).list2())
    assert house.daemon.stop()[0] == 0
    assert not house.daemon.lines("", levels=("error", "warning"))
    assert len(house.daemon.lines("gpio|power|bus")) <= 1


def test_unconfigured(rig):
    """Unconfigured on a machine without header UART and GPIO: one notice about the line, the port that is
    waited for, and no end."""
    need_no_gpio()
    if os.path.exists("/dev/ttyAMA0") or os.path.exists("/dev/serial0"):
        pytest.skip("this machine has a header UART")
    broker = rig.broker()
    daemon = rig.daemon(f"[mqtt]\nport = {broker.port}\n")
    daemon.expect_line("/dev/ttyAMA0")
    daemon.expect_status("/dev/ttyAMA0")
    assert daemon.stop()[0] == 0
    assert len(daemon.lines(r"\bbus\b|GPIO|gpiochip|power", levels=("notice",))) == 1
