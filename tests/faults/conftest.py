"""Fixtures: the parts of tests/e2e, and how often, how long and with which random numbers."""
import pathlib
import sys

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "support"), str(TESTS / "e2e")]

from background import (  # noqa: E402, F401
    pytest_collection_modifyitems, pytest_configure, pytest_pyfunc_call, pytest_runtestloop, pytest_sessionfinish)
from rigged import fixture_rig, pytest_runtest_makereport  # noqa: E402, F401
from row import given  # noqa: E402


@pytest.fixture(name="kills")
def fixture_kills():
    return given("KILLS", 50)


@pytest.fixture(name="seed")
def fixture_seed():
    return given("SEED", 1)
