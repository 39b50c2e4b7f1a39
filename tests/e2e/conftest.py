"""Fixtures, and where they find their parts."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from background import (  # noqa: E402, F401
    pytest_collection_modifyitems, pytest_configure, pytest_pyfunc_call, pytest_runtestloop, pytest_sessionfinish)
from rigged import fixture_rig, pytest_runtest_makereport  # noqa: E402, F401


@pytest.fixture(name="house")
def fixture_house(rig):
    """The usual arrangement, with nothing special about it."""
    return rig.house()
