"""TLS to the broker: certificates, pre-shared keys, and one clear line for whatever is wrong with them."""
import contextlib
import os
import re
import socket
import subprocess
import time

import pytest

import kaifa
from certificates import Authority
from rig import free_port, until

METER = "6970631400000016"
IDENTITY, PSK = "house", "00112233445566778899aabbccddeeff"
LEVELS = ("error", "warning", "notice", "info")


class TlsBroker:
    """A broker that also listens with TLS: at `port` for those that give no certificate."""

    def __init__(self, rig, name="localhost", extra="", expired=False, by_itself=False, old_authority=False):
        self.authority = Authority(rig.directory("authority") / "a", expired=old_authority)
        if by_itself:
            certificate, key = self.authority.file, self.authority.key
        else:
            certificate, key = self.authority.sign(name, "IP:127.0.0.1" if name == "localhost" else "DNS:x",
                                                   expired=expired)
        self.port = free_port()
        self.files = f"cafile {self.authority.file}\ncertfile {certificate}\nkeyfile {key}\n"
        self.plain = rig.broker(f"listener {self.port} 127.0.0.1\n{self.files}{extra}")


def setting(rig, broker, line, **keys):
    """A configuration with TLS; a key None is left out."""
    keys = {k.replace("_", "-"): v for k, v in keys.items()}
    keys = {"port": broker.port, "tls": "yes", "ca-file": broker.authority.file, **keys}
    return rig.setting(broker.plain, line, mqtt={k: v for k, v in keys.items() if v is not None})


def works(rig, broker, port, message=None):
    watcher = rig.watch(broker.plain)
    message = message or kaifa.Meter(METER).list2()
    port.write(message.octets)
    watcher.expect(f"han/{METER}/power_active_import", "1527")


@pytest.mark.parametrize("keys", [
    {}, {"protocol": "3.1.1"}, {"host": "localhost"},
    {"ca-file": None, "ca-path": "HASHED"}, {"ca-file": None, "system": True},
    {"tls-insecure": "yes"},
], ids=lambda keys: " ".join(f"{k}={v}" for k, v in keys.items()))
def test_certificate(rig, keys):
    """The broker's certificate is checked against a file, a directory or the system's authorities."""
    broker, port, keys = TlsBroker(rig), rig.port(), dict(keys)
    env = {"SSL_CERT_FILE": str(broker.authority.file)} if keys.pop("system", False) else None
    if keys.get("ca-path"):
        keys["ca-path"] = broker.authority.hashed()
    daemon = rig.daemon(setting(rig, broker, port, **keys), env=env)
    works(rig, broker, port)
    daemon.expect_line(f"connected to broker (127.0.0.1|localhost) port {broker.port}")


def test_default_port(rig):
    """With tls = yes the port is 8883 unless the configuration says another."""
    daemon = rig.daemon("[mqtt]\nhost = 127.0.0.1\ntls = yes\n[power]\nline = none\n[meter]\n"
                        "device = /dev/null/none\n")
    daemon.expect_line("broker 127.0.0.1 port 8883: ")


def test_insecure(rig):
    """tls-insecure leaves the name unchecked, and nothing else."""
    broker, port = TlsBroker(rig, "elsewhere.example"), rig.port()
    rig.daemon(setting(rig, broker, port, tls_insecure="yes"))
    works(rig, broker, port)
    other = Authority(rig.directory("other") / "a")
    daemon = rig.daemon(setting(rig, broker, rig.port(), tls_insecure="yes", ca_file=other.file,
                                client_id="second"))
    daemon.expect_line("TLS: ", "signed by nobody that is known here")


@pytest.mark.parametrize("key_as", ["file", "credential"])
def test_client_certificate(rig, key_as):
    """A broker that wants a certificate gets it; the key is a file or systemd's credential mqtt-key."""
    broker, port = TlsBroker(rig, extra="require_certificate true\n"), rig.port()
    certificate, key = broker.authority.sign("meter")
    env = None
    if key_as == "credential":
        key = key.rename(rig.directory("credentials") / "mqtt-key")
        env = {"CREDENTIALS_DIRECTORY": str(key.parent)}
    rig.daemon(setting(rig, broker, port, cert_file=certificate,
                       key_file=None if env else key), env=env)
    works(rig, broker, port)


def psk_broker(rig, listener="psk_hint test\n"):
    """A broker with a key for one identity."""
    broker = TlsBroker(rig)
    keys = rig.directory("psk") / "file"
    keys.write_text(f"{IDENTITY}:{PSK}\n", encoding="ascii")
    broker.port = free_port()
    broker.plain.close()
    broker.plain = rig.broker(f"listener {broker.port} 127.0.0.1\n{listener}psk_file {keys}\n")
    return broker


def secret(rig, text, name="secret", mode=0o600):
    path = rig.directory("secrets") / name
    path.write_text(text, encoding="ascii")
    path.chmod(mode)
    return path


