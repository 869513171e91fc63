"""A family in Yiwu with a newborn, and what departments hold about them. All of it is fictional."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from pydantic import JsonValue

from shared.contracts.evidence import Evidence, EvidenceType
from shared.contracts.representation import Relation, RepresentationStatement

YIWU = "330782"
MOTHER = UUID("7d0c5a10-0000-4000-8000-000000000001")
FATHER = UUID("7d0c5a10-0000-4000-8000-000000000002")
CHILD = UUID("7d0c5a10-0000-4000-8000-000000000003")
TWIN = UUID("7d0c5a10-0000-4000-8000-000000000004")
STRANGER = UUID("7d0c5a10-0000-4000-8000-000000000005")

BIRTH: Mapping[str, JsonValue] = {
    "sex": "female",
    "birth-date": "2026-03-09",
    "birth-time": "04:10",
    "birth-place": "浙江省义乌市",
    "birth-weight-grams": 3250,
    "gestation-weeks": 39,
    "hospital-name": "义乌示范医院",
}
FATHERS_NAME = "赵建国"
FATHERS_ADDRESS = "义乌市南门街二号"
MOTHERS_ADDRESS = "义乌市北门街一号"
ANSWERS: Mapping[str, JsonValue] = {
    "child.name": "陈小满",
    "child.household-parent": "mother",
    "applicant.delivery-address": "义乌市稠城街道一号",
}
BANK_ACCOUNT = "6222000000000001"


def evidence(
    number: int,
    kind: str,
    party: UUID,
    claims: Mapping[str, JsonValue],
    *,
    issuer: str = "public-security",
    type_: EvidenceType = "record",
) -> Evidence:
    return Evidence(
        id=UUID(int=9000 + number),
        type=type_,
        kind=kind,
        party=party,
        issuer=issuer,
        as_of=date(2026, 3, 10),
        state="in-force",
        claims=dict(claims),
    )


def parent(number: int, party: UUID, name: str, address: str) -> list[Evidence]:
    identity = {"name": name, "birth-date": "1892-05-01", "sex": "female", "ethnicity": "汉族", "nationality": "中国"}
    household = {"household-number": f"7700{number}", "household-address": address, "household-type": "family"}
    return [
        evidence(number, "resident-identity", party, identity),
        evidence(number + 1, "household-registration", party, household),
    ]


def family_evidence() -> list[Evidence]:
    """What is held when the child is two days old."""
    marriage = {"marriage-date": "1912-05-01", "marriage-number": "J330782-1912-000001"}
    return [
        evidence(1, "birth-record", CHILD, BIRTH, issuer="hospital"),
        *parent(10, MOTHER, "陈示范", MOTHERS_ADDRESS),
        *parent(20, FATHER, FATHERS_NAME, FATHERS_ADDRESS),
        evidence(30, "marriage-registration", MOTHER, marriage, issuer="civil-affairs"),
    ]


def statement(
    *, sub: UUID = MOTHER, issued: int, issuer: str, children: tuple[UUID, ...] = (CHILD,)
) -> RepresentationStatement:
    """What identity states about the mother, or about somebody without a family."""
    family = [Relation(party=FATHER, kind="spouse", of=MOTHER), Relation(party=MOTHER, kind="spouse", of=FATHER)]
    for child in children:
        family += [
            Relation(party=MOTHER, kind="mother", of=child),
            Relation(party=FATHER, kind="father", of=child),
        ]
    mothers = sub == MOTHER
    return RepresentationStatement(
        iss=issuer,
        sub=sub,
        iat=issued,
        exp=issued + 300,
        may_act_for=(sub, *children) if mothers else (sub,),
        family=tuple(family) if mothers else (),
        unnumbered=children if mothers else (),
        regions=dict.fromkeys((sub, FATHER, *children), YIWU),
    )
