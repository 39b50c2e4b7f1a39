"""The configuration: what is right passes, what is wrong is told with file, line and the accepted form."""
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

import kaifa
from programs import HANMQTTD, ROOT, TOP
from rig import PATIENCE, config, environment, free_port, until

METER = "6970631400000016"
SHIPPED = TOP / "conf" / "hanmqttd.conf"

# Every key and its default as it stands in the shipped file; None where the default is a word of its own.
KEYS = {
    "mqtt": {"host": "localhost", "port": "auto", "client-id": None, "username": "", "password-file": "",
             "protocol": "5", "keepalive": "30", "topic-prefix": "han", "tls": "no", "ca-file": "",
             "ca-path": "", "cert-file": "", "key-file": "", "psk-identity": "", "psk-file": "",
             "tls-insecure": "no", "commands": "no"},
    "homeassistant": {"discovery": "device", "prefix": "homeassistant",
                      "status-topic": "homeassistant/status", "energy-sensor": "live",
                      "reactive-energy-class": "yes"},
    "publish": {"qos": "0", "register-qos": "1", "retain": "yes", "on-change": "no", "min-interval": "0",
                "expire": "yes", "live-energy": "yes", "net-power": "no", "hour-energy": "no",
                "capacity-peaks": "no", "unknown-obis": "yes"},
    "power": {"line": "auto", "active-low": "no", "settle": "1", "cycle-after": "120", "cycle-off": "5",
              "cycle-max": "6"},
    "meter": {"device": "auto", "baud": "auto", "format": "auto", "protocol": "auto", "list": "auto",
              "name": "", "key-file": "", "auth-key-file": "", "allow-replay": "no",
              "silent-after": "auto", "max-power": "0", "voltage-scale": "auto", "current-scale": "auto",
              "energy-scale": "auto"},
    "log": {"level": "info", "frames": "no"},
}


class Checked:
    """`hanmqttd --check` on a file."""

    def __init__(self, rig, text, drop_ins=None, arguments=("--check",)):
        self.path = rig.directory("check") / "hanmqttd.conf"
        self.path.write_bytes(text if isinstance(text, bytes) else text.encode())
        for name, content in (drop_ins or {}).items():
            (self.path.parent / "hanmqttd.conf.d").mkdir(exist_ok=True)
            (self.path.parent / "hanmqttd.conf.d" / name).write_text(content, encoding="utf-8")
        run = subprocess.run([*HANMQTTD, "--config", str(self.path), *arguments], capture_output=True,
                             timeout=PATIENCE, env=environment(), check=False)
        self.status = run.returncode
        self.errors = run.stderr.decode(errors="replace")

    def tells(self, line, *words, file=None):
        """Whether one line of the log names the file, the line and all these words."""
        start = re.escape(f"{file or self.path}:{line}: " if line else f"{file or self.path}: ")
        return any(re.search(start, said) and all(re.search(word, said, re.I) for word in words)
                   for said in self.errors.splitlines())


# ---- the shipped file ----

def entries():
    """(section, key, value, lines above) of the commented-out keys in the shipped file."""
    section, above = None, []
    for line in SHIPPED.read_text(encoding="utf-8").splitlines():
        heading = re.fullmatch(r"#?\[(\w+)\]", line)
        key = re.fullmatch(r"#\s?([a-z][a-z0-9-]*)\s*=\s*(.*)", line)
        if heading:
            section = heading[1]
        elif key:
            yield section, key[1], key[2].strip(), above
        above = [] if heading or key or not line.startswith("#") else above + [line]


def test_shipped_file_passes(rig):
    """The shipped file is a valid configuration."""
    checked = Checked(rig, SHIPPED.read_bytes())
    assert checked.status == 0, checked.errors
    assert checked.errors == ""


