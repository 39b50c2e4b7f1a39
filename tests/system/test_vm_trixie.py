"""Debian 13 on its own kernel 6.12, with libgpiod 2.2."""
import pytest

import vm_cases

RELEASE, KERNEL = "trixie", "6.12"
CASES = vm_cases.MODULES
SECONDS = 240


@pytest.fixture(name="machine", scope="module")
def fixture_machine():
    yield from vm_cases.make_machine(RELEASE)


@pytest.fixture(name="house", scope="module")
def fixture_house(machine):
    return vm_cases.House(machine)
