"""Stating who may act for whom."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from identity.representation import queries, rules
from shared.contracts.representation import Representation, RepresentationStatement


async def state_representations(
    conn: AsyncConnection, *, person: UUID, issuer: str, today: date, at: datetime
) -> tuple[list[Representation], RepresentationStatement]:
    """Whom this person may act for today, and what another service needs to know of their family."""
    kin = await queries.list_kin(conn, person, on=today)
    wards = rules.wards_of(person, kin, on=today)
    family = rules.family_of(person, kin, wards=wards)
    everybody = {person, *wards, *(relation.party for relation in family), *(relation.of for relation in family)}
    regions, unnumbered = await queries.describe(conn, everybody)
    items = [Representation(party=person, role="self", basis=rules.SELF)]
    items += [
        Representation(party=ward, role="child", basis=rules.GUARDIAN, until=until) for ward, until in wards.items()
    ]
    now = int(at.timestamp())
    return items, RepresentationStatement(
        iss=issuer,
        sub=person,
        iat=now,
        exp=now + rules.STATEMENT_SECONDS,
        may_act_for=tuple(item.party for item in items),
        family=family,
        unnumbered=unnumbered,
        regions=regions,
    )
