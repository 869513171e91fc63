"""May this row be loaded: from a line to a row, or to why not. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Generic, TypeVar

from pydantic import ValidationError

from shared.contracts.evidence import EvidenceType
from shared.contracts.sharing import EvidenceKind
from shared.evidence.vocabulary import Vocabulary
from shared.imports.errors import Rejected
from shared.imports.lines import Line
from shared.imports.model import Rejection
from shared.imports.schemas import Row
from shared.web.bodies import MalformedJson, check_json

RowT = TypeVar("RowT", bound=Row)

EARLIEST = date(1800, 1, 1)
AHEAD = timedelta(days=366)
# Written where a certificate has no last day; here such a day is left out.
NO_END_YEAR = 9999


@dataclass(frozen=True, slots=True)
class Judged(Generic[RowT]):
    """A row that may be loaded if its party is known."""

    line: int
    row: RowT
    kind: EvidenceKind


@dataclass(frozen=True, slots=True)
class Judge(Generic[RowT]):
    """Judges the rows of one department on one day. `check` is what the type of evidence asks beside (Rejected)."""

    evidence_type: EvidenceType
    row: type[RowT]
    check: Callable[[RowT, date], None]
    vocabulary: Vocabulary
    issuer: str
    today: date

    def __call__(self, line: Line) -> Judged[RowT] | Rejection:
        """The row, or the first thing that is wrong with it."""
        try:
            row = self._read(line)
            kind = self._kind_of(row)
            self.check(row, self.today)
        except Rejected as refusal:
            return Rejection(line.number, refusal.code, refusal.field)
        return Judged(line.number, row, kind)

    def _read(self, line: Line) -> RowT:
        if line.content is None:
            raise Rejected("row-too-long")
        try:
            check_json(line.content)
            return self.row.model_validate_json(line.content)
        except MalformedJson:
            raise Rejected("malformed-json") from None
        except ValidationError as error:
            raise Rejected("row-not-valid", self._field_of(error)) from None

    def _field_of(self, error: ValidationError) -> str:
        # A field that is made up is a value too: only those that a row has are named.
        location = error.errors(include_input=False, include_context=False, include_url=False)[0]["loc"]
        return f"/{location[0]}" if location and location[0] in self.row.model_fields else ""

    def _kind_of(self, row: RowT) -> EvidenceKind:
        kind = self.vocabulary.kinds.get(row.kind)
        if kind is None or kind.type != self.evidence_type:
            raise Rejected("kind-not-known", "/kind")
        if kind.issuer != self.issuer:
            raise Rejected("not-the-issuer", "/kind")
        for fault in self.vocabulary.faults(kind, row.claims):
            assert isinstance(fault, dict)
            raise Rejected("claims-not-valid", str(fault["pointer"]).removeprefix("/body"))
        return kind


def check_past(day: date, *, today: date, field: str) -> None:
    """Refuse (Rejected) a day of an act that is still to come, or from before living memory."""
    if not EARLIEST <= day <= today:
        raise Rejected("date-not-fitting", field)


def check_validity(valid_from: date, valid_until: date | None, *, today: date) -> None:
    """Refuse (Rejected) a validity that begins in another age, ends before it begins, or ends in the year 9999."""
    if not EARLIEST <= valid_from <= today + AHEAD:
        raise Rejected("date-not-fitting", "/valid_from")
    if valid_until is not None and not (valid_from <= valid_until and valid_until.year < NO_END_YEAR):
        raise Rejected("date-not-fitting", "/valid_until")
