"""Regions as they are loaded and shown."""

from typing import Annotated, Any, Self

from pydantic import Field
from sqlalchemy import Row

from shared.schemas import LegalDate, Line, RegionCode, Strict


class RegionName(Strict):
    zh: Line
    en: Line | None = None


class Region(Strict):
    """One division. `abolished_on`: since when it is no more; its code stays known."""

    code: RegionCode
    name: RegionName
    abolished_on: LegalDate | None = None

    @classmethod
    def of(cls, row: Row[*tuple[Any, ...]]) -> Self:
        name = RegionName(zh=row.name_zh, en=row.name_en)
        return cls(code=row.code, name=name, abolished_on=row.abolished_on)

    def row(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "name_zh": self.name.zh,
            "name_en": self.name.en,
            "abolished_on": self.abolished_on,
        }


class RegionsSay(Strict):
    """Divisions to add or to change; those that are not named stay as they are."""

    regions: Annotated[list[Region], Field(min_length=1, max_length=5000)]


class RegionsLoaded(Strict):
    loaded: int
    new: int
    changed: int
