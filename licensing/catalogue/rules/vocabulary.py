"""Schemas that answers and records are checked against: each says a type, needs no network, and can be compiled."""

from collections.abc import Iterator, Mapping

import jsonschema_rs
from pydantic import JsonValue

from licensing.catalogue.model import Catalogue, Finding
from licensing.catalogue.model.definitions import ChosenClaim
from licensing.catalogue.rules.references import file_of
from licensing.planning.model import Element


def schemas_can_be_used(catalogue: Catalogue) -> Iterator[Finding]:
    """A schema that cannot be compiled would only be found out when the first applicant answers."""
    for attribute in catalogue.attributes.values():
        fault = _fault(attribute.json_schema)
        if fault:
            yield Finding("vocabulary.yaml", attribute.code, "schema-not-valid", fault)


def choices_cover_every_answer(catalogue: Catalogue) -> Iterator[Finding]:
    """Where an answer selects a claim, every answer that the vocabulary allows selects one."""
    for item in catalogue.items.values():
        claims = [claim for result in item.yields for claim in result.claims.values()]
        for claim in claims:
            if isinstance(claim, ChosenClaim):
                allowed = catalogue.attributes[Element.parse(claim.by).attribute].json_schema.get("enum")
                if not isinstance(allowed, list) or set(map(str, allowed)) != claim.options.keys():
                    cause = f"the options must be exactly the values that the schema of `{claim.by}` lists in `enum`"
                    yield Finding(file_of(item), item.code, "choice-not-covered", cause)


RULES = (schemas_can_be_used, choices_cover_every_answer)


def _fault(schema: Mapping[str, JsonValue]) -> str | None:
    if not {"type", "enum"} & schema.keys():
        return "its schema must say a `type` or an `enum`"
    reference = _reference_in(dict(schema))
    if reference:
        return f"`{reference}` is not allowed: a schema stands for itself and fetches nothing"
    try:
        jsonschema_rs.validator_for(dict(schema), validate_formats=True, offline=True)
    except ValueError as error:
        return str(error).partition("\n")[0]
    return None


def _reference_in(value: JsonValue) -> str | None:
    if isinstance(value, list):
        return next(filter(None, map(_reference_in, value)), None)
    if isinstance(value, dict):
        return next((key for key in value if key.startswith("$")), None) or _reference_in(list(value.values()))
    return None
