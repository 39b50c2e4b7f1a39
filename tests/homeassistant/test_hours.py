"""The energy in its hour: what Home Assistant books per hour of a simulated day, against what was used; and
pictures of what a person sees of it.

The clocks of Home Assistant and of the daemon run RATE times as fast (libfaketime), and so speaks the meter.
--seconds N makes the day longer.
"""
import datetime
import glob
import os
import pathlib
import threading
import time

import pytest

import kaifa
from browser import Browser
from hass import HomeAssistant
from home import METER, Home, until_nothing
from rig import Rig, until

SECONDS = 370
RATE = 60
HOUR = 3600
HOURS = max(4, min(22, int(os.environ.get("HANMQTTD_TEST_SECONDS", 0)) * RATE // HOUR))  # that are compared
FIRST = 10 if HOURS <= 13 else 1  # hour of the day; the one before begins with the first register
LEAD = 2400        # seconds before that: Home Assistant and the daemon start in them
WORST = 0.01       # error, of the energy of an hour
# What is drawn in the hours of the day, W; below 0 is fed back. Every ten minutes it is half as much or half more.
LOADS = (1300, 450, 2600, 700, 900, 1800, 4200, 3600, 1500, 1100, 2400, 600, -1800, 350,
         1300, 2400, 4800, 5200, 3900, 3100, 2700, 3400, 2100, 1500)
PICTURES = pathlib.Path(os.environ.get("HANMQTTD_HASS_PICTURES", "/tmp/hanmqttd-pictures"))


def clock(offset, rate):
    return f"FAKETIME=+{offset:.1f}s x{rate}"


class Load:
    """What the house draws on that day, second by second; the leading minutes are like the first hour."""

    def __init__(self, midnight):
        self.midnight = midnight
        self.used = {"import": [0], "export": [0]}
        for second in range(24 * HOUR):
            power = self.power(midnight + second)
            for way, part in (("import", max(power, 0)), ("export", max(-power, 0))):
                self.used[way].append(self.used[way][-1] + part)

    def power(self, moment):
        second = max(0, int(moment - self.midnight))
        swing = (second // 600 % 3 - 1) / 2
        return round(LOADS[second // HOUR] * (1 + swing))

    def energy(self, way, moment):
        """Wh since midnight."""
        return self.used[way][max(0, int(moment - self.midnight))] / HOUR


class FastHome(Home):
    """On the next day; everything has started."""

    def __init__(self, rig):
        super().__init__(rig)
        midnight = datetime.datetime.combine(datetime.date.today() + datetime.timedelta(days=1), datetime.time())
        self.load = Load(midnight.timestamp())
        self.first = self.load.midnight + FIRST * HOUR
        self.end = self.first + HOURS * HOUR
        self.rate = RATE
        ahead = self.first - HOUR - LEAD - time.time()
        self.hass = rig.keep(HomeAssistant(rig, self.broker.port, (clock(ahead, RATE),)))
        self.hass.start()
        asked = time.monotonic()
        told = float(self.hass.post("/api/template", template="{{ utcnow().timestamp() }}"))
        self.zero = told - (asked + time.monotonic()) / 2 * RATE
        self.start_daemon()

    def now(self):
        """By Home Assistant's clock."""
        return self.zero + time.monotonic() * self.rate

    def slow_down(self):
        """From now on all goes at its real pace: a browser's connection does not live long where 10 s are over
        in no time."""
        self.daemon.stop()
        self.hass.stop()
        now, self.rate = self.now(), 1
        self.zero = now - time.monotonic()
        self.hass.clock = clock(now - time.time(), 1),
        self.hass.start()
        self.start_daemon()

    def start_daemon(self, ready=True):
        library, = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        self.state["LD_PRELOAD"] = library
        _, _, self.state["FAKETIME"] = clock(self.now() - time.time(), self.rate).partition("=")
        super().start_daemon(ready)


class FastMeter(threading.Thread):
    """Power every 2 s, the second list every 10 s, the third ten seconds after the hour with the registers of
    the full hour; until it is told to end."""

    BOUGHT, SOLD = 48211337, 73114  # Wh before that day

    def __init__(self, home):
        super().__init__(daemon=True)
        self.home = home
        self.meter = kaifa.Meter(METER, "MA304H4")
        self.ended = threading.Event()

    def run(self):
        moment = self.home.now() // 10 * 10 + 10
        while not self.ended.wait(max(0, (moment - self.home.now()) / self.home.rate)):
            self.home.port.write(self.message(moment).octets)
            moment += 2
            while moment < self.home.now() - 4 and moment % 10:  # this machine is slower than that
                moment += 2

    def message(self, moment):
        power = self.home.load.power(moment)
        values = {"power_active_import": max(power, 0), "power_active_export": max(-power, 0),
                  "phase_current_l1": abs(power) * 2, "phase_current_l2": abs(power), "phase_current_l3": 870}
        self.meter.when = datetime.datetime.fromtimestamp(moment) - datetime.timedelta(seconds=2)
        if moment % HOUR == 10:
            return self.meter.list3(
                **values, energy_active_cum_import=self.BOUGHT + int(self.home.load.energy("import", moment - 10)),
                energy_active_cum_export=self.SOLD + int(self.home.load.energy("export", moment - 10)))
        if moment % 10 == 0:
            return self.meter.list2(**values)
        return self.meter.list1(values.pop("power_active_import"), **values)


class Day:
    """That day, and what Home Assistant has booked of it."""

    def __init__(self, rig):
        self.rig = rig
        self.home = FastHome(rig)
        self.speaker = FastMeter(self.home)
        self.speaker.start()

    def live_through(self):
        home, meter = self.home, self.speaker.meter
        until_nothing("the entities", lambda: home.wrong_entities([meter]))
        for way in ("import", "export"):
            self.disable(f"energy_active_cum_{way}", None)
        assert home.now() < home.first - HOUR, "Home Assistant and the daemon took too long to start"
        until("the day is over", lambda: home.now() > home.end + 60, (HOURS + 2) * HOUR // RATE + 60)
        until("the statistics of the last hour",
              lambda: home.end - HOUR in self.booked("energy_active_live_import"), 20)

    def entity_id(self, name):
        return self.home.hass.entities()[f"hanmqttd_{METER}_{name}"]["entity_id"]

    def disable(self, name, by):
        """Or enable, as a person does it; Home Assistant loads it half a minute later."""
        self.home.hass.ask("config/entity_registry/update", entity_id=self.entity_id(name), disabled_by=by)

    def booked(self, name):
        """kWh by hour, as the energy dashboard has it."""
        start = datetime.datetime.fromtimestamp(self.home.first, datetime.timezone.utc)
        rows = self.home.hass.ask("recorder/statistics_during_period", statistic_ids=[self.entity_id(name)],
                                  period="hour", types=["change"], start_time=start.isoformat())
        return {row["start"] / 1000: row["change"] for row in rows.get(self.entity_id(name), [])}

    def used(self, way):
        """kWh by hour, as it was."""
        energy = self.home.load.energy
        return {hour: (energy(way, hour + HOUR) - energy(way, hour)) / 1000
                for hour in range(int(self.home.first), int(self.home.end), HOUR)}

    def slow_down(self):
        self.close()
        self.home.slow_down()
        self.speaker = FastMeter(self.home)
        self.speaker.start()

    def close(self):
        self.speaker.ended.set()
        self.speaker.join()


@pytest.fixture(name="day", scope="module")
def fixture_day():
    rig = Rig()
    try:
        day = rig.keep(Day(rig))
        day.live_through()
        yield day
    finally:
        rig.close()


@pytest.mark.parametrize("way", ["import", "export"])
def test_hours(day, way):
    """The live energy is booked in the hour in which it was used, the meter's register an hour later: so is all
    that arrives after its hour."""
    used = day.used(way)
    live, register = (day.booked(f"energy_active_{kind}_{way}") for kind in ("live", "cum"))
    print()
    for hour, kwh in used.items():
        print(f"{datetime.datetime.fromtimestamp(hour):%H:%M} {way}: {kwh:.3f} kWh, booked "
              f"{live[hour]:.3f} by the live energy, {register.get(hour, 0):.3f} by the register")
    total = {hour: kwh + day.used("export" if way == "import" else "import")[hour] for hour, kwh in used.items()}
    assert all(abs(live[hour] - kwh) < WORST * total[hour] for hour, kwh in used.items()), f"{live} for {used}"
    later = {hour + HOUR: kwh for hour, kwh in used.items() if hour + HOUR < day.home.end}
    assert all(abs(register[hour] - kwh) < 0.0015 for hour, kwh in later.items()), f"{register} for {used}"


def test_no_complaints(day):
    """Neither of the log nor of the statistics, nor of the energy dashboard."""
    home = day.home
    home.check_statistics([day.speaker.meter])
    home.check_energy(day.speaker.meter)
    assert home.issues() == []
    complaints = home.complaints()
    assert not complaints, "\n".join(complaints)


def test_pictures(day):
    """The device's page and the energy dashboard, as a person sees them."""
    home = day.home
    for way in ("import", "export"):
        day.disable(f"energy_active_cum_{way}", "user")
    day.slow_down()
    until("the meter is back", lambda: home.wrong_states([day.speaker.meter]) == [], 30)
    if not home.prefers:
        home.prefer_energy(*home.energy_ids(day.speaker.meter))
    PICTURES.mkdir(parents=True, exist_ok=True)
    browser = day.rig.keep(Browser(day.rig, home.hass, home.now() - time.time()))
    device, = home.hass.devices().values()
    browser.visit(f"/config/devices/device/{device['id']}", "MA304H4", "Kaifa", "Meter connection")
    assert "_2" not in browser.text() and "nknown" not in browser.text()
    browser.picture(PICTURES / "device.png", 1240)
    browser.visit("/energy", "Energy distribution", "Grid total")
    assert "There is no data" not in browser.text()
    browser.picture(PICTURES / "energy.png", 900)
