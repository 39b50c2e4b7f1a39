"""The network between daemon and broker fails: packets vanish, all of them or some. Where the rules of a network
namespace decide about every packet; delays are in test_broker.py, as not every kernel has netem."""
import pytest

from rig import pause
from row import Row, given
from scene import Scene
from wire import Wire

SECONDS = 45  # the rows wait together
LASTING = given("SECONDS", 4)  # seconds that a fault takes, where it may take long
ATTEMPT = 15  # seconds that one takes whose first packets were lost, and the pause before it
GONE = "no answer within the keepalive time|messages are not acknowledged|timed out"  # whichever is first


def scene(rig, keepalive=5):
    wire = rig.keep(Wire())
    return wire, Scene(rig, wrap=wire.wrap, host=wire.host, keepalive=keepalive)


@pytest.mark.background
def test_half_open(rig):
    """Nothing arrives any more, in no direction, and nobody says so: the keepalive time finds it out."""
    wire, s = scene(rig)
    with Row("network: swallows everything", s.daemon, GONE, "connected to broker", within=ATTEMPT) as row:
        wire.lose(100)
        row.told(40)
        pause(LASTING)
        wire.heal()
        row.over()
        s.finish(row)


@pytest.mark.background
def test_short_gap(rig):
    """No longer than it takes to plug a cable in elsewhere: the session survives, and nothing is missing."""
    wire, s = scene(rig, keepalive=30)
    with Row("network: swallows everything for 2 s", s.daemon, None) as row:
        wire.lose(100)
        pause(2)
        wire.heal()
        row.over()
        assert s.finish(row) == 0


@pytest.mark.background
def test_unplugged(rig):
    """The cable is pulled, and back later."""
    wire, s = scene(rig)
    with Row("network: cable pulled", s.daemon, GONE, "connected to broker", within=ATTEMPT) as row:
        wire.plug(False)
        row.told(40)
        pause(LASTING)
        wire.plug(True)
        row.over()
        s.finish(row)


@pytest.mark.background
def test_loss(rig):
    """Three of ten packets are lost, in each direction: TCP sends them again, and nothing is missing."""
    wire, s = scene(rig, keepalive=30)
    with Row("network: loses 30 % of the packets", s.daemon, None, within=ATTEMPT) as row:
        wire.lose(30)
        pause(LASTING)
        wire.heal()
        row.over()
        assert s.finish(row) == 0
