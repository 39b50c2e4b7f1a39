"""AES-128-GCM as DLMS uses it (NIST SP 800-38D), made to be read: a second hand that knows nothing of the
library's. Slow, and for tests only.
"""


def _table():
    """The S-box (FIPS 197, 5.1.1), made from its definition."""
    logs, powers, value = {}, [], 1
    for n in range(255):
        logs[value], value = n, value ^ value << 1 ^ (0x11B if value & 0x80 else 0)
        value &= 0xFF
    powers = {n: v for v, n in logs.items()}

    def inverse(octet):
        return powers[-logs[octet] % 255] if octet else 0

    def affine(octet):
        turned = octet
        for n in range(1, 5):
            turned ^= octet << n | octet >> 8 - n
        return turned & 0xFF ^ 0x63
    return bytes(affine(inverse(octet)) for octet in range(256))


SBOX = _table()


def _double(octet):
    return (octet << 1 ^ (0x1B if octet & 0x80 else 0)) & 0xFF


def _round_keys(key):
    words = [key[i:i + 4] for i in range(0, 16, 4)]
    constant = 1
    for n in range(4, 44):
        word = words[-1]
        if n % 4 == 0:
            word = bytes(SBOX[octet] for octet in word[1:] + word[:1])
            word = bytes((word[0] ^ constant,)) + word[1:]
            constant = _double(constant)
        words.append(bytes(a ^ b for a, b in zip(words[-4], word)))
    return [b"".join(words[n:n + 4]) for n in range(0, 44, 4)]


def encrypt_block(key, block):
    """AES-128 of one block of 16 octets."""
    keys = _round_keys(key)
    state = bytes(a ^ b for a, b in zip(block, keys[0]))
    for number, round_key in enumerate(keys[1:], 1):
        state = bytes(SBOX[state[(i + 4 * (i % 4)) % 16]] for i in range(16))  # substituted, rows shifted
        if number < 10:
            mixed = []
            for column in (state[i:i + 4] for i in range(0, 16, 4)):
                every = column[0] ^ column[1] ^ column[2] ^ column[3]
                mixed += [column[i] ^ every ^ _double(column[i] ^ column[(i + 1) % 4]) for i in range(4)]
            state = bytes(mixed)
        state = bytes(a ^ b for a, b in zip(state, round_key))
    return state


def _stream(key, iv, text):
    """In counter mode, from counter 2."""
    out = b""
    for n in range(0, len(text), 16):
        pad = encrypt_block(key, iv + (n // 16 + 2).to_bytes(4, "big"))
        out += bytes(a ^ b for a, b in zip(text[n:n + 16], pad))
    return out


def _ghash(secret, octets):
    total = 0
    for n in range(0, len(octets), 16):
        total ^= int.from_bytes(octets[n:n + 16].ljust(16, b"\0"), "big")
        product, factor = 0, secret
        for bit in range(127, -1, -1):
            product ^= factor if total >> bit & 1 else 0
            factor = factor >> 1 ^ (0xE1 << 120 if factor & 1 else 0)
        total = product
    return total.to_bytes(16, "big")


def _padded(octets):
    return octets + bytes(-len(octets) % 16)


def seal(key, iv, text, extra):
    """What the text (encrypted) and the extra (in clear) make: ciphertext and tag of 16 octets."""
    hidden = _stream(key, iv, text)
    secret = int.from_bytes(encrypt_block(key, bytes(16)), "big")
    lengths = (8 * len(extra)).to_bytes(8, "big") + (8 * len(hidden)).to_bytes(8, "big")
    total = _ghash(secret, _padded(extra) + _padded(hidden) + lengths)
    mask = encrypt_block(key, iv + b"\0\0\0\1")
    return hidden, bytes(a ^ b for a, b in zip(total, mask))
