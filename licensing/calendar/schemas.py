"""Request and response of the calendar."""

from datetime import date
from typing import Annotated

from pydantic import Field

from shared.schemas import Line, Strict


class NamedDay(Strict):
    date: date
    name: Line


class YearOfDays(Strict):
    """The two lists of a yearly notice; every other day follows from its weekday."""

    source_doc: Line
    holidays: Annotated[list[NamedDay], Field(max_length=366)]
    makeup_workdays: Annotated[list[NamedDay], Field(default_factory=list, max_length=366)]


class LoadedYear(Strict):
    year: int
    workdays: int
    source_doc: str
