"""Messages of Kaifa meters (KFM_001), made and read: a second hand that knows nothing of the library's.

A message is a dict of measurement names to what stands on the wire: numbers in W, var, mA, 0.1 V, Wh and
varh, texts, and a datetime.
"""
import datetime
import decimal

from measurements import BY_NAME, structural_zeros

NORWAY = bytes.fromhex("010201")
SWEDEN = bytes.fromhex("010001")
LLC = bytes.fromhex("e6e700")
NOTIFICATION = bytes.fromhex("0f40000000")

HEAD = ("obis_version", "meter_id", "meter_type",
        "power_active_import", "power_active_export", "power_reactive_import", "power_reactive_export")
PHASE = ("phase_current_l1", "phase_voltage_l1")
PHASES = tuple(f"phase_{what}_l{n}" for what in ("current", "voltage") for n in (1, 2, 3))
HOUR = ("meter_timestamp", "energy_active_cum_import", "energy_active_cum_export",
        "energy_reactive_cum_import", "energy_reactive_cum_export")
LISTS = {
    "kaifa-list1": ("power_active_import",),
    "kaifa-list2-1ph": HEAD + PHASE,
    "kaifa-list2-3ph": HEAD + PHASES,
    "kaifa-list3-1ph": HEAD + PHASE + HOUR,
    "kaifa-list3-3ph": HEAD + PHASES + HOUR,
}


def x25(data):
    """The check sequence of HDLC, CRC-16/X-25, as it is sent: low octet first."""
    crc = 0xFFFF
    for octet in data:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ (0x8408 if crc & 1 else 0)
    return (crc ^ 0xFFFF).to_bytes(2, "little")


def frame(apdu, address=NORWAY):
    """The APDU in an HDLC frame, flags included."""
    information = LLC + apdu
    head = address + b"\x10"
    length = 2 + len(head) + 2 + len(information) + 2
    head = (0xA000 | length).to_bytes(2, "big") + head
    head += x25(head)
    return b"\x7e" + head + information + x25(head + information) + b"\x7e"


def clock(when):
    """Twelve octets: local time, hundredths and deviation unspecified."""
    return when.year.to_bytes(2, "big") + bytes((
        when.month, when.day, when.isoweekday(), when.hour, when.minute, when.second,
        0xFF, 0x80, 0x00, 0x00))


def item(name, value):
    if isinstance(value, datetime.datetime):
        return b"\x09\x0c" + clock(value)
    if isinstance(value, str):
        return b"\x09" + bytes((len(value),)) + value.encode()
    if name.startswith("energy_") and value > 0xFFFFFFFF:
        return b"\x15" + value.to_bytes(8, "big")
    return b"\x06" + value.to_bytes(4, "big")


def apdu(values, when):
    """The values in their own order."""
    body = b"".join(item(name, value) for name, value in values.items())
    return NOTIFICATION + b"\x09\x0c" + clock(when) + b"\x02" + bytes((len(values),)) + body


class Message:
    """One message: its octets and what it says."""

    def __init__(self, octets, list_name, when, values):
        self.octets = octets
        self.list = list_name
        self.when = when
        self.values = values

    def published(self):
        """What stands on the topics of the measurements, by name."""
        return published(self.values)


def published(values):
    hidden = structural_zeros(values)
    return {name: text_of(name, value) for name, value in values.items() if name not in hidden}


def text_of(name, value):
    """As MQTT has it: all decimals of the list, the clock with its offset from UTC."""
    if isinstance(value, datetime.datetime):
        return value.astimezone().isoformat()
    if isinstance(value, str):
        return value
    return str(decimal.Decimal(value).scaleb(-BY_NAME[name].decimals))


