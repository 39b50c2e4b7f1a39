"""The packages of both releases and three architectures."""
import os
import pathlib

DEBS = pathlib.Path(os.environ.get("HANMQTTD_DEBS", "/nonexistent"))
