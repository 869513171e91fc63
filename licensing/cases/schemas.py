"""What departments and applicants send about a case, and what they see of it."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BeforeValidator, Field, JsonValue

from licensing.cases.commands.reading import CaseFile
from licensing.cases.model import Case, CaseSummary, FieldSource, Outcome, Requirement, State
from licensing.cases.queries import ActDone
from licensing.cases.rules import MOST_DAYS_OF_EXTENSION, SuspensionGround, missing_claims, suggested
from shared.contracts.evidence import EvidenceType
from shared.schemas import Code, ElementCode, Line, Paragraph, Strict, Text

# --- requests ---------------------------------------------------------------------------------------------------


class Assignment(Strict):
    """The officer who is to work on the case."""

    officer: UUID


def _written_as_a_date(value: object) -> object:
    # Otherwise a number would be taken for seconds since 1970, and an instant for its day somewhere.
    if not isinstance(value, str) or len(value) != len("2026-01-01"):
        raise ValueError("a date is written 2026-01-31")
    return value


# Bounded, because a day that has no next one has no end.
DueDate = Annotated[date, BeforeValidator(_written_as_a_date), Field(lt=date(3000, 1, 1))]


class CorrectionNotice(Strict):
    """All that is missing or wrong, at once; it can be said only once."""

    requirements: Annotated[list[Requirement], Field(min_length=1, max_length=50)]
    due_on: DueDate


class Refusal(Strict):
    reasons: Paragraph
    remedies: Paragraph


class SuspensionRequest(Strict):
    """Only what the law does not count stops the clocks, and the applicant is told the basis in writing."""

    ground: SuspensionGround
    legal_basis: Line
    expected_days: Annotated[int, Field(ge=1, le=365)]


class ExtensionRequest(Strict):
    """`approved_by`: the officer who heads the agency."""

    days: Annotated[int, Field(ge=1, le=MOST_DAYS_OF_EXTENSION)]
    reason: Paragraph
    approved_by: UUID


class StatedClaims(Strict):
    """What the officer states of one result; the rest follows from what is known."""

    index: Annotated[int, Field(ge=0, le=99)]
    claims: Annotated[dict[Code, JsonValue], Field(max_length=100)]


class Decision(Strict):
    """`reasons` and `remedies` are required for a denial."""

    outcome: Outcome
    claims: Annotated[list[StatedClaims], Field(default_factory=list, max_length=20)]
    reasons: Paragraph | None = None
    remedies: Paragraph | None = None


class Correction(Strict):
    """The answers to a correction notice, all of them."""

    answers: Annotated[dict[ElementCode, JsonValue], Field(min_length=1, max_length=50)]


class Rating(Strict):
    """`grade` 1 is very satisfied, 5 very dissatisfied, as the national code list counts (GB/T 39046)."""

    grade: Annotated[int, Field(ge=1, le=5)]
    comment: Paragraph | None = None


# --- answers ----------------------------------------------------------------------------------------------------


class CaseState(Strict):
    """What the applicant is told after an act of theirs."""

    id: UUID
    number: str
    state: State
    version: int

    @classmethod
    def of(cls, case: Case) -> Self:
        return cls(id=case.id, number=case.number, state=case.state, version=case.version)


class NoticeView(Strict):
    """A written notice. `details` holds what was asked or decided, with reasons, legal basis and remedies."""

    act: Literal["request-correction", "refuse", "suspend", "extend", "decide"]
    department: str
    at: datetime
    details: dict[str, JsonValue]


class Notices(Strict):
    """All that the department told the applicant in writing, oldest first."""

    items: list[NoticeView]

    @classmethod
    def of(cls, case: Case, acts: Sequence[ActDone]) -> Self:
        """Officers stay unnamed to applicants: the notice is the department's."""
        shown = [
            {
                "act": act.act,
                "department": case.department,
                "at": act.at,
                "details": {name: value for name, value in act.details.items() if name not in _OF_THE_DEPARTMENT},
            }
            for act in acts
        ]
        return cls.model_validate({"items": shown})


