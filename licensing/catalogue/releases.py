"""Releases in memory. A release never changes, so each is read and parsed once; only which is current can change."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from time import monotonic

from sqlalchemy.ext.asyncio import AsyncConnection

from licensing.catalogue import queries
from licensing.catalogue.errors import CatalogueNotPublished, ThingNotFound, ThingNotOfferedInRegion
from licensing.catalogue.guides import guide_of, summary_of
from licensing.catalogue.load import parse
from licensing.catalogue.model import Catalogue
from licensing.catalogue.schemas import ThingSummary
from licensing.planning.model import ThingDefinition
from shared.contracts.sharing import (
    EvidenceKind,
    NamedDepartment,
    OfferedItem,
    OfferedThing,
    SharingRule,
    SharingRules,
)
from shared.evidence.rules import SharingTable

CURRENT_FOR_SECONDS = 1.0


@dataclass(frozen=True)
class Release:
    """One published catalogue, with its number."""

    number: int
    digest: str
    catalogue: Catalogue
    _guides: dict[str, bytes] = field(default_factory=dict, init=False, repr=False, compare=False)
    _summaries: dict[str, ThingSummary] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def etag(self) -> str:
        """Changes with the release, whatever part of it is read."""
        return f'"{self.digest.removeprefix("sha256:")[:32]}"'

    def definition(self, thing: str, *, region: str | None = None) -> ThingDefinition:
        """The thing for planning. Refuses one that the catalogue does not have, or does not offer in the region."""
        if thing not in self.catalogue.things:
            raise ThingNotFound(thing=thing)
        if region is not None and not self.catalogue.is_offered(thing, region=region):
            raise ThingNotOfferedInRegion(thing=thing, region=region)
        return self.catalogue.definition(thing)

    def find(self, *, stage: str | None, text: str | None, applicant: str | None, after: str) -> list[str]:
        """Codes of things after a code, in order, by life stage, applicant, and a part of their texts."""
        part = (text or "").casefold()
        return [
            code
            for code, thing in sorted(self.catalogue.things.items())
            if code > after
            and stage in {None, thing.stage}
            and applicant in {None, thing.applicant}
            and any(
                part in said.casefold() for said in (thing.title.zh, thing.title.en, thing.summary.zh, thing.summary.en)
            )
        ]

    def summary(self, thing: str) -> ThingSummary:
        """The thing as it stands in a list."""
        if thing not in self._summaries:
            self._summaries[thing] = summary_of(self.catalogue, thing)
        return self._summaries[thing]

    def guide(self, thing: str) -> bytes:
        """The guide of the thing, as JSON."""
        if thing not in self._guides:
            self._guides[thing] = guide_of(self.catalogue, thing, release=self.number).model_dump_json().encode()
        return self._guides[thing]

    @cached_property
    def sharing(self) -> SharingTable:
        """The sharing rules, ready to be asked."""
        return SharingTable(self.sharing_rules())

    def sharing_rules(self) -> SharingRules:
        """What other services must know: kinds, vocabulary, one rule per reader, and departments."""
        return SharingRules(
            release=self.number,
            rules=tuple(
                SharingRule(item=r.item, reader=reader, kind=r.kind, attributes=r.attributes, regions=r.regions)
                for r in self.catalogue.sharing_rules
                for reader in r.readers
            ),
            kinds=tuple(
                EvidenceKind(
                    code=k.code,
                    type=k.type,
                    label=k.label,
                    issuer=k.issuer,
                    attributes=k.attributes,
                    prints_number=k.prints_number,
                    one_per_holder=k.one_per_holder,
                )
                for k in self.catalogue.kinds.values()
            ),
            vocabulary={code: attribute.json_schema for code, attribute in self.catalogue.attributes.items()},
            labels={code: attribute.label for code, attribute in self.catalogue.attributes.items()},
            items=tuple(OfferedItem(code=i.code, department=i.department) for i in self.catalogue.items.values()),
            things=tuple(
                OfferedThing(code=t.code, items=tuple(part.item for part in t.items))
                for t in self.catalogue.things.values()
            ),
            departments=tuple(
                NamedDepartment(code=d.code, name=d.name, uscc=d.uscc) for d in self.catalogue.departments.values()
            ),
        )


class Releases:
    """The releases of this process. Another process's publication is seen within a second, its own at once."""

    def __init__(self, *, timer: Callable[[], float] = monotonic) -> None:
        self._timer = timer
        self._parsed: dict[int, Release] = {}
        self._current: Release | None = None
        self._checked = 0.0

    def fresh(self) -> Release | None:
        """The newest release, if it was looked up within the last second: most readers need no connection."""
        return self._current if self._timer() - self._checked <= CURRENT_FOR_SECONDS else None

    async def current(self, conn: AsyncConnection) -> Release:
        """The newest release. Refuses with 503 before the first is published."""
        release = self.fresh()
        if release is None:
            number = await queries.find_current_number(conn)
            if number is None:
                raise CatalogueNotPublished
            release = self._current = await self.get(conn, number)
            self._checked = self._timer()
        return release

    async def get(self, conn: AsyncConnection, number: int) -> Release:
        """The release that a draft or a case was made under."""
        if number not in self._parsed:
            stored = await queries.get_release(conn, number)
            catalogue, findings = parse(stored.content)
            if findings:
                raise RuntimeError(f"release {number} of the catalogue can no longer be read: {findings[0].cause}")
            self._parsed[number] = Release(stored.number, stored.digest, catalogue)
        return self._parsed[number]

    def forget_current(self) -> None:
        """Ask the database again next time; called after a publication has committed."""
        self._current = None
