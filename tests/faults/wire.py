"""A wire between this machine and a network namespace, in which packets can be lost."""
import itertools
import os
import random
import re
import shutil
import subprocess

import pytest

MISSING = re.compile("not permitted|not supported|denied|No such file", re.I)  # in this kernel, or this container
_NUMBERS = itertools.count()
LOSSY = "table netdev lossy {{ chain {0} {{ type filter hook {0} device {1} priority 0; {2} drop; }}; }}"


def _run(*words):
    """What was wrong, or ""."""
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stderr.strip() or f"{words[0]}: exit status {done.returncode}"


class Wire:
    """host is this end's address; a command behind `wrap` is at the other."""

    def __init__(self):
        if os.geteuid() != 0:
            pytest.skip("only root can make a network namespace")
        for tool, package in (("ip", "iproute2"), ("nft", "nftables")):
            if not shutil.which(tool):
                pytest.skip(f"{tool} ({package}) is missing")
        stem = f"h{os.getpid() % 1000000}{next(_NUMBERS)}"
        self.name, self.near, self.far = f"hanmqttd-{stem}", f"{stem}a", f"{stem}b"
        at = random.SystemRandom().randrange(1 << 14)  # of the networks for measurements, 198.18.0.0/15
        self.host, there = (f"198.{18 + (at >> 13)}.{at >> 6 & 255}.{(at & 63) * 4 + n}" for n in (1, 2))
        self.wrap = ("ip", "netns", "exec", self.name)
        for words in (("netns", "add", self.name),
                      ("link", "add", self.near, "type", "veth", "peer", "name", self.far, "netns", self.name),
                      ("address", "add", f"{self.host}/30", "dev", self.near),
                      ("link", "set", self.near, "up"),
                      ("-n", self.name, "address", "add", f"{there}/30", "dev", self.far),
                      ("-n", self.name, "link", "set", "lo", "up"),
                      ("-n", self.name, "link", "set", self.far, "up")):
            self._need("ip", *words)
        self.lose(1)
        self.heal()

    def _need(self, *words):
        if wrong := _run(*words):
            self.close()
            assert MISSING.search(wrong), f"{' '.join(words)}: {wrong}"
            pytest.skip(f"no network namespace with rules for packets to be had here: {wrong.splitlines()[0]}")

    def lose(self, percent):
        """So many of the packets, in each direction."""
        chance = "" if percent == 100 else f"numgen random mod 100 < {percent}"
        for direction in ("ingress", "egress"):
            self._need(*self.wrap, "nft", LOSSY.format(direction, self.far, chance))

    def heal(self):
        self._need(*self.wrap, "nft", "delete table netdev lossy")

    def plug(self, plugged):
        """The daemon's end of the cable."""
        self._need("ip", "-n", self.name, "link", "set", self.far, "up" if plugged else "down")

    def close(self):
        _run("ip", "link", "delete", self.near)
        _run("ip", "netns", "delete", self.name)
