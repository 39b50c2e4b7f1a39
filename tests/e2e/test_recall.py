"""Registers that the broker has lost are sent as they were kept last; newer ones are left alone."""
import pytest

import kaifa
from rig import until

METER = "6970631400000303"
IMPORT = "energy_active_cum_import"
REGISTERS = ("energy_active_cum_import", "energy_active_cum_export", "energy_reactive_cum_import",
             "energy_reactive_cum_export")


class Home:
    """A broker that forgets with every restart, and daemons that share a state directory."""

    def __init__(self, rig):
        self.rig = rig
        self.broker, self.port = rig.broker(), rig.port()
        self.state = {"STATE_DIRECTORY": str(rig.directory("state"))}
        self.meter = kaifa.Meter(METER, energy_active_cum_import=48211500, energy_active_cum_export=0)
        self.daemon = self.start()
        self.port.write(self.meter.list3().octets)
        until("the registers of the hour", lambda: f"han/{METER}/{IMPORT}" in self.broker.retained())
        watcher = rig.watch(self.broker)
        self.daemon.stop()
        watcher.barrier()

    def start(self, **sections):
        return self.rig.daemon(self.rig.setting(self.broker, self.port, **sections), env=self.state)

    def forget(self):
        self.broker.kill()
        self.broker.start()

    def registers(self, name=METER):
        kept = self.broker.retained()
        return {leaf: kept[f"han/{name}/{leaf}"].payload for leaf in REGISTERS if f"han/{name}/{leaf}" in kept}


@pytest.fixture(name="home")
def fixture_home(rig):
    return Home(rig)


ALL = {"energy_active_cum_import": "48211.500", "energy_active_cum_export": "0.000",
       "energy_reactive_cum_import": "311.820", "energy_reactive_cum_export": "9120.004"}


def test_broker_without_memory(home):
    """After a restart of both, all registers are there before the meter has said them again."""
    home.forget()
    home.start()
    until("the registers", lambda: home.registers() == ALL)
    mark = home.rig.watch(home.broker)
    home.port.write(home.meter.list3(energy_active_cum_import=48212000).octets)
    mark.expect(f"han/{METER}/{IMPORT}", "48212.000")


def test_broker_forgets_while_the_daemon_runs(home):
    """The daemon had no reason to send them at its start; later it has."""
    daemon = home.start()
    until("the look", lambda: f"\than/{METER}/+\n" in home.broker.said().rpartition(" as hanmqttd")[2])
    home.forget()
    until("the registers", lambda: home.registers() == ALL)
    assert len(daemon.lines("recall")) == 1


def test_newer_ones_stay(home):
    """What the broker has is left alone, and what it has not is sent."""
    home.forget()
    watcher = home.rig.watch(home.broker)
    watcher.publish(f"han/{METER}/{IMPORT}", "48300.000", retain=True)
    home.start()
    until("the others", lambda: home.registers() == {**ALL, IMPORT: "48300.000"})
    watcher.barrier()
    assert [m.payload for m in watcher.messages(f"han/{METER}/{IMPORT}")] == ["48300.000"]


def test_another_name(home):
    """Below a new name the registers are there at once."""
    home.start(meter={"name": "cellar"})
    until("the registers", lambda: home.registers("cellar") == ALL)
    home.port.write(home.meter.list2().octets)
    until("the end of the old name", lambda: not home.registers())
    assert home.registers("cellar") == ALL


def test_another_meter(home):
    """What was kept of one meter is not said of another."""
    home.forget()
    watcher = home.rig.watch(home.broker)
    home.start(meter={"name": "cellar"})
    until("the registers", lambda: home.registers("cellar") == ALL)
    home.port.write(kaifa.Meter("6970631400000404").list2().octets)
    watcher.expect("han/cellar/meter_id", "6970631400000404")
    until("none of them", lambda: not home.registers("cellar"))
