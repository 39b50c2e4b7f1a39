"""Messages of meters whose lists say what they hold, plain and encrypted, in HDLC frames, M-Bus frames and
P1 telegrams: made from the standards, without the library.
"""
import gcm
from kaifa import LLC, clock, x25

NOTIFICATION = bytes.fromhex("0f40000000")
ENCRYPTED, AUTHENTICATED = 0x20, 0x10
W, VAR, WH, VARH, A, V, NONE = 27, 29, 30, 32, 33, 35, 255


# ---- items ----

def code(obis):
    """"1-0:1.7.0.255" as an octet-string."""
    return b"\x09\x06" + bytes(int(n) for n in obis.replace("-", ".").replace(":", ".").split("."))


def text(value):
    """A visible-string."""
    return b"\x0a" + bytes((len(value),)) + value.encode()


def u32(number):
    return b"\x06" + number.to_bytes(4, "big")


def u16(number):
    return b"\x12" + number.to_bytes(2, "big")


def i16(number):
    return b"\x10" + number.to_bytes(2, "big", signed=True)


def date(when):
    return b"\x09\x0c" + clock(when)


def element(obis, item, scaler=None, unit=NONE):
    """{code, value} or {code, value, {scaler, unit}}."""
    if scaler is None:
        return b"\x02\x02" + code(obis) + item
    return b"\x02\x03" + code(obis) + item + b"\x02\x02\x0f" + scaler.to_bytes(1, "big", signed=True) + \
        b"\x16" + bytes((unit,))


def notification(elements):
    """A data-notification without a time, its body an array."""
    return NOTIFICATION + b"\0\x01" + bytes((len(elements),)) + b"".join(elements)


# ---- around them ----

def length(number):
    if number < 0x80:
        return bytes((number,))
    return b"\x81" + bytes((number,)) if number < 0x100 else b"\x82" + number.to_bytes(2, "big")


def cipher(apdu, key, title, counter, auth_key=None):
    """general-glo-ciphering: with an authentication key a tag of 12 octets, without one none."""
    control = bytes((ENCRYPTED | (AUTHENTICATED if auth_key else 0),))
    iv = title + counter.to_bytes(4, "big")
    hidden, tag = gcm.seal(key, iv, apdu, control + auth_key if auth_key else b"")
    content = control + counter.to_bytes(4, "big") + hidden + (tag[:12] if auth_key else b"")
    return b"\xdb" + length(len(title)) + title + length(len(content)) + content


def hdlc(apdu, address=bytes.fromhex("410883"), control=0x13):
    """One frame, flags included."""
    information = LLC + apdu
    head = (0xA000 | 2 + len(address) + 1 + 2 + len(information) + 2).to_bytes(2, "big") + address
    head += bytes((control,))
    head += x25(head)
    return b"\x7e" + head + information + x25(head + information) + b"\x7e"


def mbus(apdu, size=245):
    """As many long frames as it takes, numbered from 0, the last one marked."""
    pieces = [apdu[n:n + size] for n in range(0, len(apdu), size)]
    frames = []
    for n, piece in enumerate(pieces):
        last = 0x10 if n + 1 == len(pieces) else 0
        content = bytes((0x53, 0xFF, n | last, 0x01, 0x67)) + piece
        frames.append(b"\x68" + bytes((len(content),)) * 2 + b"\x68" + content +
                      bytes((sum(content) & 0xFF, 0x16)))
    return frames


def crc16_arc(octets):
    crc = 0
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


def telegram(*lines, ident="XMX5LGBBFFB231215493"):
    """A P1 telegram with its check sequence."""
    octets = ("\r\n".join((f"/{ident}", "", *lines)) + "\r\n!").encode()
    return octets + f"{crc16_arc(octets):04X}\r\n".encode()
