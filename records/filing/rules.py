"""What may be filed: verdicts over the catalogue's kinds and vocabulary. Pure."""

from collections.abc import Mapping
from datetime import date, timedelta

from pydantic import JsonValue

from records.filing.errors import ClaimsNotValid, DateNotFitting, KindNotKnown, NotTheIssuer
from shared.contracts.sharing import EvidenceKind, SharingRules
from shared.evidence.vocabulary import Vocabulary

EARLIEST = date(1800, 1, 1)
AHEAD = timedelta(days=366)


class FilingRules:
    """The kinds of record of one catalogue release, and what each attribute may say."""

    def __init__(self, published: SharingRules) -> None:
        self.release = published.release
        self._vocabulary = Vocabulary(published)
        self._kinds = {code: kind for code, kind in self._vocabulary.kinds.items() if kind.type == "record"}

    def kind_for(self, code: str, *, issuer: str | None) -> EvidenceKind:
        """The kind, if this department is its issuer. Refuses KindNotKnown (422) and NotTheIssuer (403)."""
        kind = self._kinds.get(code)
        if kind is None:
            raise KindNotKnown
        if kind.issuer != issuer:
            raise NotTheIssuer
        return kind

    def check_claims(self, kind: EvidenceKind, claims: Mapping[str, JsonValue]) -> None:
        """Refuse (ClaimsNotValid) claims that the kind does not have or the vocabulary does not allow: all at once."""
        errors = self._vocabulary.faults(kind, claims)
        if errors:
            raise ClaimsNotValid(errors=errors)


def valid_from_for(given: date | None, *, today: date) -> date:
    """The day from which a record is in force: as given, else today. Refuses (DateNotFitting) what cannot be meant."""
    if given is None:
        return today
    if not EARLIEST <= given <= today + AHEAD:
        raise DateNotFitting(earliest=EARLIEST.isoformat(), latest=(today + AHEAD).isoformat())
    return given
