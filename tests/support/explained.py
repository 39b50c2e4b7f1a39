"""Reads the page of `hantool explain`."""
import re

ROW = re.compile(r" {0,7}(\d+)  ((?:[0-9a-f]{2} )*[0-9a-f]{2})(?:  .*)?")


def rows(page):
    """Offset and octets of each row of the input; those of messages put together or deciphered (+) are not."""
    for line in page.splitlines():
        match = ROW.fullmatch(line[:57].rstrip())
        if match:
            yield int(match[1]), bytes.fromhex(match[2])


def octets(page):
    """All octets of the input that are on the page; each row must stand at its offset."""
    shown = b""
    for offset, row in rows(page):
        assert offset == len(shown), f"octet {len(shown)} is shown at {offset}"
        shown += row
    return shown
