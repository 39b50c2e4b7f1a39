"""The wire between a simulated meter here and the serial port of a machine.

The machine's end of it is there all the time; the meter at the other end is started and stopped, and the
wire can be cut.
"""
import contextlib
import itertools
import os
import select
import threading
import tty

from machine import until
from programs import HANTOOL


class Wire:
    """`send` takes octets for the machine's port, as from `os.write` or `socket.sendall`."""

    def __init__(self, machine, send):
        self._machine = machine
        self._send = send
        self._numbers = itertools.count(1)
        self._process = self._thread = None
        self._stopping = threading.Event()
        machine.ends.callback(self.silence)

    def play(self, *options):
        """A meter that sends at its own pace, from now on: the options of `hantool simulate`."""
        self.silence()
        link = self._machine.directory / f"meter{next(self._numbers)}"
        self._process = self._machine.start(link.name, [*HANTOOL, "simulate", "--link", str(link), *options])
        until("a simulated meter", lambda: self._machine.alive() and link.exists(), 10, pause=0.02)
        self._stopping.clear()
        self._thread = threading.Thread(target=self._carry, args=(link,), daemon=True)
        self._thread.start()

    def silence(self):
        """The meter is gone."""
        if self._thread:
            self._stopping.set()
            self._thread.join(5)
            self._machine.processes[:] = [p for p in self._machine.processes if p[1] is not self._process]
            self._machine.end(self._process)
            self._thread = None

    def _carry(self, link):
        port = os.open(link, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            tty.setraw(port)
            while not self._stopping.is_set():
                if select.select([port], [], [], 0.2)[0]:
                    try:
                        octets = os.read(port, 4096)
                    except OSError:
                        return  # the meter has ended
                    # A machine that is not up, or does not listen, misses it, as on a wire.
                    with contextlib.suppress(OSError):
                        self._send(octets)
        finally:
            os.close(port)
