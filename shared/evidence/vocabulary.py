"""What certificates and records of a kind may say, by the catalogue's vocabulary. Pure."""

from collections.abc import Mapping
from functools import cached_property

import jsonschema_rs
from pydantic import JsonValue

from shared.contracts.sharing import EvidenceKind, SharingRules
from shared.texts import has_invisible


class Vocabulary:
    """The kinds of one catalogue release, and what each attribute may say."""

    def __init__(self, published: SharingRules) -> None:
        self.kinds = {kind.code: kind for kind in published.kinds}
        self._schemas = published.vocabulary

    def faults(self, kind: EvidenceKind, claims: Mapping[str, JsonValue]) -> list[JsonValue]:
        """What of these claims the kind does not have, or the vocabulary does not allow: all at once, as pointers.

        Names that the caller made up are values too, and not repeated.
        """
        found: list[JsonValue] = []
        if not claims:
            found.append({"pointer": "/body/claims", "reason": "something must be said"})
        if set(claims) - set(kind.attributes):
            known = ", ".join(kind.attributes)
            found.append({"pointer": "/body/claims", "reason": f"this kind holds no more than: {known}"})
        found += [
            {"pointer": f"/body/claims/{attribute}", "reason": "not what the vocabulary allows"}
            for attribute in kind.attributes
            if attribute in claims and not self._allows(attribute, claims[attribute])
        ]
        return found

    def _allows(self, attribute: str, value: JsonValue) -> bool:
        if isinstance(value, str) and has_invisible(value):
            return False
        validator = self._validators.get(attribute)
        return validator is not None and validator.is_valid(value)

    @cached_property
    def _validators(self) -> dict[str, jsonschema_rs.Validator]:
        named = {attribute for kind in self.kinds.values() for attribute in kind.attributes}
        return {
            attribute: jsonschema_rs.validator_for(schema, validate_formats=True)
            for attribute, schema in self._schemas.items()
            if attribute in named and isinstance(schema, dict)
        }
