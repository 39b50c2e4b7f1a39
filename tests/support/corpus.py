"""The corpus of real messages: beside the checkout, or where $HANMQTTD_CORPUS says. It may be absent."""
import decimal
import json
import os
import pathlib

from measurements import BY_OBIS
from programs import TOP

PLACE = pathlib.Path(os.environ.get("HANMQTTD_CORPUS", TOP.parent / "shared" / "corpus"))
MISSING = f"no corpus of meter messages at {PLACE}"


def load(pattern):
    """All files that match, in the order of their names."""
    return [json.loads(path.read_text(encoding="utf-8"), parse_float=decimal.Decimal)
            for path in sorted(PLACE.glob(pattern))]


def is_kaifa(case):
    return case["valid"] and (case.get("layout") or "").startswith("kaifa-list")


def by_name(expected):
    """The expected values by measurement name; numbers as decimals in W, var, A, V, kWh and kvarh."""
    values = {}
    for obis, entry in expected.items():
        name, value = BY_OBIS[obis].name, entry["value"]
        if BY_OBIS[obis].kind in ("live", "register"):
            value = decimal.Decimal(value)
            if entry["unit"] in ("Wh", "varh"):
                value = value.scaleb(-3)
        values[name] = value
    return values
