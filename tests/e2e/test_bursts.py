"""What belongs together travels together: the messages of one reading are one segment on the wire."""
import contextlib
import datetime
import re
import socket
import struct
import threading

import pytest

import kaifa
from rig import ENDED, PATIENCE, until
from test_tls import TlsBroker

METER = "6970631400000016"
DATA_SEGMENTS_IN = 152  # where tcpi_data_segs_in stands in the kernel's struct tcp_info


class Relay(threading.Thread):
    """Stands in front of a broker, passes everything on, and counts the segments that come."""

    def __init__(self, broker):
        super().__init__(daemon=True)
        self.broker = broker
        self.client = None
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        self.start()

    def run(self):
        with contextlib.suppress(OSError):
            self.client, _ = self.door.accept()
            with self.client, socket.create_connection(("127.0.0.1", self.broker.port)) as server:
                server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._pass_on, args=(server, self.client), daemon=True).start()
                self._pass_on(self.client, server)

    @staticmethod
    def _pass_on(source, target):
        with contextlib.suppress(OSError):
            while not ENDED.is_set() and (octets := source.recv(65536)):
                target.sendall(octets)
            target.shutdown(socket.SHUT_RDWR)

    def segments(self):
        """How many with data have come from the daemon."""
        info = self.client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        return struct.unpack_from("=I", info, DATA_SEGMENTS_IN)[0]

    def close(self):
        self.door.close()


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
def test_one_segment(rig, tls):
    """A list 3, some twenty messages, is one segment, and so is a list 1."""
    broker, port, meter = TlsBroker(rig) if tls else rig.broker(), rig.port(), kaifa.Meter(METER)
    plain = broker.plain if tls else broker
    watcher = rig.watch(plain)
    keys = {"tls": "yes", "ca-file": broker.authority.file} if tls else {}
    with contextlib.closing(Relay(broker)) as relay:
        rig.daemon(rig.setting(plain, port, mqtt={"port": relay.port, **keys}))
        meter.when += datetime.timedelta(minutes=1)  # no full hour comes between
        port.write(meter.list3().octets)
        watcher.expect(f"han/{METER}/hourly", timeout=PATIENCE)
        watcher.barrier()

        def reading(message):
            """How many messages and segments it was; again when something else was sent at the same time."""
            while True:
                before, mark = relay.segments(), watcher.mark()
                port.write(message.octets)
                watcher.expect(f"han/{METER}/reading", since=mark)
                watcher.barrier()
                sent = [m.topic for m in watcher.since(mark) if m.topic != watcher.MARKER]
                if not any(re.search("^homeassistant/|/diagnostics/|/hourly$|/info$|^[^/]+/bridge/", t)
                           for t in sent):
                    return len(sent), relay.segments() - before

        # The daemon looks at what the broker keeps of the meter, once.
        until("the end of the look", lambda: f"\than/{METER}/#\n" in plain.said())
        until("quiet", lambda: reading(meter.list1(1))[1] == 1)
        for power in range(5):
            count, segments = reading(meter.list1(power))
            assert count >= 2 and segments == 1, (count, segments)
        for power in range(5):
            count, segments = reading(meter.list3(power_active_import=power))
            assert count >= 15 and segments == 1, (count, segments)
