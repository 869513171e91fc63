"""What a certificate may be sealed over, and its holder's number when a page is made."""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from sqlalchemy.ext.asyncio import AsyncConnection

from identity.printing.errors import NumberNotForCaller, NumberNotHere
from identity.printing.queries import NumberRow, list_numbers
from identity.vault import Vault
from shared.contracts.events import AccessedEvidence, DataAccessed
from shared.contracts.numbers import NumberSeal, PrintedNumber, PrintNumber, number_digest
from shared.ids import new_id
from shared.messaging import outbox
from shared.schemas import Text

_SALT_BYTES: Final = 32
# Shown to the party beside the access, as the law of a duty is.
_BASIS: Final = Text(zh="证照依法载明公民身份号码", en="The certificate shows the identity number by law")


async def seals_of(conn: AsyncConnection, vault: Vault, parties: Sequence[UUID]) -> dict[UUID, NumberSeal]:
    """For each of these parties that has a number, something that a certificate can be sealed over.

    Each time another, so that two certificates of one person do not tell that they are. Nobody learns a number.
    """
    return {row.id: _new_seal(vault, row) for row in await list_numbers(conn, parties)}


async def print_number(
    conn: AsyncConnection, vault: Vault, asked: PrintNumber, *, for_: frozenset[UUID], at: datetime
) -> PrintedNumber:
    """The number that this certificate was sealed over. `data.accessed` says so to its holder.

    Refuses whoever is not the party nor acts for it (NumberNotForCaller), and a seal that is not of the party's number
    (NumberNotHere).
    """
    if asked.party not in for_:
        raise NumberNotForCaller
    rows = await list_numbers(conn, [asked.party])
    if not rows:
        raise NumberNotHere
    number, salt = _number_in(vault, rows[0]), _salt_in(vault, rows[0], asked.seal)
    if number_digest(number, salt) != asked.seal.digest:
        raise NumberNotHere
    accessed = AccessedEvidence(party=asked.party, kind="identity", attributes=("number",), evidence=asked.certificate)
    event = DataAccessed(
        reader=asked.issuer,
        purpose="duty",
        ref=asked.certificate,
        items=(),
        region=asked.region,
        accessed=(accessed,),
        basis=_BASIS,
    )
    await outbox.record(conn, event, subject=new_id(), version=1, region=asked.region, kind="identity", at=at)
    return PrintedNumber(number=number, salt=salt)


def _new_seal(vault: Vault, row: NumberRow) -> NumberSeal:
    salt = secrets.token_hex(_SALT_BYTES)
    # Under the party's own key: when that is destroyed, the digest tells nothing any more.
    closed = vault.seal_for(row.id, row.wrapped_key, salt, purpose="number-salt")
    return NumberSeal(digest=number_digest(_number_in(vault, row), salt), salt=_spelled(closed))


def _number_in(vault: Vault, row: NumberRow) -> str:
    return vault.open_for(row.id, row.wrapped_key, row.sealed, purpose="identity-number")


def _salt_in(vault: Vault, row: NumberRow, seal: NumberSeal) -> str:
    try:
        closed = urlsafe_b64decode(seal.salt + "=" * (-len(seal.salt) % 4))
        return vault.open_for(row.id, row.wrapped_key, closed, purpose="number-salt")
    except (ValueError, InvalidTag):
        raise NumberNotHere from None


def _spelled(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
