"""Runs `hantool decode` and reads its JSON with every number as it was spelled."""
import decimal
import json
import subprocess

import kaifa
from measurements import BY_NAME, structural_zeros
from programs import HANTOOL


class Spelled(decimal.Decimal):
    """A number that remembers how it was written."""

    def __new__(cls, text):
        number = super().__new__(cls, text)
        number.text = text
        return number


class Decoded:
    """What one run left: exit status, messages, lines on standard error."""

    def __init__(self, octets, *options):
        run = subprocess.run([*HANTOOL, "decode", *options], input=octets, capture_output=True,
                             timeout=60, check=False)
        self.status = run.returncode
        self.output = run.stdout.decode()
        self.errors = run.stderr.decode().splitlines()

    def messages(self):
        """One object per line of compact output; keys must be sorted and unique."""
        return [json.loads(line, parse_int=Spelled, parse_float=Spelled, object_pairs_hook=_sorted_object)
                for line in self.output.splitlines()]


def _sorted_object(pairs):
    keys = [key for key, _ in pairs]
    assert keys == sorted(set(keys)), f"keys neither sorted nor unique: {keys}"
    return dict(pairs)


def latin1(octets):
    """The seed's way to show octets in a JSON string."""
    return octets.decode("latin-1")


def seed_clock(octets):
    """YYYY-MM-DD HH:MM:SS,hundredths deviation (status), as the seed prints a KFM clock."""
    deviation = int.from_bytes(octets[9:11], "big", signed=True)
    when = kaifa.read_clock(octets).strftime("%Y-%m-%d %H:%M:%S")
    return f"{when},{octets[8]} {deviation} ({octets[11]:b})"


def check_data(data, expected, clock_octets):
    """Nothing missing, nothing extra, every member right. expected: by name, kWh and kvarh."""
    hidden = structural_zeros(expected)
    assert data.keys() == expected.keys()
    for name, value in expected.items():
        said, known = dict(data[name]), BY_NAME[name]
        number = said.pop("value")
        if known.kind == "clock":
            assert number == seed_clock(clock_octets)
        else:
            assert number == value, f"{name}: {number!r}, not {value!r}"
        if isinstance(number, Spelled):
            digits = number.text.partition(".")
            assert not digits[1] or digits[2].rstrip("0") == digits[2] != "", f"{name}: {number.text}"
            assert "e" not in number.text.lower(), f"{name}: {number.text}"
        wanted = {"description": known.description, "obis_code": known.obis}
        if known.tool_unit:
            wanted["unit"] = known.tool_unit
        if name in hidden:
            wanted["structural"] = True
        assert said == wanted, name


def apdu_header(apdu):
    return {"apdu_tag": apdu[:1].hex(), "apdu_invoke_id_and_priority": apdu[1:5].hex()}


def frame_header(parts):
    """The members of `header` for an HDLC frame, with the true bits of its format field."""
    return {
        "hdlc_addr_client": parts["destination"].hex(),
        "hdlc_addr_server": parts["source"].hex(),
        "hdlc_control": parts["control"].hex(),
        "hdlc_fcs": parts["fcs"].hex(),
        "hdlc_frame_format": parts["format"].hex(),
        "hdlc_hcs": parts["hcs"].hex(),
        "hdlc_length": int.from_bytes(parts["format"], "big") & 0x7FF,
        "hdlc_segmentation": parts["format"][0] >> 3 & 1,
        "hdlc_type": parts["format"][0] >> 4,
        "llc_dst_svc_ap": parts["llc"][:1].hex(),
        "llc_src_svc_ap": parts["llc"][1:2].hex(),
        "llc_control": parts["llc"][2:].hex(),
        **apdu_header(parts["apdu"]),
    }


def payload_of(apdu):
    """The member `payload`: the notification's time and the items, octets as the seed shows them."""
    return [latin1(apdu[7:19]),
            [latin1(i) if isinstance(i, bytes) else i for i in kaifa.items_of(apdu[19:])]]
