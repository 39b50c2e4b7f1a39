"""Start, stop, reload, and what the service manager is told."""
import ctypes
import glob
import os
import pathlib
import re
import signal

import pytest

import kaifa
from rig import SANITIZED, config, pause, until

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
    until("a goodbye to the broker", lambda: re.search(r"Received DISCONNECT from hanmqttd-", house.broker.said()))


def test_stop_flushes(house):
    """What was read just before the stop is published before the goodbye."""
    meter = kaifa.Meter(METER)
    house.feed(meter.list3())
    last = [meter.list3(power_active_import=n, energy_active_cum_import=50000000 + n) for n in range(60)]
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


def fed(daemon, since):
    return [n for n in daemon.notes.since(since) if n.fields.get("WATCHDOG") == "1"]


@pytest.mark.background
def test_hung_loop_is_not_fed(rig):
    """The watchdog is not fed by a daemon that hangs, and is again by one that goes on."""
    daemon = rig.daemon(config(1, rig.port().path), env={"WATCHDOG_USEC": "200000"})
    daemon.notes.wait("watchdog", lambda _: fed(daemon, 0))
    daemon.send(signal.SIGSTOP)
    until("the daemon stopped", lambda: "T (stopped)" in
          pathlib.Path(f"/proc/{daemon.pid}/status").read_text(encoding="ascii"))
    pause(0.3)  # what was on its way has arrived
    mark = daemon.notes.mark()
    pause(1)
    assert not fed(daemon, mark)
    daemon.send(signal.SIGCONT)
    daemon.notes.wait("watchdog", lambda _: fed(daemon, mark))


class Tracer:
    """Stops one thread of another process, as a debugger does; to be used by one thread."""

    SEIZE, INTERRUPT = 0x4206, 0x4207

    def __init__(self, thread):
        self.thread = thread
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
        self.libc.ptrace.restype = ctypes.c_long

    def stop(self):
        for request in (self.SEIZE, self.INTERRUPT):
            if self.libc.ptrace(request, self.thread, None, None) != 0:
                pytest.skip(f"no tracing here: {os.strerror(ctypes.get_errno())}")
        self.reap()

    def reap(self):
        """The process whose thread it is ends only when its tracer has seen the thread end."""
        os.waitpid(self.thread, 0x40000000)  # __WALL


@pytest.mark.background
def test_hung_broker_thread(rig):
    """While the broker's thread hangs the meter is read, and the watchdog is fed for thirty periods; then a
    line says what is wrong, and it is no more."""
    house = rig.house(env={"WATCHDOG_USEC": "300000"})
    house.feed(kaifa.Meter(METER).list2())
    tasks = pathlib.Path(f"/proc/{house.daemon.pid}/task")
    thread, = (int(task.name) for task in tasks.iterdir() if (task / "comm").read_text() == "mqtt\n")
    tracer = Tracer(thread)
    tracer.stop()
    mark = house.daemon.notes.mark()
    house.daemon.expect_line("service:", "hung", levels=("error",), timeout=30)
    assert len(fed(house.daemon, mark)) >= 30  # twice per period, but for what it had waited before
    pause(0.3)
    mark = house.daemon.notes.mark()
    pause(1)
    assert not fed(house.daemon, mark)
    house.daemon.process.kill()
    tracer.reap()
    house.daemon.process.wait()


def test_status_without_anything(rig):
    """From the start systemd knows what is waited for, and is not told twice."""
    port = rig.port(plugged=False)
    daemon = rig.daemon(config(1, port.path))
    assert daemon.notes.since()[0].fields["STATUS"] == "starting"
    daemon.expect_status(rf"^waiting for port {re.escape(str(port.path))}: No such file or directory, "
                         r"broker 127\.0\.0\.1 port 1 not connected: Connection refused$")
    mark = daemon.notes.mark()
    pause(3)
    assert not daemon.notes.since(mark)
    assert daemon.stop()[0] == 0
    daemon.expect_status("^stopping$")


def test_status_of_a_first_frame(rig):
    """A meter that has just spoken for the first time is not called silent, not even for a moment."""
    house = rig.house()
    house.feed(kaifa.Meter(METER).list2())
    house.daemon.expect_status(f"^reading MA304H4 {METER} ")
    said = [note.fields.get("STATUS", "") for note in house.daemon.notes.since()]
    assert not [status for status in said if "silent" in status], said


def test_status_of_silence(rig):
    """A meter that has fallen silent is named as such."""
    house = rig.house(meter={"silent-after": 1})
    house.feed(kaifa.Meter(METER).list2())
    house.daemon.expect_status(rf"^reading MA304H4 {METER} on {re.escape(str(house.port.path))} at 2400 8N1, "
                               "1527 W, broker connected$")
    house.daemon.expect_status(rf"{METER} on {re.escape(str(house.port.path))} is silent, broker connected$")


