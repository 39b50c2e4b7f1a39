"""Machines, and what their tests share.

A machine is started once for a file of tests, by a fixture named `machine` with scope "module"; the tests
run in the order of the file. `@pytest.mark.after("test_a", "test_b")` says what a test stands on: it is
skipped when one of these was not passed. A file may take the tests of other modules: those in its list CASES,
in that order.
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


def pytest_configure(config):
    config.addinivalue_line("markers", "after(*names): the tests of the same file that this one stands on")
    config.stash[PASSED] = set()


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


def pytest_runtest_setup(item):
    passed = item.config.stash[PASSED]
    for mark in item.iter_markers("after"):
        for name in mark.args:
            if (item.path, name) not in passed:
                pytest.skip(f"{name} was not passed")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.when == "call" and report.passed:
        item.config.stash[PASSED].add((item.path, item.name))
    machine = getattr(item, "funcargs", {}).get("machine")
    if report.failed and machine is not None:
        report.sections += list(machine.report())
