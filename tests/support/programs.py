"""The programs under test: from the environment, as a shell would split it, or from build/."""
import os
import pathlib
import shlex

TOP = pathlib.Path(__file__).resolve().parents[2]
HANMQTTD = shlex.split(os.environ.get("HANMQTTD", shlex.quote(str(TOP / "build/daemon/hanmqttd"))))
HANTOOL = shlex.split(os.environ.get("HANTOOL", shlex.quote(str(TOP / "build/daemon/hantool"))))
ROOT = HANMQTTD[1] if HANMQTTD[0] == "chroot" else ""  # what the daemon sees as /
SANITIZED = "ASAN_OPTIONS" in os.environ
