"""Port and line setting that are not given are found by listening, and remembered."""
import json
import os
import re
import termios

import pytest

import kaifa
from rig import SANITIZED, config, pause, until

METER, OTHER = "6970631400000016", "6970631400000017"
SLOW = 3 if SANITIZED else 1


def garbage(seed=0, count=120):
    """What a message looks like at a wrong setting: high bits, no frame."""
    return bytes(0x80 | (n * 37 + n // 5 + seed) % 128 for n in range(count))


def start(rig, port, state=None, **meter):
    """A broker, somebody who watches it, and the daemon on that port, with a state directory."""
    broker = rig.broker()
    watcher = rig.watch(broker)
    daemon = rig.daemon(rig.setting(broker, port, meter=meter, log={"level": "debug"}),
                        env={"STATE_DIRECTORY": str(state)} if state else None)
    return broker, watcher, daemon


def remembered(state):
    """What is kept of ports: file name -> lines."""
    return {path.name: path.read_text(encoding="ascii", errors="replace").splitlines()
            for path in state.glob("port-*[!w]")}


def until_remembered(state, *kept):
    """It is on disk a moment later."""
    until(f"what is kept of ports: {kept}", lambda: sorted(remembered(state).values()) == sorted(kept))


def until_retuned(daemon, port, since=0):
    """Garbage, until another setting is tried: that."""
    for turn in range(12):
        port.write(garbage(turn))
        pause(0.8 * SLOW)
        lines = daemon.lines(r": now at \d+ [78][NE]1", since=since)
        if lines:
            return re.search(r"now at (\d+ [78][NE]1)", lines[0].text)[1]
    raise AssertionError("no other setting is tried")


def test_right_at_once(rig):
    """With the setting that is tried first, the first message is published, and nothing is changed."""
    port, state = rig.port(), rig.directory("state")
    _, watcher, daemon = start(rig, port, state)
    daemon.expect_status(f"listening on {port.path} at 2400 8N1")
    meter = kaifa.Meter(METER)
    port.write(meter.list2().octets)
    watcher.expect(f"han/{METER}/power_active_import", "1527")
    for power in range(3):
        port.write(meter.list1(power).octets)
        watcher.expect(f"han/{METER}/power_active_import", str(power))
    assert port.speed() == termios.B2400
    assert not daemon.lines(": now at ")
    daemon.expect_status(f"reading .*{METER} on {port.path} at 2400 8N1")
    until_remembered(state, [str(port.path), "2400 8N1"])
    # One line when the search begins, one when it was found.
    assert len(daemon.lines("searching", levels=("info",))) == 1
    assert len(daemon.lines(f"found on {port.path} at 2400 8N1", levels=("info",))) == 1


def test_garbage_then_a_meter(rig):
    """Octets without a frame lead to another setting, which people see; a meter that is right then is read."""
    port, state = rig.port(), rig.directory("state")
    _, watcher, daemon = start(rig, port, state)
    setting = until_retuned(daemon, port)
    assert setting != "2400 8N1"
    daemon.expect_status(f"listening on {port.path} at {setting}")
    assert port.speed() == getattr(termios, f"B{setting.split()[0]}")
    assert not daemon.lines(": now at ", levels=("info", "notice", "warning"))
    port.write(kaifa.Meter(METER).list2().octets)
    watcher.expect(f"han/{METER}/power_active_import", "1527")
    daemon.expect_line(f"found on {port.path} at {setting}", levels=("info",))
    daemon.expect_status(f"reading .*{METER} on {port.path} at {setting}")
    info = json.loads(watcher.expect(f"han/{METER}/info").payload)
    baud, form = setting.split()
    assert (info["line"]["baud"], info["line"]["format"]) == (int(baud), form)
    until_remembered(state, [str(port.path), setting])


@pytest.mark.parametrize("given, wait, doubt", [
    ({}, "listening", "other line settings are being tried"),
    ({"baud": 2400, "format": "8N1"}, "waiting for a meter", r"check baud, format and protocol in \[meter\]"),
])
def test_what_comes_in_is_told(rig, given, wait, doubt):
    """Status and journal tell a port where nothing comes in from one where it makes no sense."""
    port = rig.port()
    _, _, daemon = start(rig, port, **{"silent-after": 2 * SLOW}, **given)
    daemon.expect_status(f"{wait} on {port.path} at 2400 8N1, nothing comes in, broker connected")
    daemon.expect_line("nothing comes in on .*: check the cable and the bus power", levels=("warning",))
    port.write(garbage(0)[:40])
    daemon.expect_status(f"{wait} on {port.path} at 2400 8N1, octets but no valid frame yet")
    port.unplug()
    daemon.expect_line("port lost")
    port.plug()
    daemon.expect_line(f"octets come in on .* but no valid frame: {doubt}", levels=("warning",))


def test_restart_remembers(rig):
    """What was found is tried first by the next daemon."""
    port, state = rig.port(), rig.directory("state")
    broker, watcher, daemon = start(rig, port, state)
    setting = until_retuned(daemon, port)
    port.write(kaifa.Meter(METER).list2().octets)
    watcher.expect(f"han/{METER}/power_active_import", "1527")
    assert daemon.stop()[0] == 0
    again = rig.daemon(rig.setting(broker, port), env={"STATE_DIRECTORY": str(state)})
    again.expect_status(f"listening on {port.path} at {setting}")
    assert port.speed() == getattr(termios, f"B{setting.split()[0]}")
    mark = watcher.mark()
    port.write(kaifa.Meter(METER).list1(5).octets)
    watcher.expect(f"han/{METER}/power_active_import", "5", since=mark)


@pytest.mark.parametrize("kept", ["", "\xff\xff", "/dev/x\n1 8N1\n", "x" * 100000, "/etc/passwd\n9600\n"])
def test_garbage_is_remembered(rig, kept):
    """A file that makes no sense is ignored, and replaced."""
    port, state = rig.port(), rig.directory("state")
    broker, watcher, daemon = start(rig, port, state)
    port.write(kaifa.Meter(METER).list2().octets)
    watcher.expect(f"han/{METER}/power_active_import", "1527")
    assert daemon.stop()[0] == 0
    (name,) = remembered(state)
    (state / name).write_text(kept, encoding="latin-1")
    daemon = rig.daemon(rig.setting(broker, port), env={"STATE_DIRECTORY": str(state)})
    daemon.expect_status(f"listening on {port.path} at 2400 8N1")
    mark = watcher.mark()
    port.write(kaifa.Meter(METER).list1(7).octets)
    watcher.expect(f"han/{METER}/power_active_import", "7", since=mark)
    until_remembered(state, [str(port.path), "2400 8N1"])
    assert set(remembered(state)) == {name}


def test_given_setting(rig):
    """A setting that is given is kept, whatever comes, and people are told to check it."""
    port, state = rig.port(), rig.directory("state")
    _, watcher, daemon = start(rig, port, state, baud=9600, format="8N1", name="m")
    daemon.expect_status(f"waiting for a meter on {port.path} at 9600 8N1")
    for turn in range(4):
        port.write(garbage(turn))
        pause(0.7 * SLOW)
    assert not daemon.lines(": now at |searching|found on")
    assert port.speed() == termios.B9600
    port.write(kaifa.Meter(METER).list2().octets)
    watcher.expect("han/m/power_active_import", "1527")
    assert remembered(state) == {}


def test_format_given(rig):
    """A speed that is given stays while the format is searched."""
    port = rig.port()
    _, watcher, daemon = start(rig, port, baud=9600)
    assert until_retuned(daemon, port).startswith("9600 ")
    assert port.speed() == termios.B9600
    port.write(kaifa.Meter(METER).list2().octets)
    watcher.expect(f"han/{METER}/power_active_import", "1527")


def test_other_target(rig):
    """A port that comes back as another device under the same name is read on, with the setting found before."""
    port = rig.port()
    _, watcher, daemon = start(rig, port)
    setting = until_retuned(daemon, port)
    port.write(kaifa.Meter(METER).list2().octets)
    watcher.expect(f"han/{METER}/availability", "online")
    before = os.readlink(port.path)
    mark = watcher.mark()
    blocker = os.openpty()
    port.unplug()
    watcher.expect(f"han/{METER}/availability", "offline", since=mark)
    taken = [os.openpty() for _ in range(2)]  # so that it gets another number
    port.plug()
    assert os.readlink(port.path) != before
    port.write(kaifa.Meter(METER).list1(9).octets)
    watcher.expect(f"han/{METER}/power_active_import", "9", since=mark, timeout=12)
    daemon.expect_status(f"reading .*{METER} on {port.path} at {setting}")
    assert port.speed() == getattr(termios, f"B{setting.split()[0]}")
    assert len(daemon.lines("found on")) == 1
    for ends in [blocker, *taken]:
        for end in ends:
            os.close(end)


def test_two_sections(rig):
    """Each meter has its own search; one that is found does not change the other's."""
    broker = rig.broker()
    watcher = rig.watch(broker)
    ports, state = [rig.port(), rig.port()], rig.directory("state")
    daemon = rig.daemon(config(broker.port, *(p.path for p in ports), meters={"house": {}, "cabin": {}},
                               log={"level": "debug"}), env={"STATE_DIRECTORY": str(state)})
    ports[0].write(kaifa.Meter(METER).list2().octets)
    watcher.expect("han/house/power_active_import", "1527")
    setting = until_retuned(daemon, ports[1])
    ports[1].write(kaifa.Meter(OTHER).list2().octets)
    watcher.expect("han/cabin/power_active_import", "1527")
    assert ports[0].speed() == termios.B2400
    until_remembered(state, [str(ports[0].path), "2400 8N1"], [str(ports[1].path), setting])


def test_one_port_in_two_sections(rig):
    """Two sections never listen on one port, whatever it is called there."""
    broker, port = rig.broker(), rig.port()
    watcher = rig.watch(broker)
    link = rig.directory("link") / "tty"
    link.symlink_to(port.path)
    daemon = rig.daemon(config(broker.port, port.path, link, meters={"one": {}, "two": {}}))
    daemon.expect_line(str(link), "holds")
    port.write(kaifa.Meter(METER).list2().octets)
    watcher.expect("han/one/power_active_import", "1527")
    watcher.barrier()
    assert not watcher.messages("han/two/power.*")
