"""Every message and every stream of the corpus, of all makers and framings, through `hantool decode`."""
import datetime
import decimal
import re

import pytest

import corpus
from decoding import Decoded

VALID = [case for case in corpus.load("*.json") if case["valid"] and case["expected"]]
LOCKED = [case for case in corpus.load("*.json") if case["valid"] and not case["expected"]]
INVALID = [case for case in corpus.load("*.json") if not case["valid"]]
STREAMS = corpus.load("streams/*.json")

# What the tool says, in the corpus's units: W, Wh, var, varh.
UNITS = {"kWh": ("Wh", 3), "kVArh": ("varh", 3), "kVAh": ("VAh", 3), "VAr": ("var", 0)}


def each(cases):
    """One test per case; without the corpus a single one, skipped."""
    return pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in cases] or
                                   [pytest.param(None, id="none", marks=pytest.mark.skip(corpus.MISSING))])


def decode(case, keys=True):
    options = ["--compact"]
    if case["framing"] == "dlms":
        options += ["--protocol", "dlms"]
    for option, name in (("--key", "key"), ("--auth-key", "auth_key")):
        if keys and case.get(name):
            options += [option, case[name]]
    return Decoded(bytes.fromhex(case["hex"]), *options)


def clock_of(text):
    """Any spelling of a clock as a naive time: ISO 8601, the seed's, P1's."""
    digits = re.sub(r"[^0-9]", "", text.partition(",")[0].partition("+")[0].partition(" -")[0])
    form = "%y%m%d%H%M%S" if len(digits) == 12 else "%Y%m%d%H%M%S"
    return datetime.datetime.strptime(digits[:14], form)


def check_value(code, said, wanted):
    value, unit = said["value"], said.get("unit")
    if unit in UNITS:
        unit, exponent = UNITS[unit]
        value = decimal.Decimal(value).scaleb(exponent)
    assert unit == wanted["unit"], code
    if code.split(":", 1)[-1].startswith("1.0.0") and isinstance(value, str):
        assert clock_of(value) == clock_of(wanted["value"]), code
    elif isinstance(value, decimal.Decimal):
        assert value == decimal.Decimal(wanted["value"]), code
    else:
        assert value == wanted["value"], code


def check_data(data, expected):
    """Nothing missing, nothing extra, every value right."""
    said = {entry["obis_code"]: entry for entry in data.values()}
    assert len(said) == len(data)
    assert said.keys() == expected.keys()
    for code, wanted in expected.items():
        check_value(code, said[code], wanted)


@each(VALID)
def test_message(case):
    """Every value of a real message, and nothing else."""
    decoded = decode(case)
    assert decoded.status == 0, decoded.errors
    message, = decoded.messages()
    check_data(message["data"], case["expected"])


@each(LOCKED)
def test_without_key(case):
    """A message that nobody can open shows how it is ciphered, and no data."""
    decoded = decode(case)
    message, = decoded.messages()
    assert "data" not in message
    for name, value in case["expected_header"].items():
        assert message["encryption"][name] == value
    assert message["encryption"]["authenticated"] is False
    assert decoded.status == 1
    assert any("--key" in line for line in decoded.errors), decoded.errors


@each([case for case in VALID if case["encrypted"]])
def test_key_left_out(case):
    """The same without its key, and with another: no data."""
    for options in ([], ["--key", "00" * 16]):
        decoded = Decoded(bytes.fromhex(case["hex"]), "--compact", *options)
        assert decoded.status == 1
        message, = decoded.messages()
        assert "data" not in message and message["encryption"]["authenticated"] is False


@each(INVALID)
def test_invalid(case):
    """A damaged message gives nothing but a few words why."""
    decoded = decode(case)
    assert decoded.status == 1
    assert decoded.output == ""
    assert decoded.errors
    for line in decoded.errors:
        assert re.search(r"\w+ \w+ \w+", line), decoded.errors


@each(STREAMS)
def test_stream(case):
    """A stream gives each of its messages, in order, whatever stands between them."""
    decoded = decode(case)
    wanted = [message for message in case["messages"] if message["valid"]]
    messages = decoded.messages()
    assert len(messages) == len(wanted), decoded.errors
    for message, expected in zip(messages, wanted):
        if expected.get("encrypted"):
            assert "data" not in message and "encryption" in message
        else:
            check_data(message["data"], expected["expected"])
