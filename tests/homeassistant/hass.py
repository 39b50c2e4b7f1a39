"""A real Home Assistant, with a configuration directory of its own, and what it tells over its interfaces.

It runs in a Debian root of its own ($HANMQTTD_HASS: that root, mounted, with /srv/homeassistant in it) and
shares /tmp and the loopback network with the tests.
"""
import contextlib
import copy
import datetime
import glob
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import websocket

from rig import free_port, until

ROOT = pathlib.Path(os.environ.get("HANMQTTD_HASS", "/nonexistent"))
HASS = "/srv/homeassistant/bin/hass"
CLIENT = "http://127.0.0.1/"  # who asks for the tokens: any address does
SLOW = 120  # seconds for a start; on two cores that others use, too

CONFIGURATION = """\
homeassistant:
  name: Home
  latitude: 59.9
  longitude: 10.7
  elevation: 20
  unit_system: metric
  currency: NOK
  country: "NO"
  language: en
  time_zone: Europe/Oslo
api:
websocket_api:
config:
frontend:
history:
energy:
system_log:
recorder:
  commit_interval: 0
logger:
  default: warning
  logs:
    homeassistant.components.mqtt: debug
"""

# What `http:` was before 2026.11: since then it is kept here and no longer read from configuration.yaml.
HTTP = {
    "version": 3, "minor_version": 1, "key": "http",
    "data": {"pending": None, "yaml_migration_done": True, "stable": {
        "server_host": ["127.0.0.1"], "cors_allowed_origins": [], "login_attempts_threshold": -1,
        "ip_ban_enabled": False, "ssl_profile": "intermediate_v6", "use_x_frame_options": True,
        "created_at": "2026-11-01T00:00:00+00:00", "error": None, "error_message": None}},
}


class Refused(Exception):
    """Home Assistant answered with an error."""


class LogLine:
    """One entry of the log, with the lines that follow it."""

    def __init__(self, level, logger, text):
        self.level, self.logger, self.text = level, logger, text


def read_log(text):
    """The entries of a log; what stands in front of the first is no entry."""
    entries = []
    for line in re.sub(r"\x1b\[[\d;]*m", "", text).splitlines():
        head = re.match(r"\S+ \S+ (DEBUG|INFO|WARNING|ERROR|CRITICAL) \([^)]*\) \[([^]]+)\] ?(.*)", line)
        if head:
            entries.append(LogLine(*head.groups()))
        elif entries:
            entries[-1].text += "\n" + line
    return entries


