"""Publishing a catalogue: judged, numbered, kept for good, and announced thing by thing."""

from collections.abc import Iterator
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncConnection

from licensing.catalogue import queries
from licensing.catalogue.errors import CatalogueRefused
from licensing.catalogue.lint import judge
from licensing.catalogue.load import Content, parse
from licensing.catalogue.model import Catalogue
from licensing.catalogue.queries import StoredRelease
from shared.canonical import digest
from shared.contracts.events import ThingPublished
from shared.messaging.outbox import Recorded, record_many


async def publish(conn: AsyncConnection, content: Content, *, by: str, at: datetime) -> StoredRelease:
    """The content is the current release, and `thing.published` is recorded for every thing that it changes.

    The same content as the current release is that release; nothing happens. Refuses, with all findings, what the
    once-only lint refuses.
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
    await queries.insert_release(conn, release, by=by)
    before = parse(current.content)[0] if current else None
    await record_many(conn, list(_announcements(before, catalogue, number=release.number, at=at)))
    return release


def thing_id(code: str) -> UUID:
    """The id by which events name a thing: the same in every release and every deployment."""
    return uuid5(NAMESPACE_URL, f"urn:onevisit:thing:{code}")


def _announcements(before: Catalogue | None, after: Catalogue, *, number: int, at: datetime) -> Iterator[Recorded]:
    for code in sorted(after.things.keys() | (before.things.keys() if before else set())):
        if _meaning(before, code) != _meaning(after, code):
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
