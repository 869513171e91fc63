"""Types that request and response shapes are made of. Strict: an unknown field is refused, not dropped."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, StringConstraints

CODE_PATTERN = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"


class Strict(BaseModel):
    """An immutable shape that refuses fields it does not know (mass assignment)."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(Strict):
    """A text for people, in both languages."""

    zh: str
    en: str


def _no_control_characters(value: str) -> str:
    if any(ord(char) < 32 and char not in "\n\t" for char in value):
        raise ValueError("control characters are not allowed")
    return value


def _written_as_a_date(value: object) -> object:
    # Otherwise a number would be taken for seconds since 1970, and an instant for its day somewhere.
    if not isinstance(value, str | date) or (isinstance(value, str) and len(value) != len("2026-01-01")):
        raise ValueError("a date is written 2026-01-31")
    return value


LegalDate = Annotated[date, BeforeValidator(_written_as_a_date)]
Code = Annotated[str, StringConstraints(pattern=CODE_PATTERN, max_length=48)]
ElementCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,47}\.[a-z][a-z0-9-]{0,47}$", max_length=97)]
RegionCode = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{5}$")]
Line = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, strip_whitespace=True),
    AfterValidator(_no_control_characters),
]
Paragraph = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2000, strip_whitespace=True),
    AfterValidator(_no_control_characters),
]

__all__ = [
    "CODE_PATTERN",
    "UUID",
    "AwareDatetime",
    "Code",
    "ElementCode",
    "LegalDate",
    "Line",
    "Paragraph",
    "RegionCode",
    "Strict",
    "Text",
]
