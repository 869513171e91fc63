"""What the catalogue looks like from outside: things, the guide of a thing, and the answer to a publication."""

from datetime import datetime
from typing import Literal

from pydantic import Field, JsonValue

from licensing.catalogue.model import Guide
from shared.schemas import Code, Strict, Text


class ThingSummary(Strict):
    """A thing in a list."""

    code: Code
    title: Text
    summary: Text
    stage: Code
    applicant: str
    lead: Code
    items: list[Code]
    visits: int
    promised_days: int


class OptionShown(Strict):
    """One answer to a question of situation."""

    code: Code
    label: Text


class QuestionShown(Strict):
    """A question of situation; its default holds until it is answered."""

    code: Code
    label: Text
    options: list[OptionShown]
    default: Code


class Days(Strict):
    """Working days from application to result. `legal` is null where the law sets no limit for some item."""

    promised: int
    legal: int | None


class Asked(Strict):
    """What nobody holds, and why it is asked."""

    element: str
    label: Text
    why: Text
    serves: list[Code]


class MaterialShown(Strict):
    """A material and where it comes from: its holder, or an item of this thing. The applicant brings none of them."""

    evidence_kind: Code
    role: Code
    label: Text
    held_by: Code | None
    from_item: Code | None
    serves: list[Code]


class ItemShown(Strict):
    """An item with its place in the order of work and its own guide."""

    item: Code
    title: Text
    department: Code
    department_name: Text
    when: dict[str, str]
    waits_for: list[Code]
    guide: Guide


class ThingGuide(Strict):
    """The guide of a thing (办事指南): everything that applicants may know before they apply."""

    code: Code
    title: Text
    summary: Text
    stage: Code
    applicant: str
    lead: Code
    release: int
    visits: int
    days: Days
    questions: list[QuestionShown]
    asked: list[Asked]
    materials: list[MaterialShown]
    items: list[ItemShown]
    law: list[Text]


class CatalogueContent(Strict):
    """A catalogue to publish: what each file says, by file name (`things/newborn.yaml`)."""

    content: dict[str, JsonValue] = Field(min_length=1, max_length=2000)


class ReleasePublished(Strict):
    """The release that the content is."""

    number: int
    digest: str
    published_at: datetime


class ReleaseListed(ReleasePublished):
    """`restores`: the release whose content this one is again."""

    published_by: str
    restores: int | None = None


class FindingShown(Strict):
    """Why a content may not be published."""

    file: str
    item: str
    code: str
    cause: str


class ThingChange(Strict):
    thing: Code
    change: Literal["added", "changed", "removed"]


class CatalogueChecked(Strict):
    """What publication would come to: refused for the findings, or these things changed. `release`: the current one."""

    release: int | None
    findings: list[FindingShown]
    changes: list[ThingChange]
