"""Numbers that people and organisations are known by: what is well-formed, and of which type. Pure.

GB 11643-1999 (居民身份证号) and GB 32100-2015 (统一社会信用代码). Counties are abolished and renamed while their people
keep their numbers, so only the province of a number is checked. Nothing here is converted silently.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from identity.parties.errors import NumberNotValid

NumberType = Literal["resident", "residence-permit", "uscc"]
PartyKind = Literal["person", "organisation"]

ADULT_YEARS = 18
EARLIEST_BIRTH_YEAR = 1850
# 11-15, 21-23, ... stand for the provinces of GB/T 2260.
PROVINCES = frozenset(
    str(province)
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71))
    for province in range(first, last + 1)
)
# Residents of Hong Kong, Macao and Taiwan hold a residence permit (居住证) whose number has the same form.
PERMIT_REGIONS = frozenset({"81", "82", "83"})

_DIGITS = frozenset("0123456789")  # not str.isdigit(), which also accepts ٣, ² and full-width digits
_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_RESIDENT_CHECKS = "10X98765432"
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


@dataclass(frozen=True, slots=True)
class IdentityNumber:
    """A checked number in its one canonical spelling. Its representation hides it, so that no log can print it."""

    type: NumberType
    value: str = field(repr=False)


def person_number(text: str, *, today: date, max_age_years: int) -> IdentityNumber:
    """The resident or residence-permit number that this text is; refuses with the first reason that holds.

    `max_age_years` bounds how old its holder can be: older numbers need a person to look at them (人工核验).
    """
    if len(text) == 15 and set(text) <= _DIGITS:
        raise NumberNotValid("old-form", "Numbers of 15 digits are no longer accepted; use the 18 digits on the card.")
    if len(text) != 18:
        raise NumberNotValid("length")
    body, check = text[:17], text[17].upper() if text[17].isascii() else text[17]
    if not set(body) <= _DIGITS or check not in _RESIDENT_CHECKS:
        raise NumberNotValid("characters")
    if body[:2] not in PROVINCES | PERMIT_REGIONS:
        raise NumberNotValid("region")
    if resident_check(body) != check:
        raise NumberNotValid("check-digit")
    _refuse_impossible_birth(body[6:14], today=today, max_age_years=max_age_years)
    return IdentityNumber("residence-permit" if body[:2] in PERMIT_REGIONS else "resident", body + check)


def organisation_number(text: str) -> IdentityNumber:
    """The unified social credit code that this text is; refuses with the first reason that holds."""
    if len(text) != 18:
        raise NumberNotValid("length")
    if not set(text) <= set(_USCC_ALPHABET):
        raise NumberNotValid("characters")
    if uscc_check(text[:17]) != text[17]:
        raise NumberNotValid("check-digit")
    return IdentityNumber("uscc", text)


def number_of(kind: PartyKind, text: str, *, today: date, max_age_years: int) -> IdentityNumber:
    """The number of a party of this kind; refuses text that is none."""
    if kind == "organisation":
        return organisation_number(text)
    return person_number(text, today=today, max_age_years=max_age_years)


def any_number(text: str, *, today: date, max_age_years: int) -> IdentityNumber:
    """A number of either kind. The reason of a refusal is that of the kind the text looks like."""
    try:
        return person_number(text, today=today, max_age_years=max_age_years)
    except NumberNotValid as refusal:
        try:
            return organisation_number(text)
        except NumberNotValid as other:
            looks_personal = set(text[:17]) <= _DIGITS
            raise (refusal if looks_personal else other) from None


def resident_check(body: str) -> str:
    """The check character of 17 digits (ISO 7064 MOD 11-2)."""
    total = sum(weight * int(digit) for weight, digit in zip(_RESIDENT_WEIGHTS, body, strict=True))
    return _RESIDENT_CHECKS[total % 11]


def uscc_check(body: str) -> str:
    """The check character of 17 characters (GB 32100-2015 annex A)."""
    total = sum(weight * _USCC_ALPHABET.index(char) for weight, char in zip(_USCC_WEIGHTS, body, strict=True))
    return _USCC_ALPHABET[-total % 31]


def adult_on(born_on: date) -> date:
    """The birthday on which a person comes of age (Civil Code Art 17); 29 February counts as 1 March."""
    year = born_on.year + ADULT_YEARS
    try:
        return born_on.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def _refuse_impossible_birth(digits: str, *, today: date, max_age_years: int) -> None:
    try:
        born_on = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise NumberNotValid("birth-date") from None
    if born_on.year < EARLIEST_BIRTH_YEAR or born_on > today:
        raise NumberNotValid("birth-date")
    if today.year - born_on.year > max_age_years:
        raise NumberNotValid("age", "This number needs to be checked by a person at a window.")