def test_status_of_several(rig):
    """Of several meters those that are not read are named, with the reason."""
    broker, ports = rig.broker(), (rig.port(), rig.port(plugged=False))
    daemon = rig.daemon(rig.setting(broker, *ports, meters={"house": {}, "garage": {}}))
    daemon.expect_status("^reading none of 2 meters, broker connected; house: .*; garage: waiting for port .*")
    ports[0].write(kaifa.Meter(METER).list2().octets)
    daemon.expect_status("^reading 1 of 2 meters, broker connected; garage: waiting for port [^;]*$")


def test_status_of_many(rig):
    """However many meters there are, none is left out of the sum."""
    broker = rig.broker()
    daemon = rig.daemon(config(broker.port, *(f"/dev/no-port-{i}" for i in range(40)),
                               meters={f"flat{i}": {} for i in range(40)}))
    daemon.expect_status("^reading none of 40 meters, broker connected; flat0: waiting for port ")


def test_status_of_refused_reload(house):
    """A reload that was refused stays in the status, with its reason, until the next good one."""
    house.feed(kaifa.Meter(METER).list2())
    good = house.daemon.config.read_text(encoding="utf-8")
    house.daemon.reload("[mqtt]\nport = 70000\n")
    house.daemon.expect_status("reload refused", "port.*70000")
    house.daemon.reload("[mqtt]\nhots = x\n")
    house.daemon.expect_status("reload refused", "hots")
    house.broker.kill()
    house.daemon.expect_status("not connected.*; reload refused")
    house.daemon.reload(good)
    house.daemon.expect_status("not connected: [^;]*$")


def test_status_of_bad_start(rig):
    """A configuration that ends the start stands in the status of the failed unit."""
    daemon = rig.daemon("[mqtt]\nhots = x\n", ready=False)
    assert daemon.ended() == 78
    daemon.expect_status("not started", "hots")
    check = rig.daemon("[mqtt]\nhots = x\n", ready=False, arguments=("--check",))
    assert check.ended() == 78
    assert not check.notes.since()


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
    # The bridge's info with the meter in it may come a moment later than the meter.
    assert {m.topic.rpartition("/")[2] for m in house.watcher.messages(r"han/(?!bridge/).*", mark)} == \
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
    until("few open files", lambda: len(os.listdir(f"/proc/{house.daemon.pid}/fd")) < 30)


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
    daemon.expect_status("not started")
    daemon.expect_line(re.escape(line) + "|GPIO2[56]", levels=("error",))
    assert len(daemon.lines("", levels=("error",))) == 1


def test_reload_line_that_is_missing(house):
    """A line that is named by a reload and cannot be had: journal and status say so, and the meter is read on."""
    need_no_gpio()
    good = house.daemon.config.read_text(encoding="utf-8")
    house.feed(kaifa.Meter(METER).list2())
    house.watcher.expect(f"han/{METER}/availability", "online")
    mark = house.watcher.mark()
    house.daemon.reload(config(house.broker.port, house.port.path, power={"line": "GPIO26"}, mqtt={"topic-prefix": "neu"}))
    house.daemon.expect_line("GPIO26", levels=("error",))
    house.daemon.expect_line("reload refused", levels=("error",))
    house.daemon.expect_status("^reading .*; reload refused", r"\[power\] line cannot be had; the journal says why")
    house.port.write(kaifa.Meter(METER).list2(power_active_import=31).octets)
    house.watcher.expect(f"han/{METER}/power_active_import", "31", since=mark)
    assert not house.watcher.messages(".*/availability", mark)
    house.daemon.reload(good)
    house.daemon.expect_status("^reading [^;]*$")


def test_auto_line_with_another_port(rig):
    """line = auto without a Raspberry Pi's header: the meter is read, nobody is alarmed."""
    house = rig.house(power={"line": "auto"})
    house.feed(kaifa.Meter(METER).list2())
    assert house.daemon.stop()[0] == 0
    assert not house.daemon.lines("", levels=("error", "warning"))
    assert len(house.daemon.lines("gpio|power|bus")) <= 1


def test_unconfigured(rig):
    """Unconfigured on a machine without serial port and GPIO: one notice about the line, one about the port,
    and no end."""
    need_no_gpio()
    if any(glob.glob(f"/dev/{name}") for name in ("serial0", "ttyAMA*", "ttyUSB*", "ttyACM*")):
        pytest.skip("this machine has a serial port")
    broker = rig.broker()
    daemon = rig.daemon(f"[mqtt]\nport = {broker.port}\n")
    daemon.expect_line("no serial port", levels=("notice",))
    daemon.expect_status("no serial port")
    assert daemon.stop()[0] == 0
    assert len(daemon.lines(r"\bbus\b|GPIO|gpiochip|power", levels=("notice",))) == 1
