"""Request and response of the calendar."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from shared.schemas import Line, Strict


class NamedDay(Strict):
    date: date
    name: Line


class YearOfDays(Strict):
    """The two lists of a yearly notice; every other day follows from its weekday."""

    source_doc: Line
    holidays: Annotated[list[NamedDay], Field(max_length=366)]
    makeup_workdays: Annotated[list[NamedDay], Field(default_factory=list, max_length=366)]

    @model_validator(mode="after")
    def _a_day_is_named_once(self) -> Self:
        for named in (self.holidays, self.makeup_workdays):
            days = [each.date for each in named]
            twice = sorted({day for day in days if days.count(day) > 1})
            if twice:
                raise ValueError(f"named twice: {', '.join(day.isoformat() for day in twice)}")
        return self


class LoadedYear(Strict):
    year: int
    workdays: int
    source_doc: str


class Years(Strict):
    """Years without a gap between the first and the last."""

    items: list[LoadedYear]


class YearShown(LoadedYear):
    """A year as it is administered; every other day follows from its weekday."""

    holidays: list[NamedDay]
    makeup_workdays: list[NamedDay]
