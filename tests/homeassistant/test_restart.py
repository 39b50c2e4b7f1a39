"""Each of the three goes away and comes back; in the end nothing is doubled, lost or stale."""
import signal

import kaifa
from home import BROKER_AWAY, METER, POWER_LOST, Home, until_nothing

SECONDS = 270


def first_day(home):
    """A meter that Home Assistant knows."""
    meter = kaifa.Meter(METER)
    home.feed(meter.list3())
    until_nothing("the entities", lambda: home.wrong_entities([meter]))
    until_nothing("the states", lambda: home.wrong_states([meter]))
    return meter


def go_on(meter):
    """The next hour: the registers have grown."""
    return meter.list3(energy_active_cum_import=meter.values["energy_active_cum_import"] + 1527,
                       power_active_import=1833)


def test_hass_restarts(home):
    meter = first_day(home)
    home.hass.stop()
    home.feed(go_on(meter))
    home.hass.start()
    home.check(meter)


def test_hass_is_killed(home):
    meter = first_day(home)
    home.hass.kill()
    home.feed(go_on(meter))
    home.hass.start()
    home.check(meter, excused=POWER_LOST)


def broker_is_killed(home):
    meter = first_day(home)
    home.broker.kill()
    home.port.write(go_on(meter).octets)
    until_nothing("everything is unavailable", lambda: [
        s["entity_id"] for s in home.hass.states().values()
        if s["entity_id"].startswith("sensor.electricity_meter") and s["state"] != "unavailable"])
    home.broker.start()
    home.feed(meter.list2(power_active_import=900))
    home.check(meter, excused=BROKER_AWAY)


def test_forgetful_broker_is_killed(home):
    """It has lost all that was retained."""
    broker_is_killed(home)


def test_keeping_broker_restarts(rig):
    home = Home(rig, persistent=True)
    home.start("daemon", "hass")
    meter = first_day(home)
    home.broker.close()
    home.port.write(go_on(meter).octets)
    home.broker.start()
    home.feed(meter.list2(power_active_import=900))
    home.check(meter, excused=BROKER_AWAY)


def test_keeping_broker_is_killed(rig):
    """It has lost what came since it wrote its file."""
    home = Home(rig, persistent=True)
    home.start("daemon", "hass")
    broker_is_killed(home)


def test_daemon_restarts(home):
    """While it is away, all is unavailable; then the last values are back before the meter speaks."""
    meter = first_day(home)
    status, _ = home.daemon.stop()
    assert status == 0
    until_nothing("all is unavailable", lambda: home.wrong_states([meter]))
    home.start("daemon")
    home.feed(meter.list1(777))
    until_nothing("all is available", lambda: home.wrong_states([meter]))
    home.check(meter)


def test_daemon_is_killed(home):
    """The broker says so in its place."""
    meter = first_day(home)
    home.daemon.stop(signal.SIGKILL)
    until_nothing("all is unavailable", lambda: home.wrong_states([meter]))
    home.start("daemon")
    home.feed(go_on(meter))
    home.check(meter)