def test_shipped_file_has_every_key():
    """Every key stands in the shipped file once, commented out at its default, below an explanation."""
    found = [(section, key) for section, key, _, _ in entries()]
    assert sorted(found) == sorted((section, key) for section, keys in KEYS.items() for key in keys)
    for section, key, value, above in entries():
        default = KEYS[section][key]
        assert default is None or value.removesuffix(" s") == default, f"[{section}] {key} = {value}"
        assert above and len(re.findall(r"\w+", above[-1])) > 1, f"[{section}] {key} has no explanation"
    active = [line for line in SHIPPED.read_text(encoding="utf-8").splitlines()
              if line and not line.startswith(("#", "["))]
    assert active == []


def test_shipped_file_uncommented(rig):
    """With every key uncommented it is valid too, and means the same."""
    text = re.sub(r"^#\s?([a-z][a-z0-9-]*\s*=)", r"\1", SHIPPED.read_text(encoding="utf-8"), flags=re.M)
    assert sum(map(len, KEYS.values())) == len(re.findall(r"^[a-z][a-z0-9-]*\s*=", text, re.M))
    checked = Checked(rig, text)
    assert checked.status == 0, checked.errors


def test_empty_values(rig):
    """An empty value is the default, for every key."""
    text = "".join(f"[{section}]\n" + "".join(f"{key} =\n" for key in keys) for section, keys in KEYS.items())
    checked = Checked(rig, text)
    assert checked.status == 0, checked.errors


# ---- mistakes ----

