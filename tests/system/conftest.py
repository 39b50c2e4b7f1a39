"""Machines, and what their tests share.

A machine is started once for a file of tests, by a fixture named `machine` with scope "module"; the tests
run in the order of the file. `@pytest.mark.after("test_a", "test_b")` says what a test stands on: it is
skipped when one of these was not passed. When some failed, pytest's --last-failed runs those, what was
skipped for them, and what all these stand on, as the machine is a new one then. A file may take the tests of
other modules: those in its list CASES, in that order.
"""
import pathlib
import sys

import pytest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / "support"),
                str(pathlib.Path(__file__).resolve().parents[1] / "e2e"),
                str(pathlib.Path(__file__).resolve().parent)]

pytest.register_assert_rewrite("machine", "service", "vm", "vm_cases", "cases_bus", "cases_end",
                              "cases_limits", "cases_attempts", "cases_ports", "cases_service")

PASSED = pytest.StashKey()
UNSETTLED = pytest.StashKey()  # failed, or skipped for one that was not passed


def pytest_configure(config):
    config.addinivalue_line("markers", "after(*names): the tests of the same file that this one stands on")
    config.stash[PASSED] = set()
    config.stash[UNSETTLED] = []


def pytest_pycollect_makemodule(module_path, parent):
    """A module with CASES gets their tests and fixtures as if they stood in it."""
    module = pytest.Module.from_parent(parent, path=module_path)
    for cases in getattr(module.obj, "CASES", ()):
        for name, value in vars(cases).items():
            if name.startswith(("test_", "fixture_")):
                assert not hasattr(module.obj, name), f"two have the name {name}"
                setattr(module.obj, name, value)
    return module


def pytest_collection_modifyitems(items):
    def place(item):
        cases = [module.__name__ for module in getattr(item.module, "CASES", ())]
        name = item.function.__module__
        return (str(item.path), cases.index(name) + 1 if name in cases else 0,
                item.function.__code__.co_firstlineno)

    items.sort(key=place)


def foundations(item):
    """The names of the tests that this one stands on."""
    return [name for mark in item.iter_markers("after") for name in mark.args]


def pytest_runtest_setup(item):
    for name in foundations(item):
        if (item.path, name) not in item.config.stash[PASSED]:
            item.config.stash[UNSETTLED].append(item)
            pytest.skip(f"{name} was not passed")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.when == "call" and report.passed:
        item.config.stash[PASSED].add((item.path, item.name))
    if not report.failed:
        return
    item.config.stash[UNSETTLED].append(item)
    machine = getattr(item, "funcargs", {}).get("machine")
    if machine is not None:
        report.sections += list(machine.report())


@pytest.hookimpl(hookwrapper=True)
def pytest_sessionfinish(session):
    """Behind pytest's own, which writes those that failed."""
    yield
    if not session.config.pluginmanager.hasplugin("cacheprovider"):
        return
    items = {(item.path, item.name): item for item in session.items}
    wanted = list(session.config.stash[UNSETTLED])
    for item in wanted:  # grows
        found = [items[item.path, name] for name in foundations(item) if (item.path, name) in items]
        wanted += [other for other in found if other not in wanted]
    last = session.config.cache.get("cache/lastfailed", {})
    session.config.cache.set("cache/lastfailed", {**last, **{item.nodeid: True for item in wanted}})
