"""What goes wrong with TLS while the daemon runs."""
import random
import shutil
import signal

import pytest

from certificates import Authority
from rig import pause, until
from row import Row, given
from scene import Scene
from test_tls import TlsBroker

SECONDS = 30  # the rows wait together
LASTING = given("SECONDS", 4)  # seconds that a fault takes, where it may take long
DICE = random.Random(given("SEED", 1))
NEXT = 4 + LASTING  # seconds to the next attempt, at most: pauses grow, as people have to mend this


def scene(rig):
    """With files of its own that the broker reads again at SIGHUP."""
    secure = TlsBroker(rig)
    s = Scene(rig, broker=secure.plain, target=secure.port, tls="yes", ca_file=secure.authority.file)
    return s, secure


def use(secure, certificate, key):
    """The broker has another certificate from now on, and drops its guests."""
    for name, file in (("certfile", certificate), ("keyfile", key)):
        shutil.copyfile(file, secure.files.split(f"{name} ")[1].split("\n")[0])
    secure.plain.process.send_signal(signal.SIGHUP)


@pytest.mark.background
@pytest.mark.parametrize("name, greeting", [
    ("SSH", b"SSH-2.0-OpenSSH_9.2\r\n" * 20), ("HTTP", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    ("noise", DICE.randbytes(1000)), ("a damaged ServerHello", b"\x16\x03\x03\x00\x64\x02\x00\x00\x60" +
                                      DICE.randbytes(96))], ids=["SSH", "HTTP", "noise", "hello"])
def test_garbage(rig, name, greeting):
    """Something else answers on the port for TLS."""
    s, _ = scene(rig)
    with Row(f"TLS: {name} is the answer", s.daemon, "TLS: ", "connected to broker",
             within=NEXT, loud=2) as row:
        s.way.greeting = greeting
        s.way.cut()
        row.told()
        pause(LASTING)
        s.way.greeting = None
        row.over()
        s.finish(row)


@pytest.mark.background
@pytest.mark.parametrize("wrong, words", [("expired", "the broker's certificate has expired"),
                                          ("another's", "signed by nobody that is known here")])
def test_certificate(rig, wrong, words):
    """The broker's certificate has expired, or is signed by somebody else; then it is renewed."""
    s, secure = scene(rig)
    other = Authority(rig.directory("other") / "a", "Another")
    signer = secure.authority if wrong == "expired" else other
    with Row(f"TLS: the certificate is {wrong}", s.daemon, words, "connected to broker", within=NEXT, loud=2) as row:
        use(secure, *signer.sign("localhost", "IP:127.0.0.1", expired=wrong == "expired"))
        until("reloaded", lambda: "Reloading config" in s.broker.said())
        s.way.cut()
        row.told()
        pause(LASTING)
        use(secure, *secure.authority.sign("localhost", "IP:127.0.0.1"))
        row.over()
        s.finish(row)
