"""The files and keys for TLS: what is wrong with them is a mistake of the configuration, told with its line."""
import os
import subprocess

import pytest

from certificates import Authority
from programs import ROOT
from test_configuration import Checked, nobody

PSK = "00112233445566778899aabbccddeeff"


class Files:
    """One of each, all good."""

    def __init__(self, rig):
        self.directory = rig.directory("tls")
        self.authority = Authority(self.directory / "a")
        self.ca = self.authority.file
        self.cert, self.key = self.authority.sign("meter")
        _, self.other_key = self.authority.sign("other")
        self.psk = self.write("psk", PSK + "\n")
        self.readable = self.write("readable", self.key.read_text(encoding="ascii"), 0o644)
        self.nonsense = self.write("nonsense", "nothing of the kind\n")
        self.empty = self.directory / "empty"
        self.empty.mkdir()
        self.absent = self.directory / "absent"
        self.encrypted = self.write("encrypted", "")
        subprocess.run(["openssl", "pkey", "-in", self.key, "-aes256", "-passout", "pass:x", "-out",
                        self.encrypted], check=True, capture_output=True)
        self.hashed = self.authority.hashed()

    def write(self, name, text, mode=0o600):
        path = self.directory / name
        path.write_text(text, encoding="ascii")
        path.chmod(mode)
        return path


@pytest.mark.parametrize("keys", [
    "ca-file = {ca}", "ca-path = {hashed}", "ca-file = {ca}\nca-path = {hashed}", "",
    "ca-file = {ca}\ncert-file = {cert}\nkey-file = {key}", "cert-file = {cert}\nkey-file = {key}",
    "psk-identity = me\npsk-file = {psk}", "tls-insecure = yes", "port = 1883",
])
def test_right(rig, keys):
    """What the manual allows passes."""
    checked = Checked(rig, "[mqtt]\ntls = yes\n" + keys.format(**vars(Files(rig))) + "\n")
    assert checked.status == 0, checked.errors


# The keys, the one that is told (in its line, or none when it is not set), and what is told of it.
WRONG = [
    ("ca-file = {absent}", "ca-file", "No such file"),
    ("ca-file = {nonsense}", "ca-file", "holds no certificate"),
    ("ca-file = {empty}", "ca-file", "holds no certificate"),
    ("ca-path = {absent}", "ca-path", "No such file"),
    ("ca-path = {empty}", "ca-path", "openssl rehash"),
    ("ca-path = {ca}", "ca-path", "Not a directory"),
    ("cert-file = {cert}", "cert-file", "no key for it; accepted: with key-file, .* credential mqtt-key"),
    ("key-file = {key}", "key-file", "no cert-file"),
    ("cert-file = {absent}\nkey-file = {key}", "cert-file", "No such file"),
    ("cert-file = {nonsense}\nkey-file = {key}", "cert-file", "holds no certificate"),
    ("cert-file = {cert}\nkey-file = {absent}", "key-file", "No such file"),
    ("cert-file = {cert}\nkey-file = {nonsense}", "key-file", "holds no key"),
    ("cert-file = {cert}\nkey-file = {readable}", "key-file", "everybody may read it"),
    ("cert-file = {cert}\nkey-file = {encrypted}", "key-file", "is encrypted; accepted: one without a passphrase"),
    ("cert-file = {cert}\nkey-file = {other_key}", "key-file", "is not the key of the certificate"),
    ("cert-file = meter.pem\nkey-file = {key}", "cert-file", "begins with /"),
    ("psk-identity = me", "psk-identity", "no key for it; accepted: with psk-file, .* credential mqtt-psk"),
    ("psk-file = {psk}", "psk-file", "no psk-identity"),
    ("psk-identity = me\npsk-file = {absent}", "psk-file", "No such file"),
    ("psk-identity = me\npsk-file = {nonsense}", "psk-file", "hex digits"),
    ("psk-identity = me\npsk-file = {readable}", "psk-file", "everybody may read it"),
    (f"psk-identity = {'x' * 128}\npsk-file = {{psk}}", "psk-identity", "at most 127"),
    ("psk-identity = me\npsk-file = {psk}\nca-file = {ca}", "ca-file", "psk-identity is set too"),
    ("psk-identity = me\npsk-file = {psk}\nca-path = {hashed}", "ca-path", "psk-identity is set too"),
    ("psk-file = {psk}\ncert-file = {cert}", "cert-file", "psk-file is set too"),
    ("psk-identity = me\npsk-file = {psk}\ntls-insecure = yes", "tls-insecure", "psk-identity is set too"),
]


def test_wrong(rig):
    """Each mistake names file, line and key, and what is accepted."""
    files = vars(Files(rig))
    for keys, key, says in WRONG:
        text = "[mqtt]\ntls = yes\n" + keys.format(**files) + "\n"
        line = next(n for n, written in enumerate(text.splitlines(), 1) if written.startswith(key + " "))
        checked = Checked(rig, text)
        assert checked.status == 78, (keys, checked.errors)
        assert checked.tells(line, rf"\[mqtt\] {key}: ", says), (keys, checked.errors)
        assert PSK not in checked.errors and "PRIVATE KEY" not in checked.errors


@pytest.mark.parametrize("keys", ["ca-file = {ca}", "ca-path = {hashed}", "cert-file = {cert}", "key-file = {key}",
                                  "psk-identity = me", "psk-file = {psk}", "tls-insecure = yes"])
def test_without_tls(rig, keys):
    """A key for TLS without tls = yes would be in vain: it is refused."""
    checked = Checked(rig, "[mqtt]\n" + keys.format(**vars(Files(rig))) + "\n")
    assert checked.status == 78
    assert checked.tells(2, keys.split(" ", 1)[0], "tls is off"), checked.errors


@pytest.mark.parametrize("digits, good", [(2, True), (512, True), (514, False), (3, False), (0, False)])
def test_psk_length(rig, digits, good):
    """An even number of hex digits, at most 512."""
    path = Files(rig).write("digits", "a" * digits + "\n")
    checked = Checked(rig, f"[mqtt]\ntls = yes\npsk-identity = me\npsk-file = {path}\n")
    assert checked.status == (0 if good else 78), checked.errors


@pytest.mark.skipif(os.geteuid() != 0 or bool(ROOT), reason="needs root, and a daemon that is not in a root of its own")
def test_not_for_the_daemon(rig):
    """A key that the daemon's user may not read is told at the start, with what the kernel says."""
    files = Files(rig)
    text = f"[mqtt]\ntls = yes\ncert-file = {files.cert}\nkey-file = {files.key}\n[power]\nline = none\n"
    for path in (rig.base, files.directory, files.directory / "a"):
        path.chmod(0o755)
    files.cert.chmod(0o644)
    daemon = rig.daemon(text, wrap=nobody(), ready=False)
    assert daemon.ended() == 78
    daemon.expect_line(r":4: \[mqtt\] key-file: ", "Permission denied")
