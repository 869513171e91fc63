"""Statements of whom somebody may act for, as services open them."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from shared.contracts.representation import REPRESENTATION_TYPE, Relation, RepresentationStatement
from shared.jose import SigningKey, StaticKeys
from shared.representation import RepresentationNotValid, open_representation

KEY = SigningKey.generate()
AT = datetime(2026, 3, 11, 12, tzinfo=UTC)
ISSUER = "https://onevisit.test"


def of_a_guardian(wards: int) -> RepresentationStatement:
    guardian, children = uuid4(), [uuid4() for _ in range(wards)]
    now = int(AT.timestamp())
    return RepresentationStatement(
        iss=ISSUER,
        sub=guardian,
        iat=now,
        exp=now + 300,
        may_act_for=(guardian, *children),
        family=tuple(Relation(party=guardian, kind="mother", of=child) for child in children),
        unnumbered=tuple(children),
        regions=dict.fromkeys(children, "330782"),
    )


async def opened(statement: RepresentationStatement) -> RepresentationStatement:
    signed = KEY.sign(statement.model_dump(mode="json"), typ=REPRESENTATION_TYPE)
    keys = StaticKeys(KEY.public_jwk())
    return await open_representation(signed, of=statement.sub, keys=keys, issuer=ISSUER, at=AT)


async def test_who_acts_for_many_is_believed_like_who_acts_for_one() -> None:
    statement = of_a_guardian(wards=120)
    assert await opened(statement) == statement


async def test_what_is_longer_than_any_such_statement_is_not_looked_at() -> None:
    with pytest.raises(RepresentationNotValid):
        await opened(of_a_guardian(wards=300))
