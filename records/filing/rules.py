"""What may be filed: verdicts over the catalogue's kinds and vocabulary. Pure."""

from collections.abc import Mapping
from datetime import date, timedelta

import jsonschema_rs
from pydantic import JsonValue

from records.filing.errors import ClaimsNotValid, DateNotFitting, KindNotKnown, NotTheIssuer
from shared.contracts.sharing import EvidenceKind, SharingRules
from shared.texts import has_invisible

EARLIEST = date(1800, 1, 1)
AHEAD = timedelta(days=366)


class FilingRules:
    """The kinds of record of one catalogue release, and what each attribute may say."""

    def __init__(self, published: SharingRules) -> None:
        self.release = published.release
        self._kinds = {kind.code: kind for kind in published.kinds if kind.type == "record"}
        named = {attribute for kind in self._kinds.values() for attribute in kind.attributes}
        self._attributes = {
            attribute: jsonschema_rs.validator_for(schema, validate_formats=True)
            for attribute, schema in published.vocabulary.items()
            if attribute in named and isinstance(schema, dict)
        }

    def kind_for(self, code: str, *, issuer: str | None) -> EvidenceKind:
        """The kind, if this department is its issuer. Refuses KindNotKnown (422) and NotTheIssuer (403)."""
        kind = self._kinds.get(code)
        if kind is None:
            raise KindNotKnown
        if kind.issuer != issuer:
            raise NotTheIssuer
        return kind

    def check_claims(self, kind: EvidenceKind, claims: Mapping[str, JsonValue]) -> None:
        """Refuse (ClaimsNotValid) claims that the kind does not have or the vocabulary does not allow: all at once.

        Names that the caller made up are values too, and not repeated.
        """
        errors: list[JsonValue] = []
        if not claims:
            errors.append({"pointer": "/body/claims", "reason": "a record says something"})
        if set(claims) - set(kind.attributes):
            known = ", ".join(kind.attributes)
            errors.append({"pointer": "/body/claims", "reason": f"this kind holds no more than: {known}"})
        errors += [
            {"pointer": f"/body/claims/{attribute}", "reason": "not what the vocabulary allows"}
            for attribute in kind.attributes
            if attribute in claims and not self._allows(attribute, claims[attribute])
        ]
        if errors:
            raise ClaimsNotValid(errors=errors)

    def _allows(self, attribute: str, value: JsonValue) -> bool:
        if isinstance(value, str) and has_invisible(value):
            return False
        validator = self._attributes.get(attribute)
        return validator is not None and validator.is_valid(value)


def valid_from_for(given: date | None, *, today: date) -> date:
    """The day from which a record is in force: as given, else today. Refuses (DateNotFitting) what cannot be meant."""
    if given is None:
        return today
    if not EARLIEST <= given <= today + AHEAD:
        raise DateNotFitting(earliest=EARLIEST.isoformat(), latest=(today + AHEAD).isoformat())
    return given
