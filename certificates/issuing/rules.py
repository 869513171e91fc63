"""Certificate numbers (电子证照标识, GB/T 36904-2018): made, read and checked. What a new version says. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Self

from pydantic import JsonValue

from certificates.issuing.errors import ClaimsNotValid, NothingChanged, TermNotFitting
from certificates.issuing.model import Certificate, State
from certificates.sealing.schemas import StatusEntry
from shared.clock import years_later
from shared.evidence.vocabulary import Vocabulary

ROOT_OID = "1.2.156.3005.2"
FIRST_VERSION = "001"
LAST_VERSION = "999"
# Nothing is certified for longer than people live.
LONGEST_YEARS: Final = 100
STATUS_LIST_LENGTH = 2**17
# Odd, so that every place is met once; far from 1, so that neighbours in time are no neighbours in the list.
_STRIDE = 81_173

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# The issuer is a credit code; numbers issued elsewhere also carry a six-digit region there (DOMAIN 4.2).
_FORM = re.compile(
    rf"{re.escape(ROOT_OID)}\.(?P<type_code>[0-9A-Z]{{21}})\.(?P<issuer>[0-9A-Z]{{18}}|[0-9]{{6}})"
    r"\.(?P<serial>[0-9A-Z]{1,32})\.(?P<version>[0-9]{3})\.(?P<check>[0-9A-Z])",
    re.ASCII,
)


def check_character(body: str) -> str:
    """ISO 7064 MOD 37,36 over characters 0-9 and A-Z."""
    product = 36
    for char in body:
        product = (product + _ALPHABET.index(char)) % 36 or 36
        product = product * 2 % 37
    return _ALPHABET[(37 - product) % 36]


@dataclass(frozen=True, slots=True)
class CertificateNumber:
    """A number in its parts. `agrees` tells whether its check character does."""

    type_code: str
    issuer: str
    serial: str
    version: str
    check: str

    @classmethod
    def compose(cls, *, type_code: str, issuer: str, serial: str, version: str = FIRST_VERSION) -> Self:
        """The number of a certificate that we issue. Refuses (ValueError) parts that GB/T 36904 does not allow."""
        check = check_character(type_code + issuer + serial + version)
        return cls.parse(f"{ROOT_OID}.{type_code}.{issuer}.{serial}.{version}.{check}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a number by its form alone. Refuses (ValueError) what has another form, never for the check character:

        numbers are in circulation whose check character was computed differently, and their seal decides (DOMAIN 4.2).
        """
        parts = _FORM.fullmatch(text)
        if parts is None:
            raise ValueError("not a certificate number")
        return cls(**parts.groupdict())

    @property
    def agrees(self) -> bool:
        return self.check == check_character(self.type_code + self.issuer + self.serial + self.version)

    def __str__(self) -> str:
        return f"{ROOT_OID}.{self.type_code}.{self.issuer}.{self.serial}.{self.version}.{self.check}"


def number_after(before: str | None, *, type_code: str, issuer: str, serial: str) -> CertificateNumber:
    """The number of a new certificate: the next version of the one before, where there is one of this type and issuer.

    Else, and after the last version, the first of this `serial`.
    """
    if before is not None:
        old = CertificateNumber.parse(before)
        if (old.type_code, old.issuer) == (type_code, issuer) and old.version != LAST_VERSION:
            version = f"{int(old.version) + 1:03}"
            return CertificateNumber.compose(type_code=type_code, issuer=issuer, serial=old.serial, version=version)
    return CertificateNumber.compose(type_code=type_code, issuer=issuer, serial=serial)


def renewed_until(held: Certificate, given: date | None, *, today: date) -> date | None:
    """The last day of the renewed certificate: as given, else after the same term again; None where it has no end.

    Refuses (TermNotFitting) a day that is past, not later than the end of the one before, or beyond a lifetime.
    """
    until = _same_term_again(held) if given is None else given
    if until is None:
        return None
    latest = years_later(today, LONGEST_YEARS)
    earliest = today if held.valid_until is None else max(today, held.valid_until)
    if not earliest <= until <= latest or until == held.valid_until:
        raise TermNotFitting(after=earliest.isoformat(), latest=latest.isoformat())
    return until


def _same_term_again(held: Certificate) -> date | None:
    if held.valid_until is None:
        return None
    years = held.valid_until.year - held.valid_from.year
    # A term of whole years ends on the same day of the year, whatever leap days lie in it.
    return years_later(held.valid_until, years) + (held.valid_until - years_later(held.valid_from, years))


def changed_claims(
    held: Certificate, changes: Mapping[str, JsonValue], *, vocabulary: Vocabulary
) -> dict[str, JsonValue]:
    """What the certificate says with these changes. Refuses (ClaimsNotValid) what its kind does not hold, and

    (NothingChanged) what it says already.
    """
    kind = vocabulary.kinds.get(held.kind)
    if kind is None:
        raise ClaimsNotValid(errors=[{"pointer": "/body/claims", "reason": "the catalogue has no such kind now"}])
    if errors := vocabulary.faults(kind, changes):
        raise ClaimsNotValid(errors=errors)
    said = {**held.claims, **changes}
    if said == held.claims:
        raise NothingChanged
    return said


def is_in_force(certificate: Certificate, *, day: date) -> bool:
    """Whether it may be used on this day: it is valid, and the day lies in its term, both ends included."""
    over = certificate.valid_until is not None and day > certificate.valid_until
    return certificate.state is State.VALID and certificate.valid_from <= day and not over


def status_entry(slot: int) -> StatusEntry:
    """Which status list a counted slot is in, and which entry of it: one list is filled after the other."""
    number, place = divmod(slot, STATUS_LIST_LENGTH)
    return StatusEntry(list=number, index=place * _STRIDE % STATUS_LIST_LENGTH)
