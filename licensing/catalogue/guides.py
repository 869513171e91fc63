"""The guide of a thing, drawn from the catalogue: a plan for an applicant about whom nothing is known yet."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from licensing.catalogue.model import Catalogue
from licensing.catalogue.schemas import (
    Asked,
    Days,
    ItemShown,
    MaterialShown,
    OptionShown,
    QuestionShown,
    ThingGuide,
    ThingSummary,
)
from licensing.planning.model import Inputs, Plan, PlannedMaterial, Step, ThingDefinition
from licensing.planning.plan import plan


def summary_of(catalogue: Catalogue, code: str) -> ThingSummary:
    """A thing as it stands in a list."""
    thing, usual = catalogue.things[code], _plan_of(catalogue.definition(code))
    return ThingSummary(
        code=code,
        title=thing.title,
        summary=thing.summary,
        stage=thing.stage,
        applicant=thing.applicant,
        lead=thing.lead,
        items=[part.item for part in thing.items],
        visits=usual.visits,
        promised_days=usual.promised_days,
    )


def guide_of(catalogue: Catalogue, code: str, *, release: int) -> ThingGuide:
    """The whole guide. Visits and days are those of the usual situation; items and materials those of every one."""
    thing, definition = catalogue.things[code], catalogue.definition(code)
    usual = _plan_of(definition)
    every = _plan_of(replace(definition, items=tuple(replace(item, when={}) for item in definition.items)))
    law = [basis for part in thing.items for basis in catalogue.items[part.item].guide.legal_basis]
    return ThingGuide(
        code=code,
        title=thing.title,
        summary=thing.summary,
        stage=thing.stage,
        applicant=thing.applicant,
        lead=thing.lead,
        release=release,
        visits=usual.visits,
        days=Days(promised=usual.promised_days, legal=usual.legal_days),
        questions=[
            QuestionShown(
                code=question.code,
                label=question.label,
                options=[OptionShown(code=option.code, label=option.label) for option in question.options],
                default=question.default,
            )
            for question in definition.questions
        ],
        asked=_asked(definition, every),
        materials=[_material(catalogue, planned) for planned in every.materials],
        items=[_item(catalogue, definition, step) for step in every.steps],
        law=list(dict.fromkeys(law)),
    )


def _plan_of(definition: ThingDefinition) -> Plan:
    bindings = {spec.role: UUID(int=index) for index, spec in enumerate(definition.roles)}
    return plan(Inputs(thing=definition, bindings=bindings, on=date.min))


def _asked(definition: ThingDefinition, every: Plan) -> list[Asked]:
    asked = {need.element for item in definition.items for need in item.elements if need.ask or need.always_ask}
    return [
        Asked(element=str(field.element), label=field.label, why=field.why, serves=list(field.serves))
        for field in every.fields
        if field.element in asked and field.why
    ]


def _material(catalogue: Catalogue, planned: PlannedMaterial) -> MaterialShown:
    kind = catalogue.kinds[planned.material.kind]
    return MaterialShown(
        evidence_kind=kind.code,
        role=planned.material.role,
        label=planned.label,
        held_by=kind.issuer if kind.held else None,
        from_item=planned.from_item,
        serves=list(planned.serves),
    )


def _item(catalogue: Catalogue, definition: ThingDefinition, step: Step) -> ItemShown:
    item = catalogue.items[step.item]
    when = next(needs.when for needs in definition.items if needs.code == step.item)
    return ItemShown(
        item=item.code,
        title=item.title,
        department=item.department,
        department_name=catalogue.departments[item.department].name,
        when=dict(when),
        waits_for=list(step.waits_for),
        guide=item.guide,
    )
