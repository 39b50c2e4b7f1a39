"""Fixtures: the rig of tests/e2e, and a house with a real Home Assistant."""
import pathlib
import sys

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "support"), str(TESTS / "e2e")]

pytest.register_assert_rewrite("hass", "home")

from home import Home  # noqa: E402
from rigged import fixture_rig, pytest_runtest_makereport  # noqa: E402, F401


@pytest.fixture(name="home")
def fixture_home(rig):
    """The usual house, in which everything runs."""
    home = Home(rig)
    home.start("daemon", "hass")
    return home