class Meter:
    """Makes the messages of one meter; what is not said stays as it was."""

    def __init__(self, meter_id="6970631400000016", meter_type="MA304H4", phases=3, address=NORWAY, **values):
        self.phases = phases
        self.address = address
        self.when = datetime.datetime(2026, 1, 15, 13, 59, 50)
        self.values = {
            "obis_version": "KFM_001", "meter_id": meter_id, "meter_type": meter_type,
            "power_active_import": 1527, "power_active_export": 0,
            "power_reactive_import": 0, "power_reactive_export": 143,
            "phase_current_l1": 4218, "phase_current_l2": 1902, "phase_current_l3": 0,
            "phase_voltage_l1": 2314, "phase_voltage_l2": 2309, "phase_voltage_l3": 2320,
            "energy_active_cum_import": 48211337, "energy_active_cum_export": 0,
            "energy_reactive_cum_import": 311820, "energy_reactive_cum_export": 9120004,
        }
        self.values.update(values)

    def _message(self, name, values):
        self.values.update(values)
        self.when += datetime.timedelta(seconds=2)
        known = {**self.values, "meter_timestamp": self.when}
        said = {key: known[key] for key in LISTS[name]}
        return Message(frame(apdu(said, self.when), self.address), name, self.when, said)

    def list1(self, power, **values):
        return self._message("kaifa-list1", {"power_active_import": power, **values})

    def list2(self, **values):
        return self._message(f"kaifa-list2-{self.phases}ph", values)

    def list3(self, **values):
        return self._message(f"kaifa-list3-{self.phases}ph", values)


def split(octets):
    """The frames of a clean stream, and what is left of an unfinished one."""
    frames = []
    while len(octets) > 3:
        assert octets[0] == 0x7E, f"no flag in front of {octets[:8].hex()}"
        end = 2 + ((octets[1] & 0x07) << 8 | octets[2])
        if len(octets) < end:
            break
        assert octets[end - 1] == 0x7E, f"no flag behind {octets[:end].hex()}"
        frames.append(octets[:end])
        octets = octets[end:]
    return frames, octets


def read_clock(octets):
    return datetime.datetime(int.from_bytes(octets[:2], "big"), octets[2], octets[3], *octets[5:8])


def unwrap(octets):
    """The parts of a frame whose checks agree."""
    inner = octets[1:-1]
    assert octets[0] == octets[-1] == 0x7E and inner[0] >> 4 == 0xA, "not a frame"
    assert len(inner) == (inner[0] & 0x07) << 8 | inner[1], "another length than announced"
    at = 2  # two addresses, each to the first octet with its lowest bit set
    addresses = []
    for _ in range(2):
        start = at
        while not inner[at] & 1:
            at += 1
        at += 1
        addresses.append(inner[start:at])
    assert inner[at + 1:at + 3] == x25(inner[:at + 1]), "wrong HCS"
    assert inner[-2:] == x25(inner[:-2]), "wrong FCS"
    return {"format": inner[:2], "destination": addresses[0], "source": addresses[1],
            "control": inner[at:at + 1], "hcs": inner[at + 1:at + 3], "fcs": inner[-2:],
            "llc": inner[at + 3:at + 6], "apdu": inner[at + 6:-2]}


def items_of(body):
    """The items of a structure: numbers and octets."""
    assert body[0] == 0x02, "no structure"
    items, at = [], 2
    for _ in range(body[1]):
        tag = body[at]
        if tag == 0x09:
            size, at = body[at + 1], at + 1
            items.append(body[at + 1:at + 1 + size])
        else:
            size = {0x06: 4, 0x15: 8}[tag]
            items.append(int.from_bytes(body[at + 1:at + 1 + size], "big"))
        at += 1 + size
    assert at == len(body), "octets behind the structure"
    return items


def read_apdu(octets):
    """A Message; its octets are the APDU alone."""
    assert octets[0] == 0x0F and octets[5:7] == b"\x09\x0c", "no notification with a time"
    items = items_of(octets[19:])
    name = {len(names): name for name, names in LISTS.items()}[len(items)]
    values = {}
    for key, value in zip(LISTS[name], items):
        if key == "meter_timestamp":
            value = read_clock(value)
        values[key] = value.decode() if isinstance(value, bytes) else value
    return Message(octets, name, read_clock(octets[7:19]), values)


def read(octets):
    """A Message from a frame."""
    message = read_apdu(unwrap(octets)["apdu"])
    message.octets = octets
    return message
