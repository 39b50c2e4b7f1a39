"""`hantool explain` on every message and every stream: each octet once, each value beside its item."""
import json
import subprocess

import pytest

import corpus
import explained
from programs import HANTOOL

CASES = corpus.load("*.json") + corpus.load("streams/*.json")


def options(case):
    given = ["--protocol", "dlms"] if case["framing"] == "dlms" else []
    for option, name in (("--key", "key"), ("--auth-key", "auth_key")):
        if case.get(name):
            given += [option, case[name]]
    return given


def run(command, case):
    return subprocess.run([*HANTOOL, command, *options(case)], input=bytes.fromhex(case["hex"]),
                          capture_output=True, timeout=60, check=False)


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES] or
                         [pytest.param(None, id="none", marks=pytest.mark.skip(corpus.MISSING))])
def test_every_octet(case):
    """Every octet is shown, in order; explain and decode agree on what is decoded."""
    done = run("explain", case)
    page = done.stdout.decode()
    assert done.stderr == b""
    assert explained.octets(page) == bytes.fromhex(case["hex"])
    decoded = run("decode", case)
    assert done.returncode == decoded.returncode
    decoder = json.JSONDecoder()
    text, count = decoded.stdout.decode().strip(), 0
    while text:
        message, end = decoder.raw_decode(text)
        count += len(message.get("data", {}))
        text = text[end:].strip()
    assert page.count(" => ") == count
