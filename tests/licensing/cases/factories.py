"""A newborn's thing in Yiwu as the catalogue plans it, cut down to what cases need."""

from datetime import UTC, datetime
from uuid import UUID

from pydantic import JsonValue

from licensing.cases.model import (
    ApplicationFacts,
    Awaited,
    Case,
    ClaimOrigin,
    FieldSource,
    FrozenField,
    Outcome,
    PlannedCase,
    PlannedYield,
    State,
)
from shared.contracts.events import UsedEvidence
from shared.ids import new_id
from shared.schemas import Text

# A Monday; see the vectors of the calendar tests.
MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
ZONE = "Asia/Shanghai"
YIWU = "330782"
CHILD = UUID("4b1f6f0e-0c55-4c39-9d3a-5a50a7a8c111")
MOTHER = UUID("4b1f6f0e-0c55-4c39-9d3a-5a50a7a8c222")
BIRTH_RECORD = UUID("4b1f6f0e-0c55-4c39-9d3a-5a50a7a8c333")

CERTIFICATE = "birth-medical-certificate"
PAGE = "household-register-page"
REGISTRATION = "household-registration"
ENROLMENT = "medical-insurance-enrolment"


def text(en: str) -> Text:
    return Text(zh=en, en=en)


def origin(element: str) -> ClaimOrigin:
    return ClaimOrigin(element=element)


def field(element: str, value: JsonValue, **schema: JsonValue) -> FrozenField:
    source = FieldSource(
        kind="evidence", evidence=BIRTH_RECORD, evidence_kind="birth-record", issuer="hospital", as_of=MONDAY.date()
    )
    return FrozenField(element=element, label=text(element), value=value, source=source, json_schema=schema or None)


def application(*, applicant: UUID = MOTHER, at: datetime = MONDAY) -> ApplicationFacts:
    return ApplicationFacts(
        id=new_id(),
        number="N20260302000001",
        thing="newborn",
        region=YIWU,
        applicant=applicant,
        submitted_at=at,
        evidence_at=at,
        app="app",
    )


def planned(
    item: str,
    department: str,
    *,
    yields: tuple[PlannedYield, ...],
    waits_for: tuple[Awaited, ...] = (),
    fields: tuple[FrozenField, ...] = (),
    answers: dict[str, JsonValue] | None = None,
    evidence: tuple[UsedEvidence, ...] = (),
) -> PlannedCase:
    return PlannedCase(
        item=item,
        title=text(item),
        department=department,
        department_name=text(department),
        issuer_uscc="11330000MB9X00023F",
        region=YIWU,
        release=1,
        promised_days=3,
        legal_days=20,
        roles={"applicant": MOTHER, "mother": MOTHER, "child": CHILD},
        waits_for=waits_for,
        evidence=evidence,
        fields=fields,
        answers=answers or {},
        yields=yields,
        grant_parties=(CHILD, MOTHER),
        grant_kinds=("birth-record", "resident-identity"),
    )


def result(kind: str, *, index: int = 0, certificate: bool = True, **claims: ClaimOrigin) -> PlannedYield:
    return PlannedYield(
        index=index,
        type="certificate" if certificate else "record",
        kind=kind,
        role="child",
        party=CHILD,
        region=YIWU,
        label=text(kind),
        claims={attribute.replace("_", "-"): claim for attribute, claim in claims.items()},
    )


def birth_certificate() -> PlannedCase:
    return planned(
        "birth-medical-certificate",
        "health-commission",
        fields=(field("child.birth-date", "2026-02-27", type="string", format="date"), field("mother.name", "王示范")),
        answers={"child.name": "王小满"},
        yields=(
            result(
                CERTIFICATE,
                name=origin("child.name"),
                birth_date=origin("child.birth-date"),
                mother_name=origin("mother.name"),
                father_name=origin("father.name"),
            ),
        ),
    )


def registration() -> PlannedCase:
    return planned(
        "household-registration",
        "public-security",
        waits_for=(Awaited(kind=CERTIFICATE, party=CHILD),),
        answers={"child.name": "王小满"},
        yields=(
            result(PAGE, name=origin("child.name"), birth_date=origin("child.birth-date"), number=ClaimOrigin()),
            result(REGISTRATION, index=1, certificate=False, name=origin("child.name")),
        ),
    )


def insurance() -> PlannedCase:
    return planned(
        "resident-medical-insurance",
        "medical-insurance",
        waits_for=(Awaited(kind=PAGE, party=CHILD),),
        yields=(result(ENROLMENT, certificate=False, name=origin("child.name")),),
    )


def card() -> PlannedCase:
    return planned(
        "social-security-card",
        "human-resources",
        waits_for=(Awaited(kind=PAGE, party=CHILD),),
        yields=(result("social-security-card", name=origin("child.name")),),
    )


def newborn() -> list[PlannedCase]:
    return [birth_certificate(), registration(), insurance(), card()]


def case_of(plan: PlannedCase, *, state: State = State.WAITING, outcome: Outcome | None = None) -> Case:
    """A case as it stands, for rules."""
    return Case(
        id=new_id(),
        number="330782000260302000000",
        version=1,
        state=state,
        application=MOTHER,
        application_number="N20260302000001",
        applicant=MOTHER,
        thing="newborn",
        item=plan.item,
        department=plan.department,
        region=plan.region,
        release=plan.release,
        plan=plan.model_dump(mode="json"),
        promised_days=plan.promised_days,
        legal_days=20,
        opened_at=MONDAY,
        outcome=outcome,
    )
