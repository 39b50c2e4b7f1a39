"""What a Kaifa meter measures: name, code, unit, decimals. Written from the documents, not from the library."""
import collections

Measurement = collections.namedtuple("Measurement", "name obis kind decimals unit tool_unit description")


def _rows():
    yield Measurement("obis_version", "1-1:0.2.129.255", "text", 0, None, None,
                      "OBIS list version identifier")
    yield Measurement("meter_id", "0-0:96.1.0.255", "text", 0, None, None, "Meter ID (GIAI GS1)")
    yield Measurement("meter_type", "0-0:96.1.7.255", "text", 0, None, None, "Meter type")
    yield Measurement("meter_timestamp", "0-0:1.0.0.255", "clock", 0, None, None, "Meter timestamp")
    for c, name, words in ((1, "active_import", "Active power import (Q1+Q4)"),
                           (2, "active_export", "Active power export (Q2+Q3)"),
                           (3, "reactive_import", "Reactive power import (Q1+Q2)"),
                           (4, "reactive_export", "Reactive power export (Q3+Q4)")):
        yield Measurement(f"power_{name}", f"1-0:{c}.7.0.255", "live", 0,
                          *(("W", "W") if c < 3 else ("var", "VAr")), words)
    for phase, c in ((1, 31), (2, 51), (3, 71)):
        yield Measurement(f"phase_current_l{phase}", f"1-0:{c}.7.0.255", "live", 3, "A", "A",
                          f"IL{phase} Current phase L{phase}")
    for phase, c in ((1, 32), (2, 52), (3, 72)):
        yield Measurement(f"phase_voltage_l{phase}", f"1-0:{c}.7.0.255", "live", 1, "V", "V",
                          f"UL{phase} Phase voltage 4W meter, line voltage 3W meter")
    for c, name, words in ((1, "active_cum_import", "active import energy (A+) (Q1+Q4)"),
                           (2, "active_cum_export", "active export energy (A-) (Q2+Q3)"),
                           (3, "reactive_cum_import", "reactive import energy (R+) (Q1+Q2)"),
                           (4, "reactive_cum_export", "reactive export energy (R-) (Q3+Q4)")):
        yield Measurement(f"energy_{name}", f"1-0:{c}.8.0.255", "register", 3,
                          *(("kWh", "kWh") if c < 3 else ("kvarh", "kVArh")),
                          f"Cumulative hourly {words}")


MEASUREMENTS = tuple(_rows())
BY_NAME = {m.name: m for m in MEASUREMENTS}
BY_OBIS = {m.obis: m for m in MEASUREMENTS}


def structural_zeros(values):
    """The names whose zero means "not measured": the second voltage of a meter for three wires, and the
    second current where that is zero too. The values are numbers of any scale."""
    if not str(values.get("meter_type", "")).startswith(("MA304H3", "MA304T3")):
        return set()
    if values.get("phase_voltage_l2") != 0:
        return set()
    return {"phase_voltage_l2"} | ({"phase_current_l2"} if values["phase_current_l2"] == 0 else set())
