"""Changes that need not know what they change."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from random import Random

Twist = Callable[[Random, bytes], bytes]


def flip(rng: Random, whole: bytes) -> bytes:
    """One to four bits, anywhere."""
    changed = bytearray(whole)
    for _ in range(rng.randint(1, 4)):
        changed[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def replace(rng: Random, whole: bytes) -> bytes:
    """One byte by another of those that are there: likelier to stay readable."""
    place = rng.randrange(len(whole))
    return whole[:place] + bytes([rng.choice(whole)]) + whole[place + 1 :]


def delete(rng: Random, whole: bytes) -> bytes:
    start = rng.randrange(len(whole))
    return whole[:start] + whole[start + rng.choice((1, 1, 2, 16, 300)) :]


def insert(rng: Random, whole: bytes) -> bytes:
    place = rng.randrange(len(whole) + 1)
    return whole[:place] + _some(rng) + whole[place:]


def repeat(rng: Random, whole: bytes) -> bytes:
    start = rng.randrange(len(whole))
    end = start + rng.choice((1, 2, 8, 64, 1_000))
    return whole[:end] + whole[start:end] + whole[end:]


def swap(rng: Random, whole: bytes) -> bytes:
    """Two stretches change places."""
    length = rng.choice((1, 4, 20, 100))
    first, second = sorted(rng.randrange(max(1, len(whole) - length)) for _ in range(2))
    second = max(second, first + length)
    a, b = whole[first : first + length], whole[second : second + length]
    return whole[:first] + b + whole[first + length : second] + a + whole[second + length :]


def cut(rng: Random, whole: bytes) -> bytes:
    return whole[: rng.choice((rng.randrange(len(whole)), len(whole) - 1, len(whole) // 2))]


def behead(rng: Random, whole: bytes) -> bytes:
    return whole[rng.choice((1, 2, rng.randrange(1, len(whole)))) :]


def append(rng: Random, whole: bytes) -> bytes:
    return whole + _some(rng)


def prepend(rng: Random, whole: bytes) -> bytes:
    return _some(rng) + whole


def twice(rng: Random, whole: bytes) -> bytes:
    return whole + rng.choice((b"", b"\n", b"~", b".")) + whole


def in_base64(rng: Random, whole: bytes) -> bytes:
    """A bit inside of something that is written in base64: it stays well written."""
    start = rng.randrange(max(1, len(whole) - 64)) // 4 * 4
    with suppress(ValueError):
        inside = bytearray(b64decode(whole[start : start + 64], validate=True))
        if inside:
            inside[rng.randrange(len(inside))] ^= 1 << rng.randrange(8)
            return whole[:start] + b64encode(bytes(inside)) + whole[start + 64 :]
    return flip(rng, whole)


def _some(rng: Random) -> bytes:
    known = (b"\n", b"\r\n", b" ", b"\0", b"=", b"~", b".", b"{}", b"%%EOF\n", b"\xef\xbb\xbf", b"PK\x03\x04")
    return rng.choice((rng.choice(known), rng.randbytes(rng.randint(1, 40))))


ANYWHERE: Mapping[str, Twist] = {
    twist.__name__.replace("_", "-"): twist
    for twist in (flip, replace, delete, insert, repeat, swap, cut, behead, append, prepend, twice, in_base64)
}
