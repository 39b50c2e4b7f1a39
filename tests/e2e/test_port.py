"""The serial port may be absent, come, go, and come again."""
import re
import subprocess
import termios

import pytest

import kaifa
from programs import HANTOOL
from rig import PATIENCE, environment, talking

METER = "6970631400000016"


def test_absent_at_start(rig):
    """Without its port the daemon starts, says what it waits for, and reads as soon as the port is there."""
    broker, port = rig.broker(), rig.port(plugged=False)
    watcher = rig.watch(broker)
    daemon = rig.daemon(rig.setting(broker, port))
    daemon.expect_line(str(port.path), "no such file")
    daemon.expect_status(str(port.path), "no such file")
    watcher.expect(r"han/bridge/[^/]+/availability", "online")
    port.plug()
    port.write(kaifa.Meter(METER).list2().octets)
    watcher.expect(f"han/{METER}/availability", "online", timeout=12)
    watcher.expect(f"han/{METER}/power_active_import", "1527")
    daemon.expect_status(METER)


@pytest.mark.background
def test_delays(rig):
    """Attempts to open an absent port come at growing delays, up to a limit, with one line for people."""
    broker, port = rig.broker(), rig.port(plugged=False)
    daemon = rig.daemon(rig.setting(broker, port, log={"level": "debug"}))
    lines = daemon.log.wait("seven attempts", lambda _: (lambda tried: len(tried) >= 8 and tried)(
        daemon.lines(str(port.path), "no such file")), timeout=60)
    # what it says, as a busy machine makes any gap longer; and that it waits for as long
    said = [float(re.search(r"again in ([\d.]+) s", line.text)[1]) for line in lines[1:]]
    assert 0.1 < said[0] < 2.5, said
    assert said == sorted(said) and said[2] > said[0] * 1.9, said
    assert said[-1] == said[-2] < 31, said  # the limit
    assert lines[-1].time - lines[1].time > sum(said[:-1]) * 0.95
    assert sum(line.level != "debug" for line in lines) == 1


def test_unplugged_and_back(house):
    """When the port goes away the meter is offline at once; when it is back it is read again."""
    meter = kaifa.Meter(METER)
    house.feed(meter.list3())
    base = f"han/{METER}"
    for power in (71, 72):
        mark = house.watcher.mark()
        house.port.unplug()
        house.watcher.expect(f"{base}/availability", "offline", since=mark, timeout=3)
        house.watcher.expect(f"{base}/diagnostics/problem", since=mark)
        house.daemon.expect_line(str(house.port.path), "lost|gone|closed|no such", levels=("warning", "error"))
        mark = house.watcher.mark()
        house.port.plug()
        house.port.write(meter.list1(power).octets)
        house.watcher.expect(f"{base}/power_active_import", str(power), since=mark, timeout=12)
        house.watcher.expect(f"{base}/availability", "online", since=mark)
        house.watcher.expect(f"{base}/diagnostics/problem", "ok", since=mark)
    assert "offline" not in {m.payload for m in house.watcher.messages(r"han/bridge/[^/]+/availability")}


def test_cut_frame_at_unplugging(house):
    """Half a frame before the port went and half after it came back make no message."""
    meter = kaifa.Meter(METER)
    house.feed(meter.list2())
    mark = house.watcher.mark()
    octets = meter.list2(power_active_import=6666).octets
    house.port.write(octets[:60])
    house.port.unplug()
    house.watcher.expect(f"han/{METER}/availability", "offline", since=mark)
    house.port.plug()
    house.port.write(octets[60:] + meter.list1(7).octets)
    house.watcher.expect(f"han/{METER}/power_active_import", "7", since=mark, timeout=12)
    assert "6666" not in {m.payload for m in house.watcher.messages(r".*", mark)}


@pytest.mark.parametrize("kind", ["directory", "file", "null device"])
def test_no_serial_port(rig, kind):
    """A device that is no serial port is told, and does not end the daemon."""
    broker = rig.broker()
    place = rig.directory("odd")
    path = {"directory": place, "file": place / "file", "null device": "/dev/null"}[kind]
    (place / "file").write_text("no port", encoding="ascii")
    daemon = rig.daemon(f"[mqtt]\nhost = 127.0.0.1\nport = {broker.port}\n[power]\nline = none\n"
                        f"[meter]\ndevice = {path}\n")
    daemon.expect_line(str(path), levels=("warning", "error"))
    assert daemon.stop()[0] == 0


