"""The public shape of a draft, and how a draft comes to look like that."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, JsonValue

from licensing.applications.model import Sheet
from licensing.applications.permissions import shown_roles
from licensing.applications.rules.masking import masked
from licensing.planning import model as planning
from licensing.planning.model import FieldState, MaterialState
from shared.schemas import AwareDatetime, Strict, Text


class SourceView(Strict):
    """Where a value comes from; `applicant` alone has no evidence."""

    kind: Literal["certificate", "record", "applicant"]
    evidence: UUID | None = None
    evidence_kind: str | None = None
    issuer: str | None = None
    as_of: date | None = None


class FieldView(Strict):
    """One element. `masked`: it is held, but about somebody for whom the applicant may not act."""

    element: str
    label: Text
    # `schema` would hide a method of pydantic's; it has this name on the wire alone.
    json_schema: Annotated[dict[str, Any], Field(serialization_alias="schema")]
    required: bool
    state: FieldState
    value: JsonValue = None
    masked: bool | None = None
    disputed: bool | None = None
    source: SourceView | None = None
    serves: tuple[str, ...]
    why: Text | None = None


class MaterialView(Strict):
    """`from_item`: which item of this thing yields it. `commitment`: a written commitment may stand for it."""

    evidence_kind: str
    role: str
    label: Text
    state: MaterialState
    source: SourceView | None = None
    from_item: str | None = None
    serves: tuple[str, ...]
    commitment: bool


class StepView(Strict):
    """One item, in the order of work. Days are working days; `legal_days` is absent where the law sets no limit."""

    item: str
    title: Text
    department: str
    department_name: Text
    waits_for: tuple[str, ...]
    promised_days: int
    legal_days: int | None = None
    visits: int


class OptionView(Strict):
    code: str
    label: Text


class QuestionView(Strict):
    """A question of situation, with the answer that the draft is made for."""

    code: str
    label: Text
    options: tuple[OptionView, ...]
    answer: str


class CountsView(Strict):
    """The reform in five numbers."""

    elements: int
    asked: int
    reused: int
    materials: int
    materials_asked: int


class DraftView(Strict):
    """The answer to one identification: what is known and from where, what is asked and why, who does what by when.

    `promised_on` is the last day of the longest chain of steps. It is `provisional` while the holidays up to it are
    not all published.
    """

    draft: UUID
    expires_at: AwareDatetime
    thing: str
    title: Text
    region: str
    applicant: UUID
    roles: dict[str, UUID]
    questions: tuple[QuestionView, ...]
    fields: tuple[FieldView, ...]
    materials: tuple[MaterialView, ...]
    steps: tuple[StepView, ...]
    counts: CountsView
    visits: int
    promised_on: date
    provisional: bool


def draft_view(sheet: Sheet) -> DraftView:
    """What the applicant sees. Values of people for whom they may not act are masked; the draft keeps the true ones."""
    draft, plan = sheet.draft, sheet.plan
    shown = shown_roles(draft)
    return DraftView(
        draft=draft.id,
        expires_at=draft.expires_at,
        thing=draft.thing,
        title=sheet.thing.title,
        region=draft.region,
        applicant=draft.sub,
        roles=draft.bindings,
        questions=tuple(_question(question, plan.situation) for question in plan.questions),
        fields=tuple(_field(field, shown=field.element.role in shown) for field in plan.fields),
        materials=tuple(_material(planned) for planned in plan.materials),
        steps=tuple(_step(step, sheet) for step in plan.steps),
        counts=CountsView(**plan.counts._asdict()),
        visits=sum(step.visits for step in plan.steps),
        promised_on=sheet.promised.on,
        provisional=sheet.promised.provisional,
    )


def _question(question: planning.Question, situation: Mapping[str, str]) -> QuestionView:
    options = tuple(OptionView(code=option.code, label=option.label) for option in question.options)
    return QuestionView(code=question.code, label=question.label, options=options, answer=situation[question.code])


def _field(field: planning.Field, *, shown: bool) -> FieldView:
    hidden = not shown and field.value is not None and field.source is not None and field.source.kind != "applicant"
    return FieldView(
        element=str(field.element),
        label=field.label,
        json_schema=dict(field.schema),
        required=field.required,
        state=field.state,
        value=masked(field.value, schema=field.schema, sensitive=field.sensitive) if hidden else field.value,
        masked=hidden or None,
        disputed=field.disputed or None,
        source=_source(field.source),
        serves=field.serves,
        why=field.why,
    )


def _material(planned: planning.PlannedMaterial) -> MaterialView:
    return MaterialView(
        evidence_kind=planned.material.kind,
        role=planned.material.role,
        label=planned.label,
        state=planned.state,
        source=_source(planned.source),
        from_item=planned.from_item,
        serves=planned.serves,
        commitment=planned.commitment,
    )


def _source(source: planning.Source | None) -> SourceView | None:
    return None if source is None else SourceView(**source._asdict())


def _step(step: planning.Step, sheet: Sheet) -> StepView:
    name = sheet.release.catalogue.departments[step.department].name
    return StepView(
        item=step.item,
        title=step.title,
        department=step.department,
        department_name=Text(zh=name.zh, en=name.en),
        waits_for=step.waits_for,
        promised_days=step.promised_days,
        legal_days=step.legal_days,
        visits=step.visits,
    )
