"""Loads departments, officers, clients, people and relations from one document; loading it again changes nothing, and
takes back nothing that an administrator has said since.

`python -m identity.bootstrap FILE` prints the party ids by name. The file holds identity numbers: keep it as the
key files are kept.
"""

import asyncio
import json
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

from pydantic import Field, JsonValue, model_validator
from sqlalchemy.ext.asyncio import AsyncConnection

from identity.identification.queries import put_card
from identity.parties import queries as parties
from identity.parties.commands import create_party, index_of, number_party
from identity.parties.rules import PartyKind, number_of, organisation_number
from identity.parties.schemas import CalendarDate
from identity.settings import IdentitySettings
from identity.tokens import queries as tokens
from identity.tokens.commands import ensure_keys
from identity.tokens.rules import ClientKind
from identity.vault import Vault
from shared.administration import administered
from shared.clock import legal_date, now
from shared.contracts.representation import Kinship
from shared.database import Database
from shared.ids import new_id
from shared.schemas import Code, RegionCode, Strict

BY = "bootstrap"
Jwk = dict[str, JsonValue]


class DutyParties(Strict):
    """Whom a duty is about; without regions, whoever lives in the department's."""

    kinds: Annotated[tuple[PartyKind, ...], Field(min_length=1)] = ("person",)
    regions: tuple[RegionCode, ...] = ()


class Duty(Strict):
    """Why the department may look people up without a case; and, with an item, what evidence it may read."""

    code: Code
    basis_zh: str
    basis_en: str
    item: Code | None = None
    kinds: tuple[Code, ...] = ()
    parties: DutyParties = DutyParties()

    @model_validator(mode="after")
    def _evidence_is_read_for_an_item(self) -> "Duty":
        if (self.item is None) == bool(self.kinds):
            raise ValueError("a duty to read evidence names the item and the kinds, any other neither")
        return self

    def says(self, *, region: RegionCode) -> dict[str, object]:
        """As it is stored, of a department that acts in this region."""
        return {
            "basis_zh": self.basis_zh,
            "basis_en": self.basis_en,
            "item": self.item,
            "kinds": list(self.kinds),
            "party_kinds": list(self.parties.kinds),
            "regions": list(self.parties.regions) or [region],
        }


class Department(Strict):
    code: Code
    name_zh: str
    name_en: str
    uscc: str
    region: RegionCode
    duties: tuple[Duty, ...] = ()


class Officer(Strict):
    id: UUID
    department: Code
    name_zh: str
    name_en: str
    roles: tuple[Code, ...] = ()


class Jwks(Strict):
    keys: Annotated[tuple[Jwk, ...], Field(min_length=1)]


class Client(Strict):
    client_id: Code
    kind: ClientKind
    department: Code | None = None
    scopes: tuple[str, ...]
    roles: tuple[Code, ...] = ()
    jwks: Jwks


class Person(Strict):
    """Somebody, by a name that only this document uses."""

    name: str
    kind: PartyKind = "person"
    id_number: str
    region: RegionCode
    sex: str | None = Field(None, description="Not kept: identity does not need it.")
    card_jwk: Jwk | None = None
    phone: str | None = None


class Relation(Strict):
    """`party` is the `kind` of `of`, both by name. `minor_until` is the child's eighteenth birthday."""

    kind: Kinship
    party: str
    of: str
    minor_until: CalendarDate | None = None


class Document(Strict):
    departments: tuple[Department, ...] = ()
    officers: tuple[Officer, ...] = ()
    clients: tuple[Client, ...] = ()
    people: tuple[Person, ...] = ()
    relations: tuple[Relation, ...] = ()


async def load(
    document: object,
    conn: AsyncConnection,
    vault: Vault,
    at: datetime,
    *,
    zone: str = "Asia/Shanghai",
    max_age_years: int = 150,
) -> dict[str, UUID]:
    """Everything in the document is so, and there are keys that sign; answers the party ids by name."""
    wanted = Document.model_validate(document)
    today = legal_date(at, zone)
    await ensure_keys(conn, vault, at=at)
    await _load_departments(conn, wanted)
    ids = {
        person.name: await _load_person(conn, vault, person, today=today, max_age_years=max_age_years, at=at)
        for person in wanted.people
    }
    for relation in wanted.relations:
        await parties.add_relation(
            conn,
            relation=new_id(),
            kind=relation.kind,
            party=ids[relation.party],
            of=ids[relation.of],
            valid_from=today,
            minor_until=relation.minor_until,
        )
    return ids


async def _load_departments(conn: AsyncConnection, wanted: Document) -> None:
    codes = [department.code for department in wanted.departments]
    names = [
        *codes,
        *(_duty_of(department, duty) for department in wanted.departments for duty in department.duties),
        *(str(officer.id) for officer in wanted.officers),
        *(client.client_id for client in wanted.clients),
    ]
    # A platform loads its document at every start: what an administrator has said since is not taken back.
    said_since = await administered(conn, names)
    for department in wanted.departments:
        organisation_number(department.uscc)
        if department.code not in said_since:
            await tokens.put_department(conn, department.model_dump(exclude={"duties"}))
        for duty in (each for each in department.duties if _duty_of(department, each) not in said_since):
            says = duty.says(region=department.region)
            await parties.put_duty(conn, department=department.code, code=duty.code, says=says)
    for officer in (each for each in wanted.officers if str(each.id) not in said_since):
        await tokens.put_officer(conn, {**officer.model_dump(), "roles": list(officer.roles)})
    for client in (each for each in wanted.clients if each.client_id not in said_since):
        lists = {"scopes": list(client.scopes), "roles": list(client.roles)}
        await tokens.put_client(conn, {**client.model_dump(mode="json"), **lists})


def _duty_of(department: Department, duty: Duty) -> str:
    """As the books of an administrator name it."""
    return f"{department.code}/{duty.code}"


async def _load_person(
    conn: AsyncConnection, vault: Vault, person: Person, *, today: date, max_age_years: int, at: datetime
) -> UUID:
    number = number_of(person.kind, person.id_number, today=today, max_age_years=max_age_years)
    index = index_of(vault, number)
    party = (await parties.parties_by_number(conn, [index])).get(index)
    if party is None:
        party = await create_party(conn, vault, kind=person.kind, region=person.region, by=BY, at=at)
        await number_party(conn, vault, party=party, number=number, by=BY, at=at)
    if person.card_jwk is not None:
        await put_card(conn, party=party, public_jwk=person.card_jwk, at=at)
    row = await parties.find_party(conn, party)
    if person.phone is not None and row is not None:
        sealed = vault.seal_for(party, row.wrapped_key, person.phone, purpose="phone")
        await parties.put_phone(conn, party=party, sealed=sealed)
    return party


async def main(document: object) -> dict[str, UUID]:
    """Load the document into the database that the settings name."""
    settings = IdentitySettings()
    address = settings.database_address()
    assert address is not None, "set ONEVISIT_DATABASE_URL"
    database = Database(address, pool_size=2)
    try:
        async with database.transaction() as conn:
            return await load(
                document, conn, settings.vault(), now(), zone=settings.zone, max_age_years=settings.max_age_years
            )
    finally:
        await database.close()


if __name__ == "__main__":
    loaded = asyncio.run(main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
    sys.stdout.write(json.dumps({name: str(party) for name, party in loaded.items()}) + "\n")
