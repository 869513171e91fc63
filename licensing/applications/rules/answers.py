"""Verdicts about what an applicant says: was it asked, does it have the right form, is anything still missing.

Every verdict names all that is wrong at once, by element; nothing that somebody wrote is repeated.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache

import jsonschema_rs
import orjson
from pydantic import JsonValue

from licensing.applications.errors import (
    AnswerNotAsked,
    AnswersMissing,
    AnswersNotValid,
    CommitmentNotOffered,
    DisputeNotPossible,
    QuestionNotKnown,
    RoleNotKnown,
)
from licensing.planning.model import Element, Field, Material, Plan, ThingDefinition
from shared.texts import has_invisible

Answers = Mapping[Element, JsonValue]


def merged(before: Answers, given: Answers) -> dict[Element, JsonValue]:
    """Earlier answers with the new ones; an answer of null takes the earlier one back."""
    return {element: value for element, value in {**before, **given}.items() if value is not None}


def named(given: Mapping[str, JsonValue], *, fields: Sequence[Field]) -> dict[Element, JsonValue]:
    """The given answers by element. Refuses names that are no elements of the draft, without repeating them."""
    elements = {str(field.element): field.element for field in fields}
    known = {elements[name]: value for name, value in given.items() if name in elements}
    if len(known) < len(given):
        raise AnswerNotAsked(_unasked(known, fields), unknown=len(given) - len(known))
    return known


def check_answers(given: Answers, *, fields: Sequence[Field]) -> None:
    """Refuses answers that were not asked for, and answers that their element's JSON Schema does not allow."""
    unasked = _unasked(given, fields)
    if unasked:
        raise AnswerNotAsked(unasked)
    schemas = {field.element: field.schema for field in fields}
    said = {element: value for element, value in sorted(given.items()) if value is not None}
    faults = {str(element): fault for element, value in said.items() if (fault := _fault(value, schemas[element]))}
    if faults:
        raise AnswersNotValid(faults)


def _unasked(given: Collection[Element], fields: Sequence[Field]) -> list[str]:
    return sorted(str(field.element) for field in fields if field.element in given and not field.answerable)


def _fault(value: JsonValue, schema: Mapping[str, JsonValue]) -> str | None:
    """The JSON Schema keyword that the value violates, or why the text cannot be accepted."""
    for error in _validator(orjson.dumps(schema)).iter_errors(value):
        return error.kind.name
    if isinstance(value, str):
        if not value.strip():
            return "blank"
        if has_invisible(value):
            return "invisible characters"
    return None


@lru_cache(maxsize=1024)
def _validator(schema: bytes) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(orjson.loads(schema), validate_formats=True, offline=True)


def check_complete(plan: Plan) -> None:
    """Refuses a plan that still asks for something: elements without an answer, materials that nobody has."""
    elements = [str(field.element) for field in plan.fields if field.required]
    materials = [planned.material for planned in plan.materials if planned.state == "asked"]
    if elements or materials:
        raise AnswersMissing(elements, materials=materials)


def check_situation(given: Collection[str], *, thing: ThingDefinition) -> None:
    """Refuses questions that the thing does not ask. Whether an option is offered is for planning to say."""
    known = [question.code for question in thing.questions]
    if set(given) - set(known):
        raise QuestionNotKnown(known)


def check_roles(given: Collection[str], *, thing: ThingDefinition) -> None:
    """Refuses roles that the thing does not have. Whether a party can take one is for `resolve_roles` to say."""
    known = [spec.role for spec in thing.roles]
    if set(given) - set(known):
        raise RoleNotKnown(known)


def disputed(
    given: Collection[str], *, fields: Sequence[Field], before: Collection[Element], shown: Collection[str]
) -> frozenset[Element]:
    """The elements that the applicant says are wrong.

    Refuses what no department holds, and what is held of a role that is not `shown` to the applicant.
    """
    open_to = {
        str(field.element): field.element
        for field in fields
        if field.element.role in shown and (_is_held(field) or field.element in before)
    }
    strangers = set(given) - open_to.keys()
    if strangers:
        known = {str(field.element) for field in fields}
        raise DisputeNotPossible(sorted(strangers & known), unknown=len(strangers - known))
    return frozenset(open_to[name] for name in given)


def _is_held(field: Field) -> bool:
    return field.source is not None and field.source.kind != "applicant"


def committed(given: Iterable[Material], *, plan: Plan) -> frozenset[Material]:
    """The materials that a written commitment stands for (Z-REG Art 14). Refuses where the guide allows none."""
    allowed = {planned.material for planned in plan.materials if planned.commitment}
    wanted = frozenset(given)
    if wanted - allowed:
        known = {planned.material for planned in plan.materials}
        raise CommitmentNotOffered(sorted((wanted - allowed) & known))
    return wanted
