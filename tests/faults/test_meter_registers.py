"""What a meter says wrongly of its registers, and meters that are exchanged: nothing wrong is published, what is right
comes with the first list that can show it."""
import decimal
import json

import pytest

import kaifa
from row import Row

METER, OTHER = "6970631400000401", "6970631400000402"
ZEROS = {"energy_active_cum_import": 0, "energy_reactive_cum_import": 0, "energy_reactive_cum_export": 0}
LISTS = 30


class Home:
    """One meter whose registers are known."""

    def __init__(self, rig, **sections):
        self.house = rig.house(mqtt={"commands": "yes"}, **sections)
        self.watcher, self.daemon = self.house.watcher, self.house.daemon
        self.meter = kaifa.Meter(METER)
        self.house.feed(self.meter.list3())
        self.watcher.expect(f"han/{METER}/hourly")
        self.watcher.expect(f"han/{METER}/diagnostics/problem", "ok")
        self.house.feed(self.meter.list3())
        self.watcher.barrier()
        self.start = self.watcher.mark()

    def feed(self, message):
        """One after the other, so that none takes the place of one that waits."""
        return self.house.feed(message)

    def payloads(self, name, meter=METER):
        self.watcher.barrier()
        return [m.payload for m in self.watcher.messages(f"han/{meter}/{name}", self.start)]

    def is_published(self, message, meter=METER, since=None):
        """Each value of a list stands on its topic."""
        state = self.watcher.state(self.start if since is None else since)
        return {f"han/{meter}/{name}": text for name, text in message.published().items()}.items() <= state.items()

    def rejected(self):
        """The counter, as of now."""
        mark = self.watcher.mark()
        bridge = self.watcher.expect("han/bridge/[^/]+/availability").topic.rpartition("/")[0]
        self.watcher.publish(f"{bridge}/command/announce", "PRESS")
        return int(self.watcher.expect(f"han/{METER}/diagnostics/rejected_values", since=mark).payload)


def never_falls(payloads):
    numbers = [decimal.Decimal(text) for text in payloads]
    return numbers == sorted(numbers)


def test_reboots_with_zeros(rig):
    """Registers of 0 for a while stand nowhere, in no hour and in no sum; powers and voltages do."""
    home = Home(rig)
    full = dict(home.meter.values)
    with Row(f"meter reboots, {LISTS} lists of zeros", home.daemon,
             "energy_active_cum_import fell from 48211.337 to 0.000", "as they should be again") as row:
        for power in range(LISTS):
            message = home.meter.list3(power_active_import=power, **ZEROS)
            home.feed(message)
        row.told()
        row.over()
        message = home.meter.list3(**{**full, "energy_active_cum_import": 48211350})
        home.feed(message)
        row.right("every topic", lambda: home.is_published(message))
        assert home.payloads("energy_active_cum_import") == ["48211.350"]
        assert set(home.payloads("energy_reactive_cum_.*")) == {"311.820", "9120.004"}
        assert home.payloads("power_active_import")[:-1] == [str(n) for n in range(LISTS)]
        assert never_falls(home.payloads("energy_active_live_import"))
        assert not {"0", "0.000"} & {str(v) for m in home.payloads("hourly") for v in json.loads(m)["values"].values()}
        assert home.rejected() == len(ZEROS) * LISTS
        row.lost("lists", LISTS + 1 - len(home.payloads("reading")))


def test_counter_replaced(rig):
    """A register that begins anew somewhere else is believed with the second list that says so."""
    home = Home(rig)
    with Row("meter's counter replaced", home.daemon, "energy_active_cum_import fell from 48211.337 to 20.001",
             "fell from 48211.337 to 20.00[12] kWh: believed now") as row:
        home.feed(home.meter.list3(energy_active_cum_import=20001))
        row.told()
        row.over()
        message = home.meter.list3(energy_active_cum_import=20002)
        home.feed(message)
        row.right("every topic", lambda: home.is_published(message))
        home.feed(home.meter.list3(energy_active_cum_import=20003))
        assert home.payloads("energy_active_cum_import") == ["20.002", "20.003"]
        row.missed("list until it is believed", home.rejected())
        assert all(decimal.Decimal(n) < 21 for n in home.payloads("energy_active_live_import"))


def test_another_meter(rig):
    """Another meter on the same port has topics of its own from its first list with a number on; the one before is
    offline, and its registers stay as they were. When it comes back it goes on there."""
    home = Home(rig)
    other = kaifa.Meter(OTHER, energy_active_cum_import=5, energy_reactive_cum_export=0)
    with Row("another meter on the port", home.daemon, None) as row:
        row.over()
        message = other.list3(power_active_import=4321)
        home.feed(message)
        row.right("every topic of the new one", lambda: home.is_published(message, OTHER))
        home.feed(other.list1(1234))
        kept = {t: m for t, m in home.house.broker.retained().items() if t.startswith(f"han/{METER}/")}
        assert kept[f"han/{METER}/availability"].payload == "offline"
        assert kept[f"han/{METER}/energy_active_cum_import"].payload == "48211.337"
        assert kept[f"han/{METER}/energy_active_cum_import"].expiry is None
        assert kept[f"han/{METER}/power_active_import"].expiry is not None  # and so it goes by itself
        assert not {"4321", "1234"} & {m.payload for m in home.watcher.messages(f"han/{METER}/.*", home.start)}
        home.feed(home.meter.list3(energy_active_cum_import=48211338))
        assert home.payloads("energy_active_cum_import") == ["48211.338"]
        assert home.watcher.state()[f"han/{METER}/availability"] == "online"
        assert home.watcher.state()[f"han/{OTHER}/availability"] == "offline"
        row.lost("registers", home.rejected())


@pytest.mark.parametrize("registers", [5, 99000000], ids=["lower", "higher"])
def test_another_meter_same_name(rig, registers):
    """Below a name that the section gives the new meter's values take the place of the old one's at once."""
    house = rig.house(meter={"name": "house"})
    house.feed(kaifa.Meter(METER).list3())
    house.watcher.expect("han/house/diagnostics/problem", "ok")
    message = kaifa.Meter(OTHER, energy_active_cum_import=registers).list3()
    with Row(f"another meter below the same name, registers {registers}", house.daemon, None) as row:
        mark = house.feed(message)
        row.over()
        row.right("every topic", lambda: {f"han/house/{name}": text for name, text in message.published().items()
                                          }.items() <= house.watcher.state(mark).items())
        house.watcher.expect(f"homeassistant/device/hanmqttd_{OTHER}/config", since=mark)
        assert json.loads(house.watcher.expect("han/house/info", since=mark).payload)["meter_id"] == OTHER
        row.lost("registers", 0)
