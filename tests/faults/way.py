"""The way to a broker: a port that can be shut, as if nobody listened there, and whose passengers can be held up."""
import contextlib
import queue
import socket
import threading
import time

from rig import ENDED, free_port

CHUNK = 4096
NARROW, SEGMENT = 16384, 1400  # octets that the kernel keeps for us, as who is held up shall feel it; and in a packet
UNDERWAY = 256  # packets in each direction
CONNACK, PUBLISH, SUBSCRIBE = 0x20, 0x30, 0x80  # types of packets, in their first octet
QOS = 0x06  # of a PUBLISH, there too


def split(octets):
    """The whole packets of MQTT at the beginning, and the rest."""
    packets, start = [], 0
    while True:
        at, length, shift = start + 1, 0, 0
        while at < len(octets) and octets[at] & 0x80:
            length |= (octets[at] & 0x7F) << shift
            at, shift = at + 1, shift + 7
        if at >= len(octets) or (end := at + 1 + (length | octets[at] << shift)) > len(octets):
            return packets, octets[start:]
        packets.append(octets[start:end])
        start = end


class Way:
    """Leads to the port `target`. hold_s delays each octet by so many seconds in each direction, rate lets so many
    octets a second through to the broker, greeting is what is said instead of leading anywhere. customs(there, head)
    is asked of every packet, by its first octet, whether it may pass: yes, no, or None, which ends the connection
    behind it; there are no packets in what is sealed."""

    def __init__(self, target, host="127.0.0.1", sealed=False):
        self.target, self.host, self.sealed = target, host, sealed
        self.port = free_port()
        self.hold_s, self.rate, self.greeting = 0.0, None, None
        self.hangs_up, self.customs = False, None
        self.visits = 0  # connections
        self.listener = None
        self.ends = []
        self.open()

    def open(self):
        """Somebody listens, from now on."""
        self.listener = socket.create_server((self.host, self.port))
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NARROW)
        self.listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def cut(self):
        """The connections end, without the others' goodbye."""
        ends, self.ends = self.ends, []
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def shut(self):
        """Nobody listens any more."""
        listener, self.listener = self.listener, None
        if listener:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
            listener.close()
        self.cut()

    close = shut

    def _accept(self, listener):
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                self.visits += 1
                threading.Thread(target=self._lead, args=(near,), daemon=True).start()

    def _lead(self, near):
        try:
            if self.hangs_up:
                raise OSError
            if self.greeting is not None:
                near.recv(CHUNK)
                near.sendall(self.greeting)
                near.recv(CHUNK)
                raise OSError
            far = socket.create_connection(("127.0.0.1", self.target), 5)
        except OSError:
            near.close()
            return
        for end in (near, far):
            end.settimeout(None)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.ends += [near, far]
        threading.Thread(target=self._carry, args=(far, near, False), daemon=True).start()
        self._carry(near, far, True)

    def _carry(self, source, sink, there):
        """Reads on while octets are held up, as a delay is not a narrow pipe, but not for ever."""
        held, rest = queue.Queue(UNDERWAY), b""
        threading.Thread(target=self._deliver, args=(held, sink), daemon=True).start()
        with contextlib.suppress(OSError):
            while not ENDED.is_set() and (octets := self._read(source, there)):
                packets, rest = ([octets], b"") if self.sealed else split(rest + octets)
                for packet in packets:
                    passes = not self.customs or self.customs(there, packet[0])
                    if passes is not False:
                        held.put((time.monotonic() + self.hold_s, packet))
                    if passes is None:
                        raise OSError
        held.put((0, b""))

    def _read(self, source, there):
        """At the rate of now; what is not read waits in the kernel's buffers, and then in the sender."""
        rate = self.rate
        if not there or rate is None:
            return source.recv(CHUNK)
        time.sleep(0.1)
        return source.recv(min(CHUNK, rate // 10))

    @staticmethod
    def _deliver(held, sink):
        """What comes after the sink's end goes nowhere; so does the rest of a connection that is cut."""
        broken = False
        while True:
            when, octets = held.get()
            time.sleep(max(0, when - time.monotonic()))
            try:
                if not octets:
                    sink.shutdown(socket.SHUT_RDWR)
                elif not broken:
                    sink.sendall(octets)
            except OSError:
                broken = True
            if not octets:
                return