@pytest.mark.parametrize("baud, speed", [("", termios.B2400), ("auto", termios.B2400), ("9600", termios.B9600),
                                         ("115200", termios.B115200)])
def test_speed(rig, baud, speed):
    """The port runs at 2400 baud, or as it is told, and is raw: every octet passes."""
    house = rig.house(meter={"baud": baud})
    meter = kaifa.Meter(METER, power_active_import=0x0D0A1113, power_active_export=0x037E7D1A,
                        power_reactive_import=0x0004FF7F)
    mark = house.feed(meter.list2())
    assert house.port.speed() == speed
    house.watcher.expect(f"han/{METER}/power_active_import", str(0x0D0A1113), since=mark)
    house.watcher.expect(f"han/{METER}/power_active_export", str(0x037E7D1A), since=mark)
    house.watcher.expect(f"han/{METER}/power_reactive_import", str(0x0004FF7F), since=mark)


def test_exclusive_only_with_a_meter(house):
    """The port is nobody else's once a valid frame has come, and not before."""
    meter = kaifa.Meter(METER)
    broken = bytearray(meter.list2().octets)
    broken[-3] ^= 1
    house.port.write(bytes(broken))
    house.daemon.log.wait("open port", lambda _: house.daemon.lines(str(house.port.path)))
    assert not house.port.is_exclusive()
    house.feed(meter.list2())
    assert house.port.is_exclusive()


def test_port_in_use(rig):
    """Two daemons do not share a port: the second one says that it is taken, and waits."""
    house = rig.house()
    house.feed(kaifa.Meter(METER).list2())
    second = rig.daemon(rig.setting(house.broker, house.port, mqtt={"topic-prefix": "second",
                                                                      "client-id": "second"}))
    second.expect_line(str(house.port.path), "holds|busy|in use|taken|another")
    assert house.daemon.stop()[0] == 0
    house.watcher.expect("second/bridge/second/availability", "online")
    mark = house.watcher.mark()

    def heard(seen):
        return any(m.topic == f"second/{METER}/power_active_import" for m in seen)
    house.watcher.wait("values from the second", talking(house.port, lambda: kaifa.Meter(METER).list2().octets, heard),
                       mark, timeout=12 + PATIENCE)


def test_shared_with_hantool(rig):
    """hantool does not read the daemon's port, and the daemon waits for one that hantool reads."""
    house = rig.house()
    house.feed(kaifa.Meter(METER).list2())
    path = str(house.port.path)
    refused = subprocess.run([*HANTOOL, "decode", path], stdin=subprocess.DEVNULL, capture_output=True,
                             env=environment(), encoding="utf-8", timeout=PATIENCE, check=False)
    assert (refused.returncode, "in use by another program" in refused.stderr) == (1, True)
    house.feed(kaifa.Meter(METER).list1(3))

    port = rig.port()
    reader = rig.tool("capture", str(port.path), stdout=subprocess.PIPE)
    assert reader.stdout.readline().startswith(b"# hantool capture")
    broker = rig.broker()
    watcher = rig.watch(broker)
    daemon = rig.daemon(rig.setting(broker, port))
    daemon.expect_line(str(port.path), "another program holds the port")
    reader.terminate()
    reader.wait(PATIENCE)
    daemon.expect_line(str(port.path), ": open at", timeout=12 + PATIENCE)
    port.write(kaifa.Meter(METER).list2().octets)
    watcher.expect(f"han/{METER}/power_active_import", "1527")


def test_waits_for_nothing_else(rig):
    """With neither port nor broker the daemon is up, says so, and stops well."""
    broker, port = rig.broker(running=False), rig.port(plugged=False)
    daemon = rig.daemon(rig.setting(broker, port))
    daemon.expect_status(re.escape(str(port.path)), "broker")
    status, seconds = daemon.stop()
    assert (status, seconds < 2) == (0, True)
