"""The packages of both releases and three architectures: what they are made for, what they ask for, what is in
them."""
import os
import pathlib
import re
import struct
import subprocess

import pytest

DEBS = pathlib.Path(os.environ.get("HANMQTTD_DEBS", "/nonexistent"))
NAMES = {"hanmqttd", "hantool", "libhan0", "libhan-dev"}
MACHINES = {"amd64": (2, 62), "arm64": (2, 183), "armhf": (1, 40)}  # ELF's class and machine
TRIPLETS = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu", "armhf": "arm-linux-gnueabihf"}
# What the daemon needs has another name in each release: t64 where numbers of seconds have 64 bits.
LIBRARIES = {"bookworm": {"libgpiod2", "libnettle8"}, "trixie": {"libgpiod3", "libnettle8t64"}}
UNITS = {"bookworm": "./lib/systemd/system/hanmqttd.service", "trixie": "./usr/lib/systemd/system/hanmqttd.service"}


def said(*command):
    return subprocess.run(command, capture_output=True, check=True, timeout=60).stdout


@pytest.fixture(name="built", params=[(r, a) for r in UNITS for a in MACHINES], ids="-".join, scope="module")
def fixture_built(request):
    """(release, architecture, {name: file})"""
    release, architecture = request.param
    place = DEBS / f"{release}-{architecture}"
    if not place.is_dir():
        pytest.skip("no packages were built: tests/run system builds them")
    files = {said("dpkg-deb", "-f", str(deb), "Package").decode().strip(): deb for deb in place.glob("*.deb")}
    return release, architecture, files


def unpacked(deb, path):
    """The octets of one file of it."""
    tar = said("dpkg-deb", "--fsys-tarfile", str(deb))
    return subprocess.run(["tar", "-xO", path], input=tar, capture_output=True, check=True, timeout=60).stdout


def names_in(deb):
    return {
        line.split()[5] for line in said("dpkg-deb", "-c", str(deb)).decode().splitlines()}


def test_names(built):
    _, architecture, files = built
    assert set(files) == NAMES
    for deb in files.values():
        assert said("dpkg-deb", "-f", str(deb), "Architecture").decode().strip() == architecture


def test_programs(built):
    """They are for the processor that the package is for."""
    _, architecture, files = built
    library = f"./usr/lib/{TRIPLETS[architecture]}/libhan.so.0.1.0"
    for name, path in ("hanmqttd", "./usr/sbin/hanmqttd"), ("hantool", "./usr/bin/hantool"), ("libhan0", library):
        octets = unpacked(files[name], path)
        assert octets[:4] == b"\x7fELF"
        assert (octets[4], struct.unpack_from("<H", octets, 18)[0]) == MACHINES[architecture], path


def test_dependencies(built):
    release, _, files = built
    needed = set()
    for name in "hanmqttd", "libhan0":
        field = said("dpkg-deb", "-f", str(files[name]), "Depends").decode()
        needed |= set(re.findall(r"(?:^|, )([a-z0-9.+-]+)", field))
    assert LIBRARIES[release] <= needed
    assert {"libc6", "libcjson1", "libinih1", "libmosquitto1", "libsqlite3-0", "libsystemd0"} <= needed
    other = LIBRARIES["trixie" if release == "bookworm" else "bookworm"] - LIBRARIES[release]
    assert not other & needed


def test_files(built):
    """The unit is where the release looks, and everything a user meets has come along."""
    release, architecture, files = built
    names = names_in(files["hanmqttd"])
    assert UNITS[release] in names
    assert not (set(UNITS.values()) - {UNITS[release]}) & names
    assert {"./etc/hanmqttd/hanmqttd.conf", "./etc/hanmqttd/hanmqttd.conf.d/", "./usr/share/man/man8/hanmqttd.8.gz",
            "./usr/share/man/man5/hanmqttd.conf.5.gz", "./usr/share/doc/hanmqttd/README.Debian",
            "./usr/share/bash-completion/completions/hanmqttd", "./usr/lib/sysusers.d/hanmqttd.conf",
            "./usr/lib/udev/rules.d/60-hanmqttd.rules",
            "./usr/lib/udev/rules.d/60-hanmqttd-adapters.rules"} <= names
    names = names_in(files["hantool"])
    assert {"./usr/share/man/man1/hantool.1.gz", "./usr/share/zsh/vendor-completions/_hantool",
            "./usr/share/bash-completion/completions/hantool"} <= names
    names = names_in(files["libhan-dev"])
    assert f"./usr/lib/{TRIPLETS[architecture]}/pkgconfig/libhan.pc" in names


def test_same_data(built):
    """What has nothing to do with the processor is the same in all: so the packages can be installed side by
    side."""
    release, architecture, files = built
    first = next((DEBS / f"{release}-amd64").glob("libhan-dev_*.deb"))
    assert architecture
    for path in "./usr/include/han/decoder.h", "./usr/share/doc/libhan-dev/changelog.Debian.gz":
        assert unpacked(files["libhan-dev"], path) == unpacked(first, path)
