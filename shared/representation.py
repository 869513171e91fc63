"""For whom a person may act, as identity stated it: verified offline, for a few minutes."""

from datetime import datetime
from uuid import UUID

from pydantic import ValidationError

from shared.contracts.representation import MAX_STATEMENT, REPRESENTATION_TYPE, RepresentationStatement
from shared.errors import NotAllowed
from shared.jose import Keys, NotTrusted, check_claims, verify_jws


class RepresentationNotValid(NotAllowed):
    """The statement of whom the caller may act for is not identity's, is about somebody else, or no longer holds."""

    code = "representation-not-valid"
    title_en = "The statement of whom you may act for does not hold"
    title_zh = "代理关系声明无效"


async def open_representation(
    statement: str, *, of: UUID, keys: Keys, issuer: str, at: datetime
) -> RepresentationStatement:
    """Whom this person may act for. Refuses (RepresentationNotValid) what identity did not sign, just now, of them."""
    try:
        claims = await verify_jws(statement, keys=keys, typ=REPRESENTATION_TYPE, longest=MAX_STATEMENT)
        check_claims(claims, issuer=issuer, audiences=None, at=at)
        stated = RepresentationStatement.model_validate(claims)
    except (NotTrusted, ValidationError):
        raise RepresentationNotValid from None
    if stated.sub != of:
        raise RepresentationNotValid
    return stated
