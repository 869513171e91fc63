"""Who may act for whom, as identity states it; signed, so that licensing need not ask again."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.schemas import RegionCode, Strict

REPRESENTATION_TYPE = "representation+jwt"
# Some act for many: a guardian, a home's director, an agent of many companies. A child adds about 400 characters.
MAX_STATEMENT = 64 * 1024

Kinship = Literal["mother", "father", "spouse"]


class Relation(Strict):
    """`party` is the `kind` of `of`: (M, mother, C) reads "M is the mother of C"."""

    party: UUID
    kind: Kinship
    of: UUID


class Representation(Strict):
    """One party that the caller may act for."""

    party: UUID
    role: Literal["self", "child", "company"]
    basis: str
    until: date | None = None


class RepresentationStatement(Strict):
    """The claims of the statement. `family` holds spouse, children, and the parents of those children."""

    iss: str
    sub: UUID
    iat: int
    exp: int
    may_act_for: tuple[UUID, ...]
    family: tuple[Relation, ...] = ()
    unnumbered: tuple[UUID, ...] = ()
    regions: dict[UUID, RegionCode] = Field(default_factory=dict)


class Representations(Strict):
    """The answer of `GET /v1/me/representations`."""

    items: list[Representation]
    statement: str
