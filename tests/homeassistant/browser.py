"""A person's eyes: a headless Chromium of the root, steered over its debugging protocol."""
import base64
import contextlib
import json
import pathlib
import subprocess
import urllib.request

import websocket

from hass import ROOT
from rig import PATIENCE, pause, until

SIZE = 1200, 1000
DRAWING = 3  # seconds: charts grow, and nothing tells when they have
# The page's clock is Home Assistant's; it finds the token where its own login leaves it.
PREPARED = """
(() => {
  const real = Date, ahead = %(ahead)d;
  window.Date = class extends real {
    constructor(...given) { given.length ? super(...given) : super(real.now() + ahead); }
    static now() { return real.now() + ahead; }
  };
  if (location.origin === "%(url)s") {
    localStorage.setItem("hassTokens", JSON.stringify({access_token: "%(token)s", token_type: "Bearer",
      expires_in: 1e9, expires: real.now() + 1e12, hassUrl: "%(url)s", clientId: "%(url)s/", refresh_token: ""}));
    localStorage.setItem("selectedTheme", JSON.stringify({dark: false}));
    localStorage.setItem("dockedSidebar", JSON.stringify("always_hidden"));
  }
})()
"""
# All text of a page, through the shadows of its elements.
TEXT = """
(() => {
  const read = node => node.nodeType === 3 ? node.textContent :
    ["STYLE", "SCRIPT"].includes(node.nodeName) ? "" :
    [...(node.shadowRoot ? [node.shadowRoot] : []), ...node.childNodes].map(read).join(" ");
  return read(document.body).replace(/\\s+/g, " ");
})()
"""


class Browser:
    """One page. `ahead`: seconds that Home Assistant's clock is ahead of this machine's."""

    def __init__(self, rig, hass, ahead=0):
        directory = rig.directory("browser")
        self.url = f"http://127.0.0.1:{hass.port}"
        with open(directory / "log", "wb") as log:
            self.process = subprocess.Popen(
                ["chroot", str(ROOT), "env", "TZ=Europe/Oslo", "chromium", "--headless", "--no-sandbox",
                 "--disable-gpu", "--hide-scrollbars", "--remote-debugging-port=0", "--remote-allow-origins=*",
                 "--force-device-scale-factor=1", f"--window-size={SIZE[0]},{SIZE[1]}",
                 f"--user-data-dir={directory}/profile", "about:blank"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        told = directory / "profile/DevToolsActivePort"
        until("the browser has started", told.exists, 4 * PATIENCE)
        port = until("the browser's port", lambda: told.read_text(encoding="ascii").split()[:1])[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=PATIENCE) as answer:
            page = next(p for p in json.load(answer) if p["type"] == "page")
        self._socket = websocket.create_connection(page["webSocketDebuggerUrl"], timeout=60)
        self._count = 0
        self.do("Page.enable")
        self.do("Page.addScriptToEvaluateOnNewDocument",
                source=PREPARED % {"ahead": ahead * 1000, "url": self.url, "token": hass.token})

    def do(self, method, **parameters):
        self._count += 1
        self._socket.send(json.dumps({"id": self._count, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == self._count:
                assert "error" not in answer, f"{method}: {answer}"
                return answer["result"]

    def visit(self, path, *words):
        """Returns when all these words stand on the page."""
        self.do("Page.navigate", url=self.url + path)

        def shown():
            text = self.text()
            return all(word in text for word in words)
        try:
            until(f"{words} on {path}", shown, 60)
        except AssertionError:
            raise AssertionError(f"{path}: {words} do not stand on the page: {self.text()[:2000]}") from None

    def text(self):
        result = self.do("Runtime.evaluate", expression=TEXT, returnByValue=True)["result"]
        return result.get("value", "")

    def picture(self, path, height=SIZE[1]):
        """Of the page from its top, as PNG."""
        self.do("Emulation.setDeviceMetricsOverride", width=SIZE[0], height=height, deviceScaleFactor=1, mobile=False)
        pause(DRAWING)
        shot = self.do("Page.captureScreenshot", format="png")["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(shot))

    def close(self):
        with contextlib.suppress(OSError, websocket.WebSocketException):
            self._socket.close()
        self.process.terminate()
        self.process.wait(30)
