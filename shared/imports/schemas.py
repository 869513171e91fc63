"""Shapes of imports: what every row says, and the report."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, Field, JsonValue, StringConstraints

from shared.contracts.evidence import EvidenceType
from shared.imports.errors import TEXTS, RejectionCode
from shared.imports.model import Import, Rejection
from shared.schemas import Code, Strict, Text
from shared.texts import has_invisible


def _visible(value: str) -> str:
    if has_invisible(value):
        raise ValueError("signs that nobody sees are not allowed")
    return value


# The row's own key in the department's register: whatever is sent again, a key is loaded once.
SourceKey = Annotated[str, StringConstraints(min_length=1, max_length=128), AfterValidator(_visible)]


class Row(Strict):
    """What a row of every type says. `claims` are checked against the kind's attributes and the vocabulary."""

    key: SourceKey
    kind: Code
    party: UUID
    claims: Annotated[Mapping[str, JsonValue], Field(max_length=100)]

    @property
    def order(self) -> str:
        """By what rows are loaded in the same order everywhere: what is unique of them beyond their department."""
        return self.key


class ImportView(Strict):
    """How far an import has come. To continue one that broke, send the file from `next_line` on, or all of it again.

    `added`: rows loaded; `repeated`: rows sent again whose key was loaded before, left as they were; `mismatched`: of
    those added, certificates whose number has a check character that does not agree or the credit code of another
    body; `rejected`: lines with a fault.
    """

    id: UUID
    type: EvidenceType
    started_at: datetime
    changed_at: datetime
    next_line: int
    added: int
    repeated: int
    mismatched: int
    rejected: int

    @classmethod
    def of(cls, found: Import, type: EvidenceType) -> Self:  # noqa: A002 - the word of the API
        """The view of an import as it is now."""
        shown = {name: getattr(found, name) for name in cls.model_fields if name != "type"}
        return cls(type=type, **shown)


class RejectionView(Text):
    """One line that was not loaded: which, why, and which field of it. What it says is not repeated."""

    line: int
    code: RejectionCode
    field: str

    @classmethod
    def of(cls, rejection: Rejection) -> Self:
        """The rejection with its text for people."""
        text = TEXTS[rejection.code]
        return cls(line=rejection.line, code=rejection.code, field=rejection.field, zh=text.zh, en=text.en)