MISTAKES = {  # text, line, words of the message
    "unknown section": ("[mqt]\nhost = x\n", 1, [r"\[mqt\]", "mqtt"]),
    "unknown section, nothing near": ("[weather]\n", 1, [r"\[weather\]"]),
    "unknown key": ("[mqtt]\n\nhots = x\n", 3, [r"\[mqtt\] hots: ", r"\bhost\b"]),
    "unknown key, the beginning of one": ("[mqtt]\npassword = x\n", 2,
                                          [r"\[mqtt\] password: ", "is password-file meant"]),
    "unknown key, nothing near": ("[mqtt]\nabcdefghijk = x\n", 2, [r"\[mqtt\] abcdefghijk: "]),
    "key of another section": ("[meter]\nhost = x\n", 2, [r"\[meter\] host: "]),
    "key with another case": ("[mqtt]\nHost = x\n", 2, [r"\[mqtt\] Host: "]),
    "key before any section": ("host = x\n", 1, ["host"]),
    "no such truth": ("[publish]\nretain = maybe\n", 2, [r"\[publish\] retain: ", "maybe", "yes", "no"]),
    "no number": ("[mqtt]\nport = mqtt\n", 2, [r"\[mqtt\] port: ", "1", "65535"]),
    "number and more": ("[mqtt]\nport = 1883x\n", 2, [r"\[mqtt\] port: ", "1883x"]),
    "fraction": ("[mqtt]\nport = 1883.5\n", 2, [r"\[mqtt\] port: "]),
    "zero": ("[mqtt]\nport = 0\n", 2, [r"\[mqtt\] port: ", "1", "65535"]),
    "above the range": ("[mqtt]\nport = 65536\n", 2, [r"\[mqtt\] port: ", "65535"]),
    "far above the range": ("[mqtt]\nport = 18446744073709551617\n", 2, [r"\[mqtt\] port: ", "65535"]),
    "negative": ("[mqtt]\nkeepalive = -1\n", 2, [r"\[mqtt\] keepalive: "]),
    "qos 3": ("[publish]\nqos = 3\n", 2, [r"\[publish\] qos: ", "0", "2"]),
    "wrong unit": ("[mqtt]\nkeepalive = 30 min\n", 2, [r"\[mqtt\] keepalive: ", r"\bs\b"]),
    "no such word": ("[log]\nlevel = loud\n", 2, [r"\[log\] level: ", "loud", "error", "debug"]),
    "protocol 4": ("[mqtt]\nprotocol = 4\n", 2, [r"\[mqtt\] protocol: ", "5", r"3\.1\.1"]),
    "no such discovery": ("[homeassistant]\ndiscovery = yes\n", 2,
                          [r"\[homeassistant\] discovery: ", "device", "off"]),
    "no such format": ("[meter]\nformat = 8O1\n", 2, [r"\[meter\] format: ", "8N1", "8E1", "7E1"]),
    "no such speed": ("[meter]\nbaud = 12345\n", 2, [r"\[meter\] baud: ", "12345"]),
    "no such line": ("[power]\nline = 25\n", 2, [r"\[power\] line: ", "GPIO2\\d"]),
    "no such line either": ("[power]\nline = GPIO\n", 2, [r"\[power\] line: ", "GPIO2\\d"]),
    "host with a scheme": ("[mqtt]\nhost = mqtt://broker.lan\n", 2, [r"\[mqtt\] host: ", "without a scheme"]),
    "host with a port": ("[mqtt]\nhost = broker.lan:1883\n", 2, [r"\[mqtt\] host: ", "port"]),
    "host in quotes": ("[mqtt]\nhost = \"broker.lan\"\n", 2, [r"\[mqtt\] host: "]),
    "host in brackets": ("[mqtt]\nhost = [::1]\n", 2, [r"\[mqtt\] host: "]),
    "two hosts": ("[mqtt]\nhost = a b\n", 2, [r"\[mqtt\] host: "]),
    "wildcard in the prefix": ("[mqtt]\ntopic-prefix = han/#\n", 2, [r"\[mqtt\] topic-prefix: ", "#"]),
    "wildcard in the status topic": ("[homeassistant]\nstatus-topic = ha/+\n", 2,
                                     [r"\[homeassistant\] status-topic: "]),
    "slash in the client id": ("[mqtt]\nclient-id = a/b\n", 2, [r"\[mqtt\] client-id: "]),
    "relative path": ("[meter]\ndevice = ttyUSB0\n", 2, [r"\[meter\] device: ", "/"]),
    "name of the bridge": ("[meter]\nname = bridge\n", 2, [r"\[meter\] name: ", "bridge"]),
    "section of the bridge": ("[meter bridge]\n", 1, ["bridge"]),
    "no such protocol": ("[meter]\nprotocol = sml\n", 2, [r"\[meter\] protocol: ", "hdlc", "mbus", "p1"]),
    "no such list": ("[meter]\nlist = kaifa-lst1\n", 2,
                     [r"\[meter\] list: ", "kaifa-lst1", "is kaifa-list1 meant", "auto", "hantool lists"]),
    "no such list, nothing near": ("[meter]\nlist = x\n", 2, [r"\[meter\] list: ", "hantool lists"]),
    "key as text": ("[meter]\nkey-file = 00112233445566778899AABBCCDDEEFF\n", 2,
                    [r"\[meter\] key-file: ", "/"]),
    "no such key file": ("[meter]\nkey-file = /nonexistent/key\n", 2,
                         [r"\[meter\] key-file: /nonexistent/key: ", "No such file"]),
    "scale of nothing": ("[meter]\nvoltage-scale = 0\n", 2, [r"\[meter\] voltage-scale: ", "auto", r"0\.1"]),
    "negative scale": ("[meter]\ncurrent-scale = -1\n", 2, [r"\[meter\] current-scale: "]),
    "scale with an exponent": ("[meter]\nenergy-scale = 1e3\n", 2, [r"\[meter\] energy-scale: "]),
    "key twice": ("[mqtt]\nhost = a\nport = 1\nhost = b\n", 4, [r"\[mqtt\] host: ", "2|once|already|twice"]),
    "key twice, section split": ("[mqtt]\nhost = a\n[log]\n[mqtt]\nhost = b\n", 5, [r"\[mqtt\] host: "]),
    "no equals sign": ("[mqtt]\nhost localhost\n", 2, ["="]),
    "section not closed": ("[mqtt\nhost = x\n", 1, []),
    "key behind a section": ("[log]\n[mqtt] host = x\n", 2, ["behind", r"\[section\]"]),
    "two sections in a line": ("[mqtt][log]\n", 1, ["behind"]),
    "bracket twice": ("[meter a]]\n", 1, ["behind"]),
    "carriage returns alone": ("[mqtt]\rhost = x\r", 1, ["behind"]),
    "meter with a blank behind": ("[meter a]\ndevice = /dev/a\n[meter a ]\ndevice = /dev/b\n", 4,
                                  [r"device: ", "line 2 already"]),
    "second of two meters": (f"[meter a]\ndevice = /dev/a\n[meter b]\nbaud = fast\n", 4,
                             [r"\[meter b\] baud: "]),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake(rig, name):
    """A mistake is told as FILE:LINE: [section] key: what is wrong and what is accepted; exit status 78."""
    text, line, words = MISTAKES[name]
    checked = Checked(rig, text)
    assert checked.status == 78
    assert checked.tells(line, *words), checked.errors


@pytest.mark.parametrize("octets", [
    pytest.param(b"[mqtt]\nhost = " + b"x" * 5000 + b"\n", id="long line"),
    pytest.param(b"[mqtt]\n" + b"x" * 100000 + b"\n", id="very long line"),
    pytest.param(b"[" + b"m" * 500 + b"]\n", id="long section"),
    pytest.param(b"[mqtt]\n" + b"k" * 300 + b" = 1\n", id="long key"),
    pytest.param(bytes(range(256)) * 20, id="all octets"),
    pytest.param(b"\x7fELF\x02\x01\x01\x00" + b"\x00" * 100, id="program"),
    pytest.param(b"[mqtt]\nhost = a\x00b\n", id="null octet"),
    pytest.param(b"[mqtt]\nhost = a\x1bb\n", id="control character"),
    pytest.param(b"[meter]\nname = k\xf8kken\n", id="Latin 1"),
    pytest.param(b"[meter k\xf8kken]\n", id="Latin 1 as a section"),
])
def test_no_text(rig, octets):
    """What is no configuration at all is refused, with file and line, and no crash."""
    checked = Checked(rig, octets)
    assert checked.status == 78
    assert re.search(re.escape(str(checked.path)) + r":\d+: \S", checked.errors), checked.errors


def test_all_mistakes_are_told(rig):
    """Several mistakes are told at once, each in its line, in the order of the file."""
    checked = Checked(rig, "[mqtt]\nport = x\nhots = y\nhost\n[log]\nlevel = z\n[x]\n[power\n")
    assert checked.status == 78
    told = re.findall(r"hanmqttd\.conf:(\d+): ", checked.errors)
    assert told == ["2", "3", "4", "6", "7", "8"], checked.errors


@pytest.mark.parametrize("text", [
    "", "# nothing\n", f"# {'long ' * 100}\n[mqtt]\n  ; {'y' * 195}\nhost = x\n", b"# m\xe5ler\n[meter]\n", "[mqtt]\r\nhost = x\r\n\r\n", b"\xef\xbb\xbf[mqtt]\nhost = x\n", "[mqtt]\nhost=x", "[mqtt]\n  host   =   x  \n",
    "; a comment\n[mqtt]\n# another\n", "[mqtt] # the broker\nhost = x\n[log]\t; too\n[meter]  \n", f"[meter {'n' * 42}]\n", "[mqtt]\nkeepalive = 30 s\n", "[mqtt]\nkeepalive = 30s\n",
    "[publish]\nretain = true\non-change = yes\nmin-interval = 10 s\nexpire = no\n",
    "[publish]\nlive-energy = no\nnet-power = yes\nhour-energy = yes\ncapacity-peaks = yes\n", "[power]\nline = none\n", "[power]\nline = GPIO25\n",
    "[power]\nline = wiringpi:25\n", "[power]\nline = pin:37\n", "[power]\nline = gpiochip0:25\n",
    "[meter]\ndevice = /dev/ttyUSB0\nbaud = 2400\nformat = 8E1\nprotocol = hdlc\nsilent-after = 60\n",
    "[meter]\nprotocol = mbus\nlist = kaifa-list2-3ph\nallow-replay = yes\n", "[meter]\nprotocol = p1\n",
    "[meter]\nmax-power = 20000\n", "[meter]\nmax-power = 17250 W\n",
    "[meter]\nvoltage-scale = 0.1\ncurrent-scale = 0.010\nenergy-scale = 10\n",
    "[meter]\nvoltage-scale = auto\nlist = auto\n", "[publish]\nunknown-obis = no\n",
    "[meter a]\ndevice = /dev/a\n[meter b b]\ndevice = /dev/b\n", "[meter]\nname = Zähler\n",
    "[power]\ncycle-after = 0\ncycle-off = 600 s\ncycle-max = 1000 per day\n",
    "[mqtt]\ncommands = yes\n[power]\ncycle-after = 86400\ncycle-off = 1\ncycle-max = 0\n",
    "[mqtt]\nhost = ::1\n", "[mqtt]\nhost = fe80::1%eth0\n", "[mqtt]\nhost = 192.0.2.1\n", "[mqtt]\nhost = my_broker\n",
    "[homeassistant]\ndiscovery = off\n", "[homeassistant]\ndiscovery = components\nenergy-sensor = register\n", "[mqtt]\nprotocol = 3.1.1\nusername = me\n",
])
def test_right(rig, text):
    """What the documents allow passes."""
    checked = Checked(rig, text)
    assert checked.status == 0, checked.errors


KEY = "00112233445566778899aabbccddeeff"


def key_file(rig, text=KEY + "\n", name="key", mode=0o600):
    path = rig.directory("keys") / name
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


@pytest.mark.parametrize("key", ["key-file", "auth-key-file"])
@pytest.mark.parametrize("text, mode, says", [
    (KEY, 0o600, None), (f" {KEY.upper()}\n\n", 0o640, None), (KEY, 0o644, "everybody may read it"),
    (KEY[1:], 0o600, "32 hex digits"), (KEY + "0", 0o600, "32 hex digits"), ("", 0o600, "32 hex digits")])
def test_key_file(rig, key, text, mode, says):
    """A key is 32 hex digits in a file that not everybody may read; what is wrong names file and line, and
    never the key."""
    path = key_file(rig, text, mode=mode)
    other = {"key-file": "", "auth-key-file": f"key-file = {key_file(rig)}\n"}[key]
    checked = Checked(rig, f"[meter]\n{key} = {path}\n{other}")
    assert checked.status == (78 if says else 0), checked.errors
    assert not says or checked.tells(2, rf"\[meter\] {key}: {path}: ", says)
    assert text.strip()[:8] not in checked.errors or not text.strip()


@pytest.mark.parametrize("section, name", [
    ("meter", "key"), ("meter cabin", "cabin-key"), ("meter a/b", "a_b-key")])
def test_key_credential(rig, section, name):
    """Without key-file the key is systemd's credential NAME-key, and auth-key-file needs one of the two."""
    auth = key_file(rig)
    path = rig.directory("check") / "hanmqttd.conf"
    path.write_text(f"[{section}]\nauth-key-file = {auth}\n", encoding="utf-8")

    def check(credential):
        run = subprocess.run([*HANMQTTD, "--config", str(path), "--check"], capture_output=True, text=True,
                             timeout=PATIENCE, check=False,
                             env=environment(CREDENTIALS_DIRECTORY=str(credential.parent)))
        return run.returncode, run.stderr
    status, errors = check(key_file(rig, name="other-key"))
    assert status == 78
    assert re.search(rf"{path}:2: \[{section}\] auth-key-file: there is no key", errors)
    assert check(key_file(rig, name=name)) == (0, "")
    status, errors = check(key_file(rig, "nonsense", name=name))
    assert status == 78
    assert re.search(rf"{path}:1: \[{section}\] key-file: .*{name}: .*32 hex digits", errors)


def test_credentials_of_the_service(rig):
    """By hand the check sees the credentials that systemd gave to the service, with the service's configuration
    only; what CREDENTIALS_DIRECTORY says comes first."""
    private = ["unshare", "--mount", "--map-root-user", "--user"]
    if subprocess.run([*private, "mount", "-t", "tmpfs", "none", "/run"], capture_output=True, check=False).returncode:
        pytest.skip("no mount namespace can be had")
    text = f"[meter]\nauth-key-file = {key_file(rig)}\n"
    script = f"""set -e
        mount -t tmpfs none {ROOT}/etc
        mount -t tmpfs none {ROOT}/run
        mkdir -p {ROOT}/etc/hanmqttd {ROOT}/run/credentials/hanmqttd.service
        printf '%s' '{text}' > {ROOT}/etc/hanmqttd/hanmqttd.conf
        printf '%s' '{KEY}' > {ROOT}/run/credentials/hanmqttd.service/key
        chmod 400 {ROOT}/run/credentials/hanmqttd.service/key
        exec "$@"
        """

    def check(*arguments, **env):
        run = subprocess.run([*private, "sh", "-c", script, "sh", *HANMQTTD, *arguments, "--check"],
                             capture_output=True, text=True, timeout=PATIENCE, check=False, env=environment(**env))
        return run.returncode, run.stderr
    assert check() == (0, "")
    for status, errors in (check("--config", str(Checked(rig, text).path)), check(CREDENTIALS_DIRECTORY="/nowhere")):
        assert status == 78
        assert "auth-key-file: there is no key" in errors


def test_start_refuses_too(rig):
    """Without --check a bad file ends the start with 78 and the same line."""
    checked = Checked(rig, "[mqtt]\nport = x\n", arguments=())
    assert checked.status == 78
    assert checked.tells(2, r"\[mqtt\] port: ")


def test_named_file_is_missing(rig):
    """A file that was named and is not there is a mistake."""
    missing = rig.base / "absent.conf"
    run = subprocess.run([*HANMQTTD, "--config", str(missing)], capture_output=True, text=True,
                         timeout=PATIENCE, env=environment(), check=False)
    assert run.returncode == 78
    assert str(missing) in run.stderr


def test_thousand_meters(rig):
    """Of a thousand meters with some keys each a mistake is told with its line, and a key that stands twice is found."""
    text = "".join(f"[meter {n}]\ndevice = tcp://h:{n + 1}\nprotocol = hdlc\nlist = auto\nname = m{n}\n"
                   for n in range(1000))
    checked = Checked(rig, text + "name = m1000\n")
    assert checked.status == 78
    assert checked.tells(5001, r"\[meter 999\] name: ", "line 5000"), checked.errors
    checked = Checked(rig, text + "[meter last]\ndevice = tcp://h:1\n")
    assert checked.status == 78
    assert checked.tells(5002, r"\[meter last\] device: ", r"\[meter 0\]"), checked.errors


def test_thousand_meters_in_one_place(rig):
    """Of a thousand meters with one port and one topic each but the first is told once of either, with the first."""
    checked = Checked(rig, "".join(f"[meter {n}]\nname = x\n" for n in range(1000)))
    assert checked.status == 78
    assert len(checked.errors.splitlines()) == 2 * 999
    for n in (1, 500, 999):
        assert checked.tells(2 * n + 1, rf"\[meter {n}\] device: ", r"auto.* \[meter 0\] already"), checked.errors[:999]
        assert checked.tells(2 * n + 2, rf"\[meter {n}\] name: ", r"\[meter 0\] already"), checked.errors[:999]


# ---- drop-ins ----

def test_drop_ins(rig):
    """Files in FILE.d that end in .conf override in the order of their names; others do not count."""
    broker, port = rig.broker(), rig.port()
    watcher = rig.watch(broker)
    directory = rig.directory("conf")
    file = directory / "h.conf"
    file.write_text(config(broker.port, port.path, mqtt={"topic-prefix": "main", "keepalive": 20}),
                    encoding="utf-8")
    (directory / "h.conf.d").mkdir()
    for name, prefix in (("10-a.conf", "a"), ("20-c.conf", "c"), ("15-b.conf", "b"), ("30-d.conf~", "d"),
                         ("40-e", "e"), (".50-f.conf", "f")):
        (directory / "h.conf.d" / name).write_text(f"[mqtt]\ntopic-prefix = {prefix}\n", encoding="utf-8")
    rig.daemon("", arguments=("--config", str(file)))
    port.write(kaifa.Meter(METER).list2().octets)
    watcher.expect(f"c/{METER}/power_active_import")
    assert re.search(r" as hanmqttd-\S+ \(p5, c1, k20\b", broker.said())


def test_drop_in_empties(rig):
    """An empty value in a drop-in brings the default back."""
    broker, port = rig.broker(), rig.port()
    watcher = rig.watch(broker)
    directory = rig.directory("conf")
    (directory / "h.conf").write_text(config(broker.port, port.path, mqtt={"topic-prefix": "main"}),
                                      encoding="utf-8")
    (directory / "h.conf.d").mkdir()
    (directory / "h.conf.d" / "x.conf").write_text("[mqtt]\ntopic-prefix =\n", encoding="utf-8")
    rig.daemon("", arguments=("--config", str(directory / "h.conf")))
    port.write(kaifa.Meter(METER).list2().octets)
    watcher.expect(f"han/{METER}/power_active_import")


def test_section_of_a_mistake(rig):
    """What is wrong with a section as it is, without the key that would say otherwise, is told with its file and line."""
    checked = Checked(rig, "[mqtt]\nhost = x\n\n[meter]\n", {
        "a.conf": "[meter a/b]\ndevice = /dev/a\n",
        "b.conf": "\n[meter a+b]\ndevice = /dev/b\n[meter c]\nbaud = 300\n[meter d]\nlist = auto\n"})
    assert checked.status == 78
    file = checked.path.parent / "hanmqttd.conf.d" / "b.conf"
    assert checked.tells(2, r"\[meter a\+b\] name: ", r"a/b", file=file), checked.errors
    assert checked.tells(6, r"\[meter d\] device: ", r"\[meter c\]", file=file), checked.errors


def test_mistake_in_drop_in(rig):
    """A mistake in a drop-in is told with that file's name and line."""
    checked = Checked(rig, "[mqtt]\nhost = x\n", {"a.conf": "[mqtt]\nhost = y\n", "b.conf": "\n[mqtt]\nport = y\n"})
    assert checked.status == 78
    assert checked.tells(3, r"\[mqtt\] port: ", file=checked.path.parent / "hanmqttd.conf.d" / "b.conf")
    assert not checked.tells(2), "to override is no mistake"


def nobody():
    """What makes a command one of nobody, who may not run programs everywhere, as in root's home."""
    command = ["setpriv", "--reuid=65534", "--clear-groups"]
    if subprocess.run([*command, *HANMQTTD, "--version"], capture_output=True, check=False).returncode != 0:
        pytest.skip("nobody may not run the daemon from where it is")
    return command


def test_drop_in_that_leads_nowhere(rig):
    """A drop-in that is a link to nothing is a mistake."""
    link = rig.directory("conf") / "h.conf.d" / "a.conf"
    link.parent.mkdir()
    link.symlink_to("/nonexistent/a.conf")
    (link.parents[1] / "h.conf").touch()
    done = run("--check", "--config", str(link.parents[1] / "h.conf"))
    assert (done.returncode, done.stderr) == (78, f"{link}: No such file or directory\n")


@pytest.mark.skipif(os.geteuid() != 0 or bool(ROOT), reason="needs root, and a daemon that is not in a root of its own")
def test_drop_ins_that_may_not_be_read(rig):
    """A directory of drop-ins that is closed to the daemon's user is a mistake, like a file that is."""
    path = rig.directory("conf") / "h.conf"
    path.touch()
    path.with_name("h.conf.d").mkdir(mode=0o700)
    for directory in path.parents:
        if directory == rig.base.parent:
            break
        directory.chmod(0o755)
    done = subprocess.run([*nobody(), *HANMQTTD, "--check", "--config", str(path)],
                          capture_output=True, text=True, timeout=PATIENCE, env=environment(), check=False)
    assert (done.returncode, done.stderr) == (78, f"{path}.d: Permission denied\n")


# ---- the command line ----

def run(*arguments):
    return subprocess.run([*HANMQTTD, *arguments], capture_output=True, text=True, timeout=PATIENCE,
                          env=environment(), check=False)


@pytest.mark.parametrize("arguments", [["--nonsense"], ["--config"], ["--config", ""], ["extra"], ["-x"],
                                       ["--check", "extra"]])
def test_usage(arguments):
    """Options that do not exist end with 2 and a hint."""
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stderr.strip()
    assert done.stdout == ""


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["--check", "--config"]])
def test_full_disk(rig, arguments):
    """What cannot be written is told, and is no success."""
    if "--config" in arguments:
        path = rig.directory("check") / "hanmqttd.conf"
        path.write_text("", encoding="ascii")
        arguments = [*arguments, str(path)]
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*HANMQTTD, *arguments], stdout=full, stderr=subprocess.PIPE,
                              env=environment(), timeout=PATIENCE, check=False)
    assert done.returncode == 1
    assert done.stderr == b"hanmqttd: standard output: No space left on device\n"


