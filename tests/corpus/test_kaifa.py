"""Real messages of Kaifa meters through `hantool decode`."""
import json
import re

import pytest

import corpus
import kaifa
from decoding import Decoded, apdu_header, check_data, frame_header, payload_of

CASES = [case for case in corpus.load("*.json")
         if corpus.is_kaifa(case) and case["framing"] in ("hdlc", "dlms")]
INVALID = [case for case in corpus.load("hdlc-kaifa-*.json") if not case["valid"]]
STREAMS = corpus.load("streams/stream-kaifa-*.json")


def each(cases):
    """One test per case; without the corpus a single one, skipped."""
    return pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in cases] or
                                   [pytest.param(None, id="none", marks=pytest.mark.skip(corpus.MISSING))])


def take_apart(case):
    """The options that decode it, its APDU and the header that is to be seen."""
    octets = bytes.fromhex(case["hex"])
    if case["framing"] == "dlms":
        return octets, ("--protocol", "dlms"), octets, apdu_header(octets)
    parts = kaifa.unwrap(octets)
    return octets, (), parts["apdu"], frame_header(parts)


@each(CASES)
def test_message(case):
    """Every value of a real message is decoded, with name, code, unit and header, and nothing else."""
    octets, options, apdu, header = take_apart(case)
    decoded = Decoded(octets, "--compact", *options)
    assert decoded.status == 0, decoded.errors
    assert decoded.errors == []
    message, = decoded.messages()
    clocks = [i for i in kaifa.items_of(apdu[19:]) if isinstance(i, bytes) and len(i) == 12]
    check_data(message["data"], corpus.by_name(case["expected"]), clocks[0] if clocks else None)
    assert message["header"] == header
    assert message["payload"] == payload_of(apdu)
    assert message.keys() == {"data", "header", "payload"}


@each(CASES[:1])
def test_layouts_say_the_same(case):
    """Without --compact the same object is spread over lines for human eyes."""
    octets, options, _, _ = take_apart(case)
    spread, compact = Decoded(octets, *options), Decoded(octets, "--compact", *options)
    assert spread.status == 0
    assert json.loads(spread.output) == json.loads(compact.output)
    assert spread.output.count("\n") > 10 and compact.output.count("\n") == 1


@each(INVALID)
def test_invalid(case):
    """A damaged message gives no data, a few words why, and exit status 1."""
    decoded = Decoded(bytes.fromhex(case["hex"]), "--compact")
    assert decoded.status == 1
    assert decoded.output == ""
    assert 1 <= len(decoded.errors) <= 3, decoded.errors
    for line in decoded.errors:
        assert re.search(r"\w+ \w+ \w+", line), decoded.errors


@each(STREAMS)
def test_stream(case):
    """A recorded stream gives each of its messages, in order, whatever its ends are like."""
    decoded = Decoded(bytes.fromhex(case["hex"]), "--compact")
    assert decoded.status == 0, decoded.errors
    wanted = [m for m in case["messages"] if m["valid"]]
    messages = decoded.messages()
    assert len(messages) == len(wanted)
    for message, expected in zip(messages, wanted):
        octets = bytes.fromhex(case["hex"])[expected["offset"]:expected["offset"] + expected["length"]]
        parts = kaifa.unwrap(octets)
        clocks = [i for i in kaifa.items_of(parts["apdu"][19:]) if isinstance(i, bytes) and len(i) == 12]
        check_data(message["data"], corpus.by_name(expected["expected"]), clocks[0] if clocks else None)
        assert message["header"] == frame_header(parts)