@pytest.mark.parametrize("key_as", ["file", "credential"])
def test_psk(rig, key_as):
    """A pre-shared key, from a file or from systemd's credential mqtt-psk."""
    broker, port = psk_broker(rig), rig.port()
    path = secret(rig, PSK.upper() + "\n", "mqtt-psk")
    env = {"CREDENTIALS_DIRECTORY": str(path.parent)} if key_as == "credential" else None
    rig.daemon(setting(rig, broker, port, ca_file=None, psk_identity=IDENTITY,
                       psk_file=None if env else path), env=env)
    works(rig, broker, port)


# ---- what is wrong ----

def wrong_authority(rig):
    broker = TlsBroker(rig)
    return broker, {"ca-file": Authority(rig.directory("other") / "a", "Another").file}


def no_authority(rig):
    return TlsBroker(rig), {"ca-file": None}


def self_signed(rig):
    return TlsBroker(rig, by_itself=True), {"ca-file": Authority(rig.directory("other") / "a", "Another").file}


def wrong_name(rig):
    return TlsBroker(rig, "elsewhere.example"), {"host": "localhost"}


def wrong_address(rig):
    return TlsBroker(rig, "elsewhere.example"), {"host": "127.0.0.1"}


def expired(rig):
    return TlsBroker(rig, expired=True), {}


def authority_expired(rig):
    return TlsBroker(rig, old_authority=True), {}


def certificate_wanted(rig):
    return TlsBroker(rig, extra="require_certificate true\n"), {}


def certificate_refused(rig):
    broker = TlsBroker(rig, extra="require_certificate true\n")
    certificate, key = Authority(rig.directory("other") / "a", "Another").sign("meter")
    return broker, {"cert-file": certificate, "key-file": key}


def certificate_expired(rig):
    broker = TlsBroker(rig, extra="require_certificate true\n")
    certificate, key = broker.authority.sign("meter", expired=True)
    return broker, {"cert-file": certificate, "key-file": key}


def unknown_identity(rig):
    return psk_broker(rig), {"ca-file": None, "psk-identity": "stranger", "psk-file": secret(rig, PSK)}


def wrong_psk(rig):
    return psk_broker(rig), {"ca-file": None, "psk-identity": IDENTITY, "psk-file": secret(rig, PSK[::-1])}


def no_psk(rig):
    return TlsBroker(rig), {"ca-file": None, "psk-identity": IDENTITY, "psk-file": secret(rig, PSK)}


def psk_wanted(rig):
    return psk_broker(rig), {"ca-file": None}


def plain_port(rig):
    broker = TlsBroker(rig)
    return broker, {"port": broker.plain.port}


def tls_port(rig):
    return TlsBroker(rig), {"tls": "no", "ca-file": None}


def refused_login(rig):
    passwords = rig.directory("passwords") / "file"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "meter", "secret"], check=True,
                   capture_output=True)
    return TlsBroker(rig, extra=f"allow_anonymous false\npassword_file {passwords}\n"), {}


WRONG = {
    wrong_authority: "certificate is signed by nobody that is known here: check ca-file",
    no_authority: "certificate is signed by nobody that is known here: check ca-file",
    self_signed: "signed its certificate itself.* set ca-file to that certificate",
    wrong_name: "certificate is for another name",
    wrong_address: "certificate is not for this address",
    expired: r"the broker's certificate has expired: .*\(20\d\d-",
    authority_expired: r"the certificate of the authority .* has expired: .*\(20\d\d-",
    certificate_wanted: "wants a client's certificate",
    certificate_refused: "does not know who signed this client's certificate",
    certificate_expired: "this client's certificate has expired",
    unknown_identity: "check psk-identity",
    wrong_psk: "check psk-file",
    no_psk: "takes no pre-shared keys",
    psk_wanted: "may want .* a pre-shared key",
    plain_port: "check port and tls",
    tls_port: "tls = yes",
    refused_login: "not authori[sz]ed",
}
UNSURE = (plain_port, tls_port)  # a broker that goes away may look like this: it is tried often


@pytest.mark.background
@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.__name__)
def test_wrong(rig, wrong):
    """What is wrong with TLS or the login is one line that says so and what to do, however often it is
    tried, and what the status shows."""
    broker, keys = wrong(rig)
    port = rig.port()
    daemon = rig.daemon(setting(rig, broker, port, **keys))
    line = daemon.expect_line("broker", WRONG[wrong], levels=("warning",), timeout=15)
    if wrong not in UNSURE:
        assert "in 2 s, then ever less often" in line.text
    daemon.expect_status("broker", WRONG[wrong])

    def attempts():  # mosquitto does not note every connection, but then what was wrong with it
        return len(re.findall("New connection|OpenSSL Error|connection from .* failed", broker.plain.said()))
    before = attempts()
    until("two more attempts", lambda: attempts() >= before + 2, 15)
    lines = daemon.lines(r"mqtt:", levels=LEVELS)
    assert len(lines) == 1, [str(line) for line in lines]
    status, seconds = daemon.stop()
    assert status == 0 and seconds < 2