def test_directory(rig):
    """A directory in place of a file is told as one."""
    path = rig.directory("check")
    done = run("--check", "--config", str(path))
    assert (done.returncode, done.stderr) == (78, f"{path}: Is a directory\n")


def test_file_that_is_not_there():
    """Without the usual file the defaults are right, and --check says that it saw none."""
    if Path(f"{ROOT}/etc/hanmqttd/hanmqttd.conf").exists():
        pytest.skip("/etc/hanmqttd/hanmqttd.conf is there")
    done = run("--check")
    assert done.returncode == 0
    assert done.stdout == "/etc/hanmqttd/hanmqttd.conf: not there; the configuration is valid without it\n"


def test_start_without_the_file():
    """The daemon says so when the usual file is not there, at its start and when it reads it again."""
    private = ["unshare", "--mount", "--map-root-user", "--user"]
    if subprocess.run([*private, "mount", "-t", "tmpfs", "none", "/run"], capture_output=True, check=False).returncode:
        pytest.skip("no mount namespace can be had")
    script = f"""set -e
        mount -t tmpfs none {ROOT}/etc
        mkdir -p {ROOT}/etc/hanmqttd/hanmqttd.conf.d
        printf '[meter]\ndevice = /nonexistent\n[mqtt]\nport = {free_port()}\n[power]\nline = none\n' \
            > {ROOT}/etc/hanmqttd/hanmqttd.conf.d/x.conf
        exec "$@"
        """
    with subprocess.Popen([*private, "sh", "-c", script, "sh", *HANMQTTD], stderr=subprocess.PIPE, text=True,
                          env=environment()) as daemon:
        try:
            said = [daemon.stderr.readline(), daemon.stderr.readline()]
            until("its port", lambda: "/nonexistent" in said[-1] or said.append(daemon.stderr.readline()))
            daemon.send_signal(signal.SIGHUP)
            until("the file", lambda: "read again" in said[-1] or said.append(daemon.stderr.readline()))
            daemon.terminate()
            said += daemon.stderr.readlines()
        finally:
            daemon.kill()
    told = [line for line in said if "/etc/hanmqttd/hanmqttd.conf is not there" in line]
    assert len(told) == 2 and all("notice: " in line for line in told), said
    assert "starting" in said[0] and told[0] == said[1]


def test_help_and_version():
    """--help names every option, --version the version; both end with 0."""
    helped = run("--help")
    assert helped.returncode == 0
    for option in ("--config", "--check", "--forget", "--verbose", "--version", "--help"):
        assert option in helped.stdout
    version = run("--version")
    assert version.returncode == 0
    assert re.search(r"\d+\.\d+", version.stdout)
    assert helped.stderr == version.stderr == ""
