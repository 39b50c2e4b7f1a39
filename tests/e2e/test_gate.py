"""Registers that a meter says wrongly: what is not believed reaches no topic, and is told once."""
import datetime
import json

import pytest

import kaifa
from rig import config

METER = "6970631400000016"
IMPORT = f"han/{METER}/energy_active_cum_import"
ZEROS = {"energy_active_cum_import": 0, "energy_reactive_cum_import": 0, "energy_reactive_cum_export": 0}
FULL = {"energy_active_cum_import": 48211337, "energy_reactive_cum_import": 311820,
        "energy_reactive_cum_export": 9120004}


def payloads(house, topic, since=0):
    return [m.payload for m in house.watcher.messages(topic, since)]


def feed_each(house, *messages):
    """One after the other, so that none takes the place of one that waits."""
    return [house.feed(message) for message in messages][0]


def readings(house, since):
    return [json.loads(m.payload)["values"] for m in house.watcher.messages(f"han/{METER}/reading", since)]


def test_meter_that_starts(house):
    """Zeros while the meter starts stand nowhere; what else the list says does. One line when it begins, one when
    it is over."""
    meter = kaifa.Meter(METER)
    house.feed(meter.list3())
    house.watcher.barrier()
    mark = house.watcher.mark()
    feed_each(house, *(meter.list3(power_active_import=n, **ZEROS) for n in range(1, 5)))
    house.feed(meter.list3(**{**FULL, "energy_active_cum_import": 48211350}))
    house.watcher.barrier()
    assert payloads(house, IMPORT, mark) == ["48211.350"]
    assert set(payloads(house, f"han/{METER}/energy_reactive_cum_.*", mark)) == {"311.820", "9120.004"}
    assert payloads(house, f"han/{METER}/energy_active_cum_export", mark) == ["0.000"] * 5
    assert payloads(house, f"han/{METER}/power_active_import", mark)[:4] == ["1", "2", "3", "4"]
    assert [len(values.keys() & ZEROS.keys()) for values in readings(house, mark)] == [0, 0, 0, 0, 3]
    line, = house.daemon.lines("energy_active_cum_import", levels=("warning",))
    assert line.text.endswith(f"meter: {METER}: energy_active_cum_import fell from 48211.337 to 0.000 kWh, "
                              "and 2 more registers are in doubt: not published unless it stays so for an hour")
    assert len(house.daemon.lines("as they should be again", levels=("notice",))) == 1


@pytest.mark.parametrize("wrong", [48211336, 1])
def test_one_that_falls(house, wrong):
    """A register that falls, by however little, is not published, and the next one is when it is right."""
    meter = kaifa.Meter(METER)
    house.feed(meter.list3())
    mark = house.feed(meter.list3(energy_active_cum_import=wrong))
    house.feed(meter.list3(energy_active_cum_import=48211337))
    house.watcher.barrier()
    assert payloads(house, IMPORT, mark) == ["48211.337"]
    assert len(house.daemon.lines("energy_active_cum_import fell", levels=("warning",))) == 1


def test_meter_replaced(house):
    """A meter with the same number and other registers is believed with its second list."""
    meter = kaifa.Meter(METER)
    house.feed(meter.list3())
    mark = feed_each(house, *(meter.list3(energy_active_cum_import=n) for n in (20000, 20001, 20002)))
    house.watcher.barrier()
    assert payloads(house, IMPORT, mark) == ["20.001", "20.002"]
    house.daemon.expect_line("fell from 48211.337 to 20.001 kWh: believed now", levels=("notice",))


def test_another_meter(house):
    """A meter with another number has registers of its own, and they are taken at once."""
    house.feed(kaifa.Meter(METER).list3())
    house.feed(kaifa.Meter("1111222233334444", energy_active_cum_import=5).list3())
    house.watcher.expect("han/1111222233334444/energy_active_cum_import", "0.005")
    assert not house.daemon.lines("fell")


