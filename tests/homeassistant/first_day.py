"""What a person does on the first day with Home Assistant; the result is kept, to start from.

    first_day.py DIRECTORY
"""
import contextlib
import os
import pathlib
import sys
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / name) for name in ("support", "e2e")]
os.environ["TZ"] = "CET-1CEST,M3.5.0,M10.5.0/3"
time.tzset()

from hass import HomeAssistant, keep_snapshot  # noqa: E402
from rig import Rig  # noqa: E402


def main():
    with contextlib.closing(Rig()) as rig:
        hass = HomeAssistant(rig)
        with contextlib.closing(hass):
            hass.start(install=True)
            hass.onboard()
            hass.wait_running()
            hass.remove_extras()
            hass.add_mqtt(rig.broker().port)
            hass.stop()
        keep_snapshot(hass, sys.argv[1])


main()
