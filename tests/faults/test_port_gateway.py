"""A serial server on the network that forgets its connection, resets it, or hangs up as soon as it is called."""
import itertools
import re
import socket

import pytest

from rig import pause, until
from row import Row
from street import Gateway, Street

SECONDS = 35
TCP_REPAIR = 19  # a socket that is closed in this state says nothing, as a machine that has lost its power


def house(rig, gateway, **keys):
    """A meter behind the gateway and one on a port; both are read."""
    street = Street(rig, 2, [gateway, rig.port()], keys=keys)
    street.hear([street.talk(n, 1) for n in range(2)])
    for n in range(2):
        street.watcher.expect(f"han/m{n}/diagnostics/problem", "ok")
    return street


def speaks_again(row, street):
    """The gateway is there; how long until its meter is read, and the other one was all the time."""
    gateway = street.ports[0]
    gateway.plug()
    message = street.talk(0, 3)
    row.right("the next list", lambda: street.came(0, message))
    street.check()


@pytest.mark.background
def test_forgets(rig):
    """A gateway that lost its power and is back: nothing arrives, no FIN, and no RST until it is asked. The other
    meter is read all the time."""
    gateway = rig.keep(Gateway())
    street = house(rig, gateway, **{"silent-after": 5})
    call = gateway.since()[-1].socket
    try:
        call.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
    except PermissionError:
        pytest.skip("no connection can be forgotten here: that takes root")
    with Row("gateway forgets its connection", street.daemon, f"{re.escape(gateway.path)} has fallen silent",
             "frames arrive", within=45, loud=2) as row:
        call.close()
        row.over()
        numbers = itertools.count(2)

        def is_lost():
            message = street.talk(1, next(numbers))
            until("the other meter", lambda: street.came(1, message))
            pause(0.5)
            return street.daemon.lines("port lost|connecting anew", since=row.mark)
        until("the end of the connection", is_lost, 45)
        assert street.watcher.state()["han/m0/availability"] == "offline"
        speaks_again(row, street)
    assert len(gateway.since()) == 2


@pytest.mark.background
def test_resets(rig):
    """RST in the middle of a list: the next list is whole."""
    gateway = rig.keep(Gateway())
    street = house(rig, gateway)
    with Row("gateway resets the connection", street.daemon, "port lost", "open", loud=2) as row:
        message = street.meters[0].list2(power_active_import=2)
        gateway.write(message.octets[:50])
        gateway.reset()
        row.told()
        row.over()
        speaks_again(row, street)


@pytest.mark.background
@pytest.mark.parametrize("greeting", [b"", b"Port already in use\r\n"], ids=["silent", "greets"])
def test_hangs_up(rig, greeting):
    """Whoever takes the call and hangs up, be it with a greeting, is called ever more rarely, and told once."""
    gateway = rig.keep(Gateway())
    street = house(rig, gateway)
    def turn_away(call):
        call.socket.sendall(greeting)
        call.socket.shutdown(socket.SHUT_RDWR)
        call.socket.close()
    with Row(f"gateway {'greets and ' if greeting else ''}hangs up at once", street.daemon,
             f"{re.escape(gateway.path)}: .*trying again", "frames arrive", within=10, loud=2) as row:
        gateway.greet = turn_away
        gateway.unplug()
        calls = gateway.wait("four calls", lambda seen: len(seen) >= 5 and seen, timeout=40)[1:]
        gaps = [b.time - a.time for a, b in zip(calls, calls[1:])]
        assert gaps[-1] > 1.5, gaps  # the first is half a second, or what a busy machine makes of it
        gateway.greet = lambda call: None
        gateway.calls = gateway.mark()
        row.over()
        speaks_again(row, street)


@pytest.mark.background
def test_hangs(rig):
    """A gateway that hangs keeps the connection and brings nothing: it is called anew, which is told once, and the
    meter stays silent until then."""
    gateway = rig.keep(Gateway())
    street = house(rig, gateway, **{"silent-after": 5})
    with Row("gateway hangs, and keeps the connection", street.daemon, f"{re.escape(gateway.path)} has fallen silent",
             "frames arrive", within=10, loud=2) as row:  # the other one is silent, too
        first, mark = gateway.since()[-1].socket, street.watcher.mark()
        gateway.calls = gateway.mark()
        gateway.wait("another call", lambda seen: seen, gateway.calls, 60)
        assert first.recv(1) == b""  # it was hung up before
        street.daemon.expect_line(re.escape(gateway.path), "connecting anew", since=row.mark, levels=["info"])
        row.over()
        speaks_again(row, street)
        street.watcher.expect("han/m0/diagnostics/problem", "ok", since=mark)
    problems = [m.payload for m in street.watcher.messages("han/m0/diagnostics/problem", mark)]
    assert ["silent" in text for text, _ in itertools.groupby(problems)] == [True, False], problems
    assert len(gateway.since()) == 2
