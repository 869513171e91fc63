"""The certificates service over a database of its own, beside a licensing that says what each test needs."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import asyncpg

from certificates.issuing.commands import issue_certificates
from certificates.service import CertificatesService
from deploy.provisioning.postgres import plain
from shared.contracts.sharing import NamedDepartment
from shared.contracts.yields import CaseYield, Yielded
from shared.schemas import Text
from tests.certificates.seals import HEALTH, SECURITY, TYPE_CODE
from tests.shared.evidence.grants import BIRTH, CARD, RULES
from tests.support.decisions import decided_case
from tests.support.neighbours import Neighbours
from tests.support.roles import as_owner
from tests.support.services import ServiceWorld
from tests.support.tokens import Issuer

CARD_TYPE = "11100000000013338W012"
ATTRIBUTES = ("name", "birth-date", "sex")
# The rules of that small world, in which certificates also say something.
SAYING = RULES.model_copy(
    update={
        "kinds": tuple(kind.model_copy(update={"attributes": ATTRIBUTES}) for kind in RULES.kinds),
        "departments": tuple(NamedDepartment(code=each.code, name=each.name) for each in (HEALTH, SECURITY)),
        "vocabulary": {
            "name": {"type": "string", "minLength": 1, "maxLength": 50},
            "birth-date": {"type": "string", "format": "date"},
            "sex": {"type": "string", "enum": ["female", "male"]},
        },
    }
)
MOTHER, CHILD, STRANGER = (UUID(int=number) for number in (21, 22, 23))


def a_yield(**changes: object) -> Yielded:
    """A birth medical certificate for the child."""
    fields: dict[str, object] = {
        "index": 0,
        "type": "certificate",
        "kind": BIRTH,
        "label": Text(zh="出生医学证明", en="Birth medical certificate"),
        "type_code": TYPE_CODE,
        "party": CHILD,
        "region": "330782",
        "claims": {"name": "𠮷娃", "birth-date": "2026-03-01", "sex": "female"},
        "valid_from": date(2026, 3, 11),
    }
    return Yielded.model_validate(fields | changes)


def a_card(**changes: object) -> Yielded:
    """A social security card for the child, of which nobody has two."""
    fields: dict[str, object] = {
        "kind": CARD,
        "label": Text(zh="社会保障卡", en="Social security card"),
        "type_code": CARD_TYPE,
        "valid_until": date(2036, 3, 11),
        "one_per_holder": True,
    }
    return a_yield(**fields | changes)


def a_decided_case(*yields: Yielded, case: UUID | None = None) -> CaseYield:
    """What the health commission decided; of a new case unless told otherwise."""
    return decided_case(
        *(yields or (a_yield(),)),
        case=case,
        item="birth-medical-certificate",
        department=HEALTH.code,
        department_name=HEALTH.name,
        issuer_uscc=HEALTH.uscc,
    )


@dataclass
class World(ServiceWorld[CertificatesService]):
    """What a test of this service holds in its hands."""

    licensing: Neighbours
    issuer: Issuer

    async def issued(self, decided: CaseYield | None = None) -> UUID:
        """A certificate that exists; its id."""
        async with self.service.database.transaction() as conn:
            found = await issue_certificates(
                conn,
                decided or a_decided_case(),
                signer=self.service.signer,
                zone=self.service.settings.zone,
                at=self.service.clock(),
            )
        return found[0]

    async def as_owner(self, statement: str) -> None:
        """What no service may do to its tables."""
        url = self.service.settings.database_url
        assert url is not None
        conn = await asyncpg.connect(plain(as_owner(url.get_secret_value())))
        await conn.execute(statement)
        await conn.close()