_OF_THE_DEPARTMENT = frozenset({"approved_by", "digest"})


class CaseLine(Strict):
    """A case as it stands in a worklist, and as an act leaves it. `provisional`: the running deadline may move."""

    id: UUID
    number: str
    application: UUID
    item: str
    department: str
    region: str
    state: State
    outcome: Outcome | None
    version: int
    officer: UUID | None
    opened_at: datetime
    received_at: datetime | None
    promised_on: date | None
    legal_on: date | None
    provisional: bool
    overdue: bool
    ended_at: datetime | None

    @classmethod
    def of(cls, case: Case | CaseSummary) -> "CaseLine":
        return CaseLine(**_line(case))


def _line(case: Case | CaseSummary) -> dict[str, Any]:
    shown = {name: getattr(case, name) for name in CaseLine.model_fields if name != "overdue"}
    return {**shown, "overdue": case.overdue_at is not None}


class FieldView(Strict):
    """One element that the item needs, with its value and where it comes from."""

    element: str
    label: Text
    value: JsonValue
    source: FieldSource | None


class AwaitedView(Strict):
    """What the case was opened to wait for; `met_by` is the evidence that came."""

    kind: str
    party: UUID
    met_by: UUID | None


class SuggestedClaims(Strict):
    """One result as far as it follows from what is known; `missing` is what the officer has to state."""

    index: int
    type: EvidenceType
    kind: str
    role: str
    party: UUID
    label: Text
    claims: dict[str, JsonValue]
    missing: list[str]


class ActView(Strict):
    """Who did what. `by` is the officer or the applicant; the platform acts by the clock."""

    act: str
    state: str
    by_kind: Literal["officer", "applicant", "platform"]
    by: str | None
    at: datetime
    details: dict[str, JsonValue]


class CaseView(CaseLine):
    """The file of a case. `grant` reads its evidence at `POST /v1/evidence/search`; none once it is decided."""

    application_number: str
    thing: str
    title: Text
    release: int
    applicant: UUID
    roles: dict[str, UUID]
    fields: list[FieldView]
    answers: dict[str, JsonValue]
    correction_due_on: date | None
    acceptance_due_on: date | None
    accepted_at: datetime | None
    deemed_accepted: bool
    decided_at: datetime | None
    digest: str | None
    waits_for: list[AwaitedView]
    suggested_claims: list[SuggestedClaims]
    acts: list[ActView]
    grant: str | None

    @classmethod
    def of_file(cls, file: CaseFile, *, grant: str | None) -> Self:
        case, plan = file.case, file.case.planned
        own = {name: getattr(case, name) for name in _OF_CASE}
        return cls(
            **_line(case),
            **own,
            title=plan.title,
            roles=plan.roles,
            fields=[FieldView(element=f.element, label=f.label, value=f.value, source=f.source) for f in plan.fields],
            waits_for=[AwaitedView(kind=kind, party=party, met_by=met) for kind, party, met in file.awaited],
            suggested_claims=_suggestions(file),
            acts=[ActView.model_validate(act, from_attributes=True) for act in file.acts],
            grant=grant,
        )


_OF_CASE = (
    "application_number",
    "thing",
    "release",
    "applicant",
    "answers",
    "correction_due_on",
    "acceptance_due_on",
    "accepted_at",
    "deemed_accepted",
    "decided_at",
    "digest",
)


def _suggestions(file: CaseFile) -> list[SuggestedClaims]:
    plan = file.case.planned
    claims = {result.index: suggested(result, known=file.known) for result in plan.yields}
    return [
        SuggestedClaims(
            index=result.index,
            type=result.type,
            kind=result.kind,
            role=result.role,
            party=result.party,
            label=result.label,
            claims=claims[result.index],
            missing=missing_claims(plan, result, claims=claims[result.index]),
        )
        for result in plan.yields
    ]
