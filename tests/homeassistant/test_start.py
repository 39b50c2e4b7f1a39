"""A cold start: the three begin in any order, and in the end everything is there."""
import itertools

import pytest

import kaifa
from home import BROKER_AWAY, METER, Home

SECONDS = 240


@pytest.mark.parametrize("order", itertools.permutations(("broker", "daemon", "hass")), ids=" ".join)
def test_order(rig, order):
    """The meter speaks all the time; the last list comes before the last of the three."""
    home = Home(rig)
    home.broker.kill()
    meter = kaifa.Meter(METER)
    for number, part in enumerate(order):
        if number == 2 and "daemon" in order[:2]:
            home.port.write(meter.list3().octets)
        home.start(part)
    home.feed(meter.list2(power_active_import=2400))
    if order[2] == "daemon":
        home.feed(meter.list3())
    alone = order.index("hass") < order.index("broker")
    home.check(meter, excused=BROKER_AWAY if alone else ())
