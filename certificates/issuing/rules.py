"""Certificate numbers (电子证照标识, GB/T 36904-2018): made, read and checked. Places in status lists. Pure."""

import re
from dataclasses import dataclass
from typing import Self

from certificates.sealing.schemas import StatusEntry

ROOT_OID = "1.2.156.3005.2"
FIRST_VERSION = "001"
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


def status_entry(slot: int) -> StatusEntry:
    """Which status list a counted slot is in, and which entry of it: one list is filled after the other."""
    number, place = divmod(slot, STATUS_LIST_LENGTH)
    return StatusEntry(list=number, index=place * _STRIDE % STATUS_LIST_LENGTH)
