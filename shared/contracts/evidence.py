"""Asking a source for what it holds about a party, and the grant that says why (typ `grant+jwt`)."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, JsonValue

from shared.schemas import Code, Strict, Text

GRANT_TYPE = "grant+jwt"

EvidenceType = Literal["certificate", "record"]
# Issued or filed through the platform, or from before it and loaded by its issuer.
Origin = Literal["issued", "filed", "imported"]
Purpose = Literal["draft", "case", "duty"]


class Grant(Strict):
    """Why evidence may be read: who reads, for which case or draft, whose evidence, which kinds, until when.

    Of a standing duty, `duty` is its code and `basis` its law in words, for those whose data is read.
    """

    iss: str
    jti: UUID
    sub: str
    purpose: Purpose
    ref: UUID
    items: tuple[Code, ...]
    region: str
    parties: tuple[UUID, ...]
    kinds: tuple[Code, ...]
    iat: int
    exp: int
    officer: str | None = None
    duty: Code | None = None
    basis: Text | None = None


class Want(Strict):
    """Some kinds of evidence about one party."""

    party: UUID
    kinds: Annotated[list[Code], Field(min_length=1, max_length=50)]


class EvidenceSearch(Strict):
    """A batch of wants under one grant."""

    wants: Annotated[list[Want], Field(min_length=1, max_length=50)]
    grant: Annotated[str, Field(max_length=8192)]


class Evidence(Strict):
    """One piece of evidence, holding only the attributes that a sharing rule names."""

    id: UUID
    type: EvidenceType
    kind: Code
    party: UUID
    issuer: Code
    as_of: date
    valid_until: date | None = None
    state: str
    claims: dict[str, JsonValue]
    number: str | None = None
    origin: Origin | None = None


class EvidenceFound(Strict):
    """What was found. `unavailable` names kinds whose source did not answer: nobody knows whether they exist."""

    evidence: list[Evidence]
    unavailable: list[Code] = Field(default_factory=list)