@pytest.mark.background
def test_pauses_grow(rig):
    """A refused certificate is tried again after 2 s, 4 s, 8 s, and at once after a reload, which begins with 2 s
    again even when nothing has changed; one with the right certificate is enough."""
    broker, keys = wrong_authority(rig)
    port = rig.port()
    daemon = rig.daemon(setting(rig, broker, port, **keys) + "[log]\nlevel = debug\n")
    lines = [daemon.expect_line(f"the next attempt comes in {ms} ms", timeout=15) for ms in (2000, 4000, 8000)]
    first, second = lines[1].time - lines[0].time, lines[2].time - lines[1].time
    assert first > 1 and second > 2.5, (first, second)  # a line may be read late, and the next one not
    mark = daemon.log.mark()
    daemon.reload()
    daemon.expect_line("signed by nobody", since=mark, timeout=4)  # the pause is one of 8 s
    daemon.expect_line("the next attempt comes in 2000 ms", since=mark)
    daemon.reload(setting(rig, broker, port))
    works(rig, broker, port)


def test_renewed_files(rig):
    """A reload sees that a file has another content, though its name is the same."""
    broker, port = TlsBroker(rig), rig.port()
    file = rig.directory("ca") / "authority.pem"
    file.write_bytes(Authority(rig.directory("other") / "a").file.read_bytes())
    text = setting(rig, broker, port, ca_file=file)
    daemon = rig.daemon(text)
    daemon.expect_line("signed by nobody")
    file.write_bytes(broker.authority.file.read_bytes())
    daemon.reload(text)
    works(rig, broker, port)
    mark = daemon.log.mark()
    daemon.reload(text)
    assert not daemon.lines("mqtt: connected", since=mark), "nothing had changed"


def test_broken_at_run_time(rig):
    """A file that goes wrong while the daemon runs is told when it is needed next."""
    broker, port = TlsBroker(rig), rig.port()
    file = rig.directory("ca") / "authority.pem"
    file.write_bytes(broker.authority.file.read_bytes())
    daemon = rig.daemon(setting(rig, broker, port, ca_file=file))
    works(rig, broker, port)
    file.write_text("nothing\n", encoding="ascii")
    broker.plain.kill()
    daemon.expect_line("TLS: ca-file: ", "holds no certificate")


def test_killed_and_restarted(rig):
    """The return of a broker with TLS is as quick as that of one without."""
    broker, port = TlsBroker(rig), rig.port()
    rig.daemon(setting(rig, broker, port))
    works(rig, broker, port)
    broker.plain.kill()
    broker.plain.start()
    start = time.monotonic()
    until("everything", lambda: f"han/{METER}/power_active_import" in broker.plain.retained(), 5)
    assert time.monotonic() - start < 5


@pytest.mark.background
@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_same_client_id(rig, protocol):
    """Two daemons with one client-id do not throw each other out for ever: each says so once, whether the
    broker tells them (mosquitto 2.0.12 and later, MQTT 5) or they have to guess, and waits longer and longer."""
    broker = rig.broker()
    keys = {"client-id": "twin", "protocol": protocol}
    daemons = [rig.daemon(rig.setting(broker, rig.port(), mqtt=keys)) for _ in range(2)]
    for daemon in daemons:
        daemon.expect_line("same client-id", levels=("warning",), timeout=40)
    count = broker.said().count("as twin")
    until("a few rounds more", lambda: broker.said().count("as twin") >= count + 3, 40)
    for daemon in daemons:
        lines = daemon.lines("mqtt:", levels=LEVELS)
        assert len(lines) <= 5, [str(line) for line in lines]
    assert broker.said().count("as twin") < 30


def test_no_tls_secret_is_told(rig):
    """Neither the pre-shared key nor a client's key stands in the log, at no level."""
    broker, port = psk_broker(rig), rig.port()
    daemon = rig.daemon(setting(rig, broker, port, ca_file=None, psk_identity=IDENTITY,
                                psk_file=secret(rig, PSK), client_id="x") + "[log]\nlevel = debug\n")
    works(rig, broker, port)
    daemon.stop()
    assert not daemon.lines(PSK)


# ---- an answer that is none ----

def test_foreign_answer(rig):
    """A port where something else answers, with TLS and without: one line says what it is not."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(8)
        for tls, words in (("no", "does not speak MQTT"), ("yes", "check port and tls")):
            port = rig.port()
            keys = {"port": door.getsockname()[1], "tls": tls}
            daemon = rig.daemon(rig.setting(rig.broker(running=False), port, mqtt=keys))
            client, _ = door.accept()
            with client, contextlib.suppress(OSError):
                client.recv(1000)
                client.sendall(b"SSH-2.0-OpenSSH_9.2\r\n" * 20)
                daemon.expect_line(words)
            os.kill(daemon.pid, 0)
            daemon.stop()


def test_foreign_answer_ends(rig):
    """One that says a line or two and hangs up, amid what would be a packet."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(8)
        daemon = rig.daemon(rig.setting(rig.broker(running=False), rig.port(), mqtt={"port": door.getsockname()[1]}))
        client, _ = door.accept()
        with client:
            client.recv(1000)
            client.sendall(b"SSH-2.0-OpenSSH_9.2\r\nInvalid SSH identification string.\r\n")
        daemon.expect_line("does not speak MQTT", levels=("warning",))
