"""Which lists of divisions can be right. Pure.

A code is province, city, county: two digits each (GB/T 2260). Counties of the four municipalities, and those that a
province administers by itself (90), need no city above them.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Literal

from identity.parties.rules import PERMIT_REGIONS, PROVINCES

Reason = Literal["twice", "no-such-province", "province-missing", "city-missing"]
MUNICIPALITIES = frozenset({"11", "12", "31", "50"})
OF_THE_PROVINCE = "90"


def contradictions(codes: Collection[str], *, known: Collection[str]) -> list[tuple[str, Reason]]:
    """Codes that cannot be right, each with why, by code. `known`: those that were loaded before."""
    there = {*codes, *known}
    twice: list[tuple[str, Reason]] = [(code, "twice") for code, times in Counter(codes).items() if times > 1]
    return sorted(twice + [(code, why) for code in {*codes} for why in _faults(code, there)])


def province_of(code: str) -> str:
    """The code of the province that it is in."""
    return f"{code[:2]}0000"


def city_of(code: str) -> str:
    """The code of the city that it is in."""
    return f"{code[:4]}00"


def range_within(code: str) -> tuple[str, str]:
    """The lowest and the highest code that lie in a region, itself included."""
    prefix = code[:2] if code.endswith("0000") else code[:4] if code.endswith("00") else code
    return prefix.ljust(6, "0"), prefix.ljust(6, "9")


def _faults(code: str, there: Collection[str]) -> Iterator[Reason]:
    if code[:2] not in PROVINCES | PERMIT_REGIONS:
        yield "no-such-province"
    elif province_of(code) not in there:
        yield "province-missing"
    elif code[:2] not in MUNICIPALITIES and code[2:4] != OF_THE_PROVINCE and city_of(code) not in there:
        yield "city-missing"
