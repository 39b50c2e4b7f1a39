"""Debian 12 on its own kernel 6.1, with libgpiod 1.6."""
import pytest

import vm_cases

RELEASE, KERNEL = "bookworm", "6.1"
CASES = vm_cases.MODULES
SECONDS = 240


@pytest.fixture(name="machine", scope="module")
def fixture_machine():
    yield from vm_cases.make_machine(RELEASE)


@pytest.fixture(name="house", scope="module")
def fixture_house(machine):
    return vm_cases.House(machine)
