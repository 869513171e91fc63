"""What an administrator says of departments, officers and clients, and what is known of them."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, JsonValue, StringConstraints, model_validator
from sqlalchemy import Row

from identity.parties.rules import PartyKind
from shared.schemas import AwareDatetime, Code, Line, RegionCode, Strict

Found = Row[*tuple[Any, ...]]
Uscc = Annotated[str, StringConstraints(min_length=18, max_length=18, pattern=r"^[0-9A-Z]{18}$")]
Scope = Annotated[str, StringConstraints(max_length=48, pattern=r"^[a-z]+(:[a-z]+)?$")]
Kid = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Scopes = Annotated[list[Scope], Field(max_length=32)]
Roles = Annotated[list[Code], Field(max_length=16)]


class Name(Strict):
    """In both languages."""

    zh: Line
    en: Line


class DepartmentSays(Strict):
    """A department: its name, its unified social credit code (GB 32100), and the region in which it acts."""

    name: Name
    uscc: Uscc
    region: RegionCode

    def row(self) -> dict[str, Any]:
        return {"name_zh": self.name.zh, "name_en": self.name.en, "uscc": self.uscc, "region": self.region}


class DepartmentView(Strict):
    code: Code
    name: Name
    uscc: str
    region: str
    retired_at: AwareDatetime | None = None

    @classmethod
    def of(cls, row: Found) -> Self:
        name = Name(zh=row.name_zh, en=row.name_en)
        return cls(code=row.code, name=name, uscc=row.uscc, region=row.region, retired_at=row.retired_at)


class Retirement(Strict):
    """What went with the department."""

    department: DepartmentView
    clients_revoked: int
    officers_suspended: int
    subscriptions_ended: int


class DutyAbout(Strict):
    """Parties of these kinds, in these regions; without regions, in that of the department."""

    kinds: Annotated[list[PartyKind], Field(min_length=1, max_length=2)] = ["person"]  # noqa: RUF012 - is copied
    regions: Annotated[list[RegionCode], Field(max_length=100)] = []  # noqa: RUF012 - is copied


class DutySays(Strict):
    """By which law a department may look parties up without a case; and, with an item, read these kinds of evidence
    about them, as far as the sharing rules of that item go.
    """

    law: Name
    item: Code | None = None
    kinds: Annotated[list[Code], Field(max_length=50)] = []  # noqa: RUF012 - a shape's default is copied
    parties: DutyAbout = DutyAbout()

    @model_validator(mode="after")
    def _evidence_is_read_for_an_item(self) -> Self:
        if (self.item is None) == bool(self.kinds):
            raise ValueError("a duty to read evidence names the item and the kinds, any other neither")
        return self

    def row(self) -> dict[str, Any]:
        return {
            "basis_zh": self.law.zh,
            "basis_en": self.law.en,
            "item": self.item,
            "kinds": sorted(set(self.kinds)),
            "party_kinds": sorted(set(self.parties.kinds)),
            "regions": sorted(set(self.parties.regions)),
        }


class OfficerSays(Strict):
    """An officer (经办人), by the id that acts will name. You make the id; the same again changes nothing."""

    department: Code
    name: Name
    roles: Roles = ["officer"]  # noqa: RUF012 - a shape's default is copied

    def row(self) -> dict[str, Any]:
        return {
            "department": self.department,
            "name_zh": self.name.zh,
            "name_en": self.name.en,
            "roles": sorted(set(self.roles)),
        }


class OfficerView(Strict):
    id: UUID
    department: Code
    name: Name
    roles: list[str]
    suspended_at: AwareDatetime | None = None

    @classmethod
    def of(cls, row: Found) -> Self:
        return cls(
            id=row.id,
            department=row.department,
            name=Name(zh=row.name_zh, en=row.name_en),
            roles=row.roles,
            suspended_at=row.dismissed_at,
        )


class ClientSays(Strict):
    """A system that may ask for tokens. Its keys are added by themselves; without one it gets no token."""

    kind: Literal["department", "app", "ops"]
    department: Code | None = None
    scopes: Scopes
    roles: Roles = []  # noqa: RUF012 - a shape's default is copied

    def row(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "department": self.department,
            "scopes": sorted(set(self.scopes)),
            "roles": sorted(set(self.roles)),
        }


class KeyView(Strict):
    kid: str
    alg: str


class ClientView(Strict):
    client_id: Code
    kind: str
    department: Code | None = None
    scopes: list[str]
    roles: list[str]
    keys: list[KeyView]
    revoked_at: AwareDatetime | None = None

    @classmethod
    def of(cls, row: Found) -> Self:
        return cls(
            client_id=row.client_id,
            kind=row.kind,
            department=row.department,
            scopes=row.scopes,
            roles=row.roles,
            keys=[KeyView(kid=key["kid"], alg=_algorithm(key)) for key in row.jwks["keys"]],
            revoked_at=row.revoked_at,
        )


class NewKey(Strict):
    """The public half of a key pair that the client made: a JWK (RFC 7517), EC P-256 or Ed25519."""

    jwk: dict[str, JsonValue]


def _algorithm(key: dict[str, Any]) -> str:
    return "ES256" if key["kty"] == "EC" else "Ed25519"
