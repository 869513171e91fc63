"""How a certificate shows a number that only identity holds: sealed over a salted digest of it, printed with its help.

The salt is random and nobody but identity can open it: of a digest alone, numbers could be found by trying them all.
"""

from hashlib import sha256
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from shared.schemas import Code, RegionCode, Strict

# Identity gives it to the client of the service that prints, and to no other.
PRINT_SCOPE = "numbers:print"


class NumberSeal(Strict):
    """What a certificate says of the number: `digest` of salt and number, and the salt, which identity closed."""

    digest: Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
    salt: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{16,200}$")]


class NumberSealsOf(Strict):
    """Whose numbers are to be on certificates that are about to be issued."""

    parties: Annotated[list[UUID], Field(min_length=1, max_length=50)]


class PrintNumber(Strict):
    """For which certificate of whom, and who asks for it now: their access token, and by whose leave they act."""

    party: UUID
    certificate: UUID
    issuer: Code
    region: RegionCode
    seal: NumberSeal
    token: Annotated[str, Field(max_length=8192)]
    representation: Annotated[str | None, Field(max_length=8192)] = None


class PrintedNumber(Strict):
    """The number, and the salt in hexadecimal digits, opened."""

    number: str
    salt: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


def number_digest(number: str, salt: str) -> str:
    """The digest that a certificate is sealed over; `salt` in hexadecimal digits."""
    return "sha256:" + sha256(bytes.fromhex(salt) + number.encode()).hexdigest()