class HomeAssistant:
    """One installation. It keeps its port, its configuration and its database over restarts."""

    def __init__(self, rig, broker_port=None, clock=()):
        """With the broker's port: after the first day, with the MQTT integration; else empty."""
        self.directory = rig.directory("hass")
        self.port = free_port()
        self.clock = clock  # variables of libfaketime
        self.console = self.directory / "console"
        self.config = self.directory / "config"
        self.process = None
        self.token = None
        if broker_port:
            self._unpack(broker_port)
        else:
            (self.config / ".storage").mkdir(parents=True)
        (self.config / "configuration.yaml").write_text(CONFIGURATION, encoding="utf-8")
        http = copy.deepcopy(HTTP)
        http["data"]["stable"]["server_port"] = self.port
        (self.config / ".storage/http").write_text(json.dumps(http), encoding="utf-8")

    def _unpack(self, broker_port):
        shutil.copytree(ROOT / "srv/first-day/config", self.config)
        self.token = (ROOT / "srv/first-day/token").read_text(encoding="utf-8")
        entries = self.config / ".storage/core.config_entries"
        kept = json.loads(entries.read_text(encoding="utf-8"))
        for entry in kept["data"]["entries"]:
            if entry["domain"] == "mqtt":
                entry["data"]["port"] = broker_port
        entries.write_text(json.dumps(kept), encoding="utf-8")

    # ---- the process ----

    def start(self, running=True, install=False):
        """With `running`, returns when it has started completely. The first start may install what is
        missing in the root."""
        command = ["chroot", str(ROOT), "env", *self._fake_clock(), HASS, "--config", str(self.config)]
        with open(self.console, "ab") as console:
            self.process = subprocess.Popen(command + ([] if install else ["--skip-pip"]),
                                            stdin=subprocess.DEVNULL, stdout=console, stderr=console)
        if running:
            self.wait_running()

    def _fake_clock(self):
        if not self.clock:
            return []
        library, = glob.glob(f"{ROOT}/usr/lib/*/faketime/libfaketimeMT.so.1")
        return [f"LD_PRELOAD=/{os.path.relpath(library, ROOT)}", *self.clock]

    def wait_running(self):
        def ready():
            assert self.process.poll() is None, "Home Assistant ended:\n" + self.said()[-3000:]
            with contextlib.suppress(OSError, Refused, websocket.WebSocketException):
                if self.token:
                    return self.ask("get_config")["state"] == "RUNNING"
                return self.get("/api/onboarding") is not None
            return False
        until("Home Assistant has started", ready, SLOW)

    def stop(self):
        """As its own service manager does it."""
        self.process.terminate()
        self.process.wait(60)

    def kill(self):
        """As the machine's power fails."""
        self.process.kill()
        self.process.wait()

    def restart(self):
        self.stop()
        self.start()

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()

    # ---- questions ----

    def _http(self, path, data=None, kind="application/json", method=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data,
                                         {"Content-Type": kind}, method=method)
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise Refused(f"{path}: {error.code} {error.read()[:300]}") from None

    def get(self, path):
        return self._http(path)

    def post(self, path, **fields):
        return self._http(path, json.dumps(fields).encode())

    def ask(self, kind, **fields):
        """The result of a WebSocket command, on a connection of its own: one that waits in between would
        have to answer pings."""
        with contextlib.closing(self._call()) as connection:
            connection.send(json.dumps({"id": 1, "type": kind, **fields}))
            while True:
                answer = json.loads(connection.recv())
                if answer["type"] == "result":
                    break
        if not answer["success"]:
            raise Refused(f"{kind}: {answer['error']}")
        return answer["result"]

    def _call(self):
        connection = websocket.create_connection(f"ws://127.0.0.1:{self.port}/api/websocket", timeout=30)
        connection.recv()  # it asks for the token
        connection.send(json.dumps({"type": "auth", "access_token": self.token}))
        answer = json.loads(connection.recv())
        if answer["type"] != "auth_ok":
            connection.close()
            raise Refused(str(answer))
        return connection

    # ---- the first steps ----

    def onboard(self):
        """What a person does on the first day, up to a token for ten years."""
        code = self.post("/api/onboarding/users", client_id=CLIENT, name="Test", username="test",
                         password="test", language="en")["auth_code"]
        form = urllib.parse.urlencode({"client_id": CLIENT, "grant_type": "authorization_code", "code": code})
        self.token = self._http("/auth/token", form.encode(), "application/x-www-form-urlencoded")["access_token"]
        self.post("/api/onboarding/core_config")
        self.post("/api/onboarding/analytics")
        self.post("/api/onboarding/integration", client_id=CLIENT, redirect_uri=CLIENT)
        self.token = self.ask("auth/long_lived_access_token", client_name="tests", lifespan=3650)

    def remove_extras(self):
        """What the first day adds for everybody: weather, radio and the like, which ask the internet."""
        for entry in self.ask("config_entries/get"):
            if entry["source"] == "onboarding":
                self._http(f"/api/config/config_entries/entry/{entry['entry_id']}", method="DELETE")

    def add_mqtt(self, broker_port):
        """The integration, by the form that a person fills in."""
        step = self.post("/api/config/config_entries/flow", handler="mqtt", show_advanced_options=False)
        while step["type"] == "menu":
            step = self.post(f"/api/config/config_entries/flow/{step['flow_id']}",
                             next_step_id=step["menu_options"][0])
        step = self.post(f"/api/config/config_entries/flow/{step['flow_id']}", broker="127.0.0.1",
                         port=broker_port, other_settings={"set_client_cert": False, "set_ca_cert": "off"})
        if step["type"] != "create_entry":
            raise Refused(f"the form of the MQTT integration: {step}")

    # ---- answers ----

    def states(self):
        """By entity id."""
        return {s["entity_id"]: s for s in self.ask("get_states")}

    def entities(self):
        """Those of MQTT in the registry, by unique id."""
        return {e["unique_id"]: e for e in self.ask("config/entity_registry/list") if e["platform"] == "mqtt"}

    def devices(self):
        """Those of MQTT, by their first identifier."""
        return {d["identifiers"][0][1]: d for d in self.ask("config/device_registry/list")
                if d["identifiers"] and d["identifiers"][0][0] == "mqtt"}

    def statistics(self, entity_ids, period="5minute"):
        """What was compiled of these since yesterday, by entity id."""
        start = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
        return self.ask("recorder/statistics_during_period", start_time=start.isoformat(), period=period,
                        statistic_ids=sorted(entity_ids))

    def said(self):
        return self.console.read_text(encoding="utf-8", errors="replace")

    def log(self):
        return read_log(self.said())

def keep_snapshot(hass, directory):
    """The configuration directory after the first day, and the token. Home Assistant makes another database."""
    shutil.copytree(hass.config, f"{directory}/config",
                    ignore=shutil.ignore_patterns("home-assistant_v2.db*", "home-assistant.log*"))
    pathlib.Path(directory, "token").write_text(hass.token, encoding="utf-8")