def test_max_power(rig):
    """A rise beyond what the house can draw is taken when the next list agrees, and not before."""
    house = rig.house(meter={"max-power": "20000"})
    meter = kaifa.Meter(METER)
    house.feed(meter.list3(), meter.list3(energy_active_cum_import=48211338))
    mark = feed_each(house, *(meter.list3(energy_active_cum_import=n)
                              for n in (48711338, 48211339, 48711339, 48711340)))
    house.watcher.barrier()
    assert payloads(house, IMPORT, mark) == ["48211.339", "48711.340"]
    house.daemon.expect_line("rose from 48211.338 to 48711.338 kWh, more than max-power allows: "
                             "not published until the next list agrees", levels=("warning",))


def test_no_limit(house):
    """Without max-power a register may rise as it likes."""
    meter = kaifa.Meter(METER)
    house.feed(meter.list3(), meter.list3(energy_active_cum_import=4000000000))
    house.watcher.expect(IMPORT, "4000000.000")


def test_restart(rig):
    """Zeros that come first after a restart are judged by what the run before has kept."""
    house = rig.house(env={"STATE_DIRECTORY": str(rig.directory("state"))})
    meter = kaifa.Meter(METER)
    house.feed(meter.list3())
    house.watcher.expect(f"han/{METER}/hourly")
    house.daemon.reload(config(house.broker.port, house.port.path, mqtt={"keepalive": 31}))
    mark = feed_each(house, meter.list3(**ZEROS), meter.list3(**ZEROS), meter.list3(**FULL))
    house.watcher.barrier()
    assert payloads(house, IMPORT, mark) == ["48211.337"]
    house.daemon.expect_line("energy_active_cum_import fell from 48211.337 to 0.000", levels=("warning",))


def test_restart_twice(rig):
    """So are they when the hour kept last has only what was not refused of such a list."""
    house = rig.house(env={"STATE_DIRECTORY": str(rig.directory("state"))})
    meter = kaifa.Meter(METER)
    mark = house.feed(meter.list3())
    house.watcher.expect(f"han/{METER}/hourly")
    for keepalive in (31, 32):
        house.daemon.reload(config(house.broker.port, house.port.path, mqtt={"keepalive": keepalive}))
        meter.when += datetime.timedelta(hours=1)
        mark = house.feed(meter.list3(**ZEROS))
        house.watcher.wait("the hour's register", lambda seen: [  # perhaps behind one that is sent once more
            m for m in seen if m.topic == f"han/{METER}/hourly"
            and json.loads(m.payload)["values"] == {"energy_active_cum_export": 0}], mark)
    feed_each(house, meter.list3(**FULL))
    house.watcher.barrier()
    assert payloads(house, IMPORT, mark) == ["48211.337"]


@pytest.mark.background
def test_refused_for_long(rig):
    """A register that is not believed for a minute is the meter's problem, with the words of the journal, and
    is counted."""
    house = rig.house(meter={"silent-after": "300"})
    meter = kaifa.Meter(METER)
    house.feed(meter.list3())
    mark = house.feed(meter.list3(energy_active_cum_import=0))
    problem = house.watcher.wait("problem", lambda seen: [
        m for m in seen if m.topic == f"han/{METER}/diagnostics/problem" and m.payload != "ok"], mark, 130)[0]
    assert problem.payload == "energy_active_cum_import fell from 48211.337 to 0.000 kWh: " \
                              "not published unless it stays so for an hour"
    assert len(house.daemon.lines(problem.payload)) == 1
    house.watcher.expect(f"han/{METER}/diagnostics/rejected_values", "1", since=mark)
    info = house.watcher.expect("han/bridge/.*/info", since=house.watcher.since().index(problem))
    assert json.loads(info.payload)["problems"] == {METER: problem.payload}
    house.daemon.expect_status("^reading .*; energy_active_cum_import fell", timeout=70)
    mark = house.feed(meter.list3(energy_active_cum_import=48211338))
    house.watcher.expect(f"han/{METER}/diagnostics/problem", "ok", since=mark)
