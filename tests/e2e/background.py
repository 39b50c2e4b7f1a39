"""Tests in the background.

A test marked `background` waits for long, mostly. It starts with the session in a thread of its own,
with a rig of its own; in its place at the end of the session it is only waited for. It has no fixtures but
that, and its parameters.
"""
import threading

from rig import ENDED, Rig
from rigged import RIG


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
