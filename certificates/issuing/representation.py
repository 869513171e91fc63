"""For whom a person may act, as identity stated it: verified offline, for a few minutes."""

from datetime import datetime
from uuid import UUID

from pydantic import ValidationError

from certificates.issuing.errors import RepresentationNotValid
from shared.contracts.representation import REPRESENTATION_TYPE, RepresentationStatement
from shared.jose import LEEWAY_SECONDS, Keys, NotTrusted, verify_jws


async def represented_by(caller: UUID, statement: str | None, *, keys: Keys, at: datetime) -> frozenset[UUID]:
    """The parties that the caller may act for; nobody where no statement is given.

    Refuses (RepresentationNotValid) a statement that identity did not sign, about somebody else, or out of its time.
    """
    if statement is None:
        return frozenset()
    try:
        claims = await verify_jws(statement, keys=keys, typ=REPRESENTATION_TYPE)
        stated = RepresentationStatement.model_validate(claims)
    except (NotTrusted, ValidationError):
        raise RepresentationNotValid from None
    now = at.timestamp()
    if stated.sub != caller or not stated.iat - LEEWAY_SECONDS <= now <= stated.exp + LEEWAY_SECONDS:
        raise RepresentationNotValid
    return frozenset(stated.may_act_for)
