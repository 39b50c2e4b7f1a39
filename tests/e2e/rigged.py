"""What every conftest.py of tests with a rig takes over: the surroundings, the fixture, the report of a failure."""
import os
import signal
import time

import pytest

from rig import Rig

# Central Europe's rules, said in full: no zone file is needed, in no root.
os.environ["TZ"] = "CET-1CEST,M3.5.0,M10.5.0/3"
time.tzset()

# What started the tests may ignore hangups (nohup), and programs would inherit that: one that is caught is
# back at its default in them.
signal.signal(signal.SIGHUP, lambda number, frame: None)

RIG = pytest.StashKey()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    rig = item.stash.get(RIG, None)
    if report.failed and rig:
        report.sections += list(rig.report())


@pytest.fixture(name="rig")
def fixture_rig(request):
    """Brokers, ports and daemons for one test."""
    rig = Rig()
    request.node.stash[RIG] = rig
    yield rig
    rig.close()
