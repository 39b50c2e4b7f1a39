"""Fixtures, and the tests in the background.

A test marked `background` waits for long, mostly. It starts with the session in a thread of its own,
with a rig of its own; in its place at the end of the session it is only waited for.
"""
import os
import pathlib
import signal
import sys
import threading
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# Central Europe's rules, said in full: no zone file is needed, in no root.
os.environ["TZ"] = "CET-1CEST,M3.5.0,M10.5.0/3"
time.tzset()

# What started the tests may ignore hangups (nohup), and programs would inherit that: one that is caught is
# back at its default in them.
signal.signal(signal.SIGHUP, lambda number, frame: None)

from rig import ENDED, Rig  # noqa: E402

RIG = pytest.StashKey()


class Background(threading.Thread):
    """One test on its way."""

    def __init__(self, item):
        super().__init__(daemon=True)
        self.function = item.obj
        self.parameters = item.callspec.params if hasattr(item, "callspec") else {}
        self.rig = None
        self.error = None

    def run(self):
        try:
            self.rig = Rig()
            try:
                self.function(self.rig, **self.parameters)
            finally:
                self.rig.close()
        except BaseException as error:  # whatever it is, it is the test's result
            self.error = error

    def result(self):
        while self.is_alive():
            self.join(0.5)
        if self.error:
            raise self.error


BACKGROUND = {}


def pytest_configure(config):
    config.addinivalue_line("markers", "background: runs from the start of the session, beside the others")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.get_closest_marker("background") is not None)


def pytest_runtestloop(session):
    if session.config.option.collectonly or session.testsfailed:
        return
    for item in session.items:
        if item.get_closest_marker("background") and not item.get_closest_marker("skip"):
            BACKGROUND[item.nodeid] = Background(item)
            BACKGROUND[item.nodeid].start()


def pytest_pyfunc_call(pyfuncitem):
    thread = BACKGROUND.get(pyfuncitem.nodeid)
    if not thread:
        return None
    try:
        thread.result()
    finally:
        pyfuncitem.stash[RIG] = thread.rig
    return True


def pytest_sessionfinish():
    ENDED.set()
    for thread in BACKGROUND.values():
        thread.join(10)


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


@pytest.fixture(name="house")
def fixture_house(rig):
    """The usual arrangement, with nothing special about it."""
    return rig.house()
