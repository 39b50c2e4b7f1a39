"""A meter's clock that jumps, and the hours of spring and autumn: each hour's register comes once, under its hour."""
import datetime
import glob
import json

import pytest

import kaifa
from row import Row

METER = "6970631400000601"
FAKETIME = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
UTC = datetime.timezone.utc
LISTS_PER_HOUR = 4


class Home:
    """A meter, and a machine whose clock is set: the daemon's, by libfaketime."""

    def __init__(self, rig, now):
        self.offset = rig.directory("clock") / "offset"
        self.set(now)
        self.house = rig.house(env={
            "LD_PRELOAD": FAKETIME[0], "FAKETIME_TIMESTAMP_FILE": str(self.offset), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"})
        self.watcher, self.daemon = self.house.watcher, self.house.daemon
        self.meter = kaifa.Meter(METER)
        self.number = 0

    def set(self, now):
        fresh = self.offset.with_suffix(".new")
        ahead = now - datetime.datetime.now(UTC)
        fresh.write_text(f"{int(ahead.total_seconds()):+d}s\n", encoding="ascii")
        fresh.rename(self.offset)

    def say(self, now, wall=None, octets=None):
        """A list 3 at that time, by the meter's clock at another one, or with these octets for its clock."""
        self.set(now)
        self.number += 1
        self.meter.when = (wall or now.astimezone().replace(tzinfo=None)) - datetime.timedelta(seconds=2)
        message = self.meter.list3(energy_active_cum_import=self.number * 1000)
        if octets:
            clock = kaifa.clock(message.when)
            message.octets = kaifa.frame(kaifa.unwrap(message.octets)["apdu"].replace(clock, octets))
        mark = self.house.feed(message)
        self.watcher.barrier()
        state = self.watcher.state(mark)
        assert state[f"han/{METER}/energy_active_cum_import"] == f"{self.number}.000"
        return state

    def hours(self, since=0):
        """When they were, by the meter."""
        self.watcher.barrier()
        came = [json.loads(m.payload) for m in self.watcher.messages(f"han/{METER}/hourly", since)]
        return [datetime.datetime.fromisoformat(hour["meter_time"]) for hour in came]


def times(first, count, minutes=60 // LISTS_PER_HOUR):
    """From ten seconds past the hour on."""
    return [first + datetime.timedelta(minutes=minutes * n, seconds=10) for n in range(count)]


@pytest.mark.skipif(not FAKETIME, reason="libfaketime is missing")
@pytest.mark.parametrize("first, offsets", [
    pytest.param(datetime.datetime(2026, 10, 24, 23, 0, tzinfo=UTC), [2, 2, 1, 1], id="autumn"),
    pytest.param(datetime.datetime(2026, 3, 28, 23, 0, tzinfo=UTC), [1, 1, 2, 2], id="spring")])
def test_summer_time(rig, first, offsets):
    """The meter changes from or to summer time, and does not say so: the hour that is twice on the wall is two, the
    one that is left out is none."""
    home = Home(rig, first)
    home.say(first)
    with Row(f"meter's clock goes {'back' if offsets[0] == 2 else 'ahead'} for the season", home.daemon, None) as row:
        for now in times(first, LISTS_PER_HOUR * len(offsets)):
            home.say(now)
        row.over()
        came = home.hours()
        assert [when.astimezone(UTC) for when in came] == [
            first, *(first + datetime.timedelta(hours=n, seconds=10) for n in range(1, len(offsets)))]
        assert [when.utcoffset() // datetime.timedelta(hours=1) for when in came] == offsets
        row.lost("hours", len(offsets) - len(came))


NOON = datetime.datetime(2026, 6, 10, 10, 0, tzinfo=UTC)  # 12:00 on the wall
INVALID = bytes.fromhex("07d00101ff0c000000800081")  # status: invalid
NO_DATE = bytes.fromhex("07ea0d28ff1a3d3dff800000")  # the 40th of the 13th month, 26:61:61


@pytest.mark.skipif(not FAKETIME, reason="libfaketime is missing")
@pytest.mark.parametrize("name, walls, told, missing", [
    pytest.param("an hour back, for good", lambda n, wall: wall - datetime.timedelta(hours=1),
                 r"(1 h\S*|59 minutes) behind this machine's", 1, id="back"),
    pytest.param("an hour ahead, for good", lambda n, wall: wall + datetime.timedelta(hours=1),
                 r"(1 h\S*|59 minutes) ahead of this machine's", 0, id="ahead"),
    pytest.param("year 2000 in every second list", lambda n, wall: wall.replace(year=2000) if n % 2 else wall,
                 None, 0, id="2000"),
])
def test_jumps(rig, name, walls, told, missing):
    """A clock that jumps makes no hour come twice, nor each list the first of its hour; what the list says is published
    all the time."""
    home = Home(rig, NOON)
    home.say(NOON)
    with Row(f"meter's clock: {name}", home.daemon, told, times=1, levels=("notice",)) as row:
        for n, now in enumerate(times(NOON + datetime.timedelta(hours=1), 3 * LISTS_PER_HOUR)):
            home.say(now, walls(n, now.astimezone().replace(tzinfo=None)))
        row.over()
        came = home.hours()
        assert len({when.replace(minute=0, second=0) for when in came}) == len(came) == 4 - missing
        row.missed("hours", missing)


@pytest.mark.skipif(not FAKETIME, reason="libfaketime is missing")
@pytest.mark.parametrize("name, octets", [pytest.param("says it is invalid", INVALID, id="invalid"),
                                          pytest.param("has a date that is none", NO_DATE, id="no date")])
def test_no_time(rig, name, octets):
    """A clock that says itself that it is wrong, or a date that does not exist: the hours are the machine's."""
    home = Home(rig, NOON)
    home.say(NOON)
    with Row(f"meter's clock {name}", home.daemon, None) as row:
        for now in times(NOON + datetime.timedelta(hours=1), 3 * LISTS_PER_HOUR):
            state = home.say(now, octets=octets)
        assert state[f"han/{METER}/power_active_import"] == "1527"
        row.over()
        came = [json.loads(m.payload) for m in home.watcher.messages(f"han/{METER}/hourly")]
        assert len(came) == 4
        row.lost("hours", 4 - len(came))
