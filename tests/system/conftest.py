"""Machines, and what their tests share.

A machine is started once for a file of tests, by a fixture named `machine` with scope "module"; the tests
run in the order of the file. `@pytest.mark.after("test_a", "test_b")` says what a test stands on: it is
skipped when one of these was not passed.
"""
import pathlib
import sys

import pytest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / "support"),
                str(pathlib.Path(__file__).resolve().parents[1] / "e2e"),
                str(pathlib.Path(__file__).resolve().parent)]

pytest.register_assert_rewrite("machine", "vm", "vm_cases")

PASSED = pytest.StashKey()


def pytest_configure(config):
    config.addinivalue_line("markers", "after(*names): the tests of the same file that this one stands on")
    config.stash[PASSED] = set()


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
