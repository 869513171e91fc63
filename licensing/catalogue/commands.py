"""Publishing a catalogue: judged, numbered, kept for good, and announced thing by thing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncConnection

from licensing.catalogue import queries
from licensing.catalogue.errors import CatalogueRefused, ReleaseNotFound
from licensing.catalogue.lint import judge
from licensing.catalogue.load import Content, parse
from licensing.catalogue.model import Catalogue, Finding
from licensing.catalogue.queries import StoredRelease
from shared.administration import record_act
from shared.canonical import digest
from shared.contracts.events import ThingPublished
from shared.messaging.outbox import Recorded, record_many

Change = Literal["added", "changed", "removed"]


@dataclass(frozen=True)
class Judgement:
    """What publishing a content would come to: what keeps it from it, and what it would change."""

    release: int | None
    findings: Sequence[Finding]
    changes: Mapping[str, Change]


async def publish(
    conn: AsyncConnection, content: Content, *, by: str, at: datetime, restores: int | None = None
) -> StoredRelease:
    """The content is the current release, and `thing.published` is recorded for every thing that it changes.

    The same content as the current release is that release; nothing happens. Refuses, with all findings, what the
    once-only lint refuses. `restores`: the release whose content it is again.
    """
    catalogue, findings = judge(content)
    if findings:
        raise CatalogueRefused(findings)
    await queries.lock_publication(conn)
    number = await queries.find_current_number(conn)
    current = await queries.get_release(conn, number) if number else None
    fingerprint = digest(dict(content))
    if current and current.digest == fingerprint:
        return current
    release = StoredRelease((number or 0) + 1, fingerprint, dict(content), at)
    await queries.insert_release(conn, release, by=by, restores=restores)
    act, details = "catalogue.published" if restores is None else "catalogue.restored", {"restores": restores}
    await record_act(conn, act, subject=str(release.number), by=by, at=at, details=details if restores else None)
    before = parse(current.content)[0] if current else None
    await record_many(conn, list(_announcements(before, catalogue, number=release.number, at=at)))
    return release


async def restore(conn: AsyncConnection, number: int, *, by: str, at: datetime) -> StoredRelease:
    """The content of an earlier release is current again, as a release of its own; what is running keeps the one that
    it began with.

    Refuses a number that no release has (ReleaseNotFound), and a content that the lint of today refuses.
    """
    earlier = await queries.find_release(conn, number)
    if earlier is None:
        raise ReleaseNotFound
    return await publish(conn, earlier.content, by=by, at=at, restores=number)


async def check(conn: AsyncConnection, content: Content) -> Judgement:
    """What publishing this content would come to, now. Nothing changes."""
    catalogue, findings = judge(content)
    number = await queries.find_current_number(conn)
    current = await queries.get_release(conn, number) if number else None
    before = parse(current.content)[0] if current else None
    return Judgement(number, findings, {} if findings else dict(_changes(before, catalogue)))


def thing_id(code: str) -> UUID:
    """The id by which events name a thing: the same in every release and every deployment."""
    return uuid5(NAMESPACE_URL, f"urn:onevisit:thing:{code}")


def _announcements(before: Catalogue | None, after: Catalogue, *, number: int, at: datetime) -> Iterator[Recorded]:
    for code, _ in _changes(before, after):
        # A thing that is gone is announced where it was offered: its sharing rules have ended.
        catalogue = after if code in after.things else before or after
        yield Recorded(
            event=ThingPublished(thing=code, release=number),
            subject=thing_id(code),
            version=number,
            region=catalogue.items[catalogue.things[code].items[0].item].region,
            kind=code,
            at=at,
        )


def _changes(before: Catalogue | None, after: Catalogue) -> Iterator[tuple[str, Change]]:
    """The things that mean something else than before, by code."""
    for code in sorted(after.things.keys() | (before.things.keys() if before else set())):
        was, becomes = _meaning(before, code), _meaning(after, code)
        if was != becomes:
            yield code, "added" if was is None else "removed" if becomes is None else "changed"


def _meaning(catalogue: Catalogue | None, code: str) -> JsonValue:
    """All that the catalogue says of a thing: its items, who may read what for them, and the words that they use."""
    if catalogue is None or code not in catalogue.things:
        return None
    thing = catalogue.things[code]
    items = {part.item: catalogue.items[part.item] for part in thing.items}
    rules = [rule for rule in catalogue.sharing_rules if rule.item in items]
    kinds = {rule.kind for rule in rules} | {result.kind for item in items.values() for result in item.yields}
    attributes = {attribute for kind in kinds for attribute in catalogue.kinds[kind].attributes}
    attributes |= {need.element.split(".")[1] for item in items.values() for need in item.needs.elements}
    return {
        "thing": thing.model_dump(mode="json"),
        "items": {name: item.model_dump(mode="json") for name, item in items.items()},
        "rules": [rule.model_dump(mode="json") for rule in rules],
        "kinds": {kind: catalogue.kinds[kind].model_dump(mode="json") for kind in sorted(kinds)},
        "attributes": {name: catalogue.attributes[name].model_dump(mode="json") for name in sorted(attributes)},
    }
