"""Publication: numbered, kept, announced; the same content is the same release."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import RowMapping, text

from licensing.catalogue.commands import check, publish, restore, thing_id
from licensing.catalogue.errors import (
    CatalogueNotPublished,
    CatalogueRefused,
    ReleaseNotFound,
    ThingNotFound,
    ThingNotOfferedInRegion,
)
from licensing.catalogue.queries import StoredRelease, get_release, list_releases
from licensing.catalogue.releases import Releases
from shared.database import Database
from tests.licensing.catalogue.factories import Content, label, lawful, spoiled
from tests.support.clock import FrozenClock

ANOTHER_THING = "things/again.yaml"


async def published(database: Database, clock: FrozenClock, content: Content) -> StoredRelease:
    async with database.transaction() as conn:
        return await publish(conn, content, by="ops:ops", at=clock())


async def announced(database: Database) -> Sequence[RowMapping]:
    query = text("SELECT type, topic, subject, version, data FROM outbox ORDER BY id")
    async with database.read() as conn:
        return (await conn.execute(query)).mappings().all()


def with_a_second_thing() -> Content:
    content = lawful()
    newborn = content["things/newborn.yaml"]
    assert isinstance(newborn, dict)
    return {**content, ANOTHER_THING: {**newborn, "code": "again"}}


class TestPublishing:
    async def test_the_first_release_has_number_one_and_announces_every_thing(
        self, database: Database, clock: FrozenClock
    ) -> None:
        release = await published(database, clock, with_a_second_thing())

        assert release.number == 1
        assert [event["topic"] for event in await announced(database)] == [
            "evt.thing.published.again.33.00.00",
            "evt.thing.published.newborn.33.00.00",
        ]

    async def test_the_event_names_thing_and_release_and_nothing_else(
        self, database: Database, clock: FrozenClock
    ) -> None:
        await published(database, clock, lawful())

        (event,) = await announced(database)
        assert (event["type"], event["subject"], event["version"]) == ("thing.published.v1", thing_id("newborn"), 1)
        assert event["data"] == '{"release":1,"thing":"newborn"}'

    async def test_the_same_content_is_the_same_release_and_announces_nothing(
        self, database: Database, clock: FrozenClock
    ) -> None:
        first = await published(database, clock, lawful())
        again = await published(database, clock, dict(reversed(lawful().items())))

        assert again == first
        assert len(await announced(database)) == 1

    async def test_only_things_whose_meaning_changed_are_announced(
        self, database: Database, clock: FrozenClock
    ) -> None:
        await published(database, clock, with_a_second_thing())
        changed = with_a_second_thing()
        changed["things/newborn.yaml"] = spoiled("things/newborn.yaml title", label("a birth"))["things/newborn.yaml"]

        release = await published(database, clock, changed)

        assert release.number == 2
        assert [event["data"] for event in await announced(database)][2:] == ['{"release":2,"thing":"newborn"}']

    async def test_a_changed_sharing_rule_is_announced_for_the_things_that_stand_on_it(
        self, database: Database, clock: FrozenClock
    ) -> None:
        await published(database, clock, lawful())
        await published(database, clock, spoiled("sharing-rules.yaml sharing_rules 0 regions", ["330700"]))

        assert len(await announced(database)) == 2

    async def test_a_thing_that_is_gone_is_announced(self, database: Database, clock: FrozenClock) -> None:
        await published(database, clock, with_a_second_thing())
        await published(database, clock, lawful())

        assert (await announced(database))[-1]["topic"] == "evt.thing.published.again.33.00.00"

    async def test_returning_to_older_content_is_a_new_release(self, database: Database, clock: FrozenClock) -> None:
        first = await published(database, clock, lawful())
        await published(database, clock, with_a_second_thing())
        third = await published(database, clock, lawful())

        assert (third.number, third.digest) == (3, first.digest)

    async def test_a_refused_catalogue_leaves_nothing(self, database: Database, clock: FrozenClock) -> None:
        with pytest.raises(CatalogueRefused) as refusal:
            await published(database, clock, spoiled("items/card.yaml guide contact", "12345"))

        assert [finding.code for finding in refusal.value.findings] == ["supervision-is-contact"]
        assert await announced(database) == []
        async with database.read() as conn:
            with pytest.raises(CatalogueNotPublished):
                await Releases().current(conn)

    async def test_two_publications_at_once_get_two_numbers(self, database: Database, clock: FrozenClock) -> None:
        releases = await asyncio.gather(
            published(database, clock, lawful()), published(database, clock, with_a_second_thing())
        )

        assert sorted(release.number for release in releases) == [1, 2]

    async def test_a_release_cannot_be_numbered_from_zero(self, database: Database) -> None:
        insert = text("INSERT INTO catalogue_releases VALUES (0, 'sha256:0', '{}', now(), 'ops')")
        with pytest.raises(Exception, match="ck_catalogue_releases_number_from_one"):
            async with database.transaction() as conn:
                await conn.execute(insert)


class TestReleases:
    async def test_a_draft_keeps_the_release_that_it_was_made_under(
        self, database: Database, clock: FrozenClock
    ) -> None:
        await published(database, clock, lawful())
        await published(database, clock, spoiled("things/newborn.yaml title", label("a birth")))

        releases = Releases()
        async with database.read() as conn:
            frozen, current = await releases.get(conn, 1), await releases.current(conn)

        assert (frozen.catalogue.things["newborn"].title.en, current.catalogue.things["newborn"].title.en) == (
            "newborn",
            "a birth",
        )

    async def test_a_release_keeps_what_was_published_not_what_was_made_of_it(
        self, database: Database, clock: FrozenClock
    ) -> None:
        await published(database, clock, lawful())
        async with database.read() as conn:
            assert (await get_release(conn, 1)).content == lawful()

    async def test_a_release_that_can_no_longer_be_read_stops_the_work_that_needs_it(self, database: Database) -> None:
        insert = text("INSERT INTO catalogue_releases VALUES (1, 'sha256:0', '{\"old.yaml\": 1}', now(), 'ops')")
        async with database.transaction() as conn:
            await conn.execute(insert)

            with pytest.raises(RuntimeError, match="release 1"):
                await Releases().get(conn, 1)

    async def test_a_release_is_parsed_once(self, database: Database, clock: FrozenClock) -> None:
        await published(database, clock, lawful())

        releases = Releases()
        async with database.read() as conn:
            assert await releases.get(conn, 1) is await releases.get(conn, 1)
            assert (await releases.current(conn)).definition("newborn") is (await releases.current(conn)).definition(
                "newborn"
            )

    async def test_another_process_sees_a_publication_within_a_second(
        self, database: Database, clock: FrozenClock
    ) -> None:
        seconds = 0.0
        releases = Releases(timer=lambda: seconds)
        numbers = []
        async with database.read() as conn:
            for content, passed in ((lawful(), 0.0), (with_a_second_thing(), 0.5), (with_a_second_thing(), 1.5)):
                await published(database, clock, content)
                seconds = passed
                numbers.append((await releases.current(conn)).number)

        assert numbers == [1, 1, 2]

    async def test_its_own_process_sees_a_publication_at_once(self, database: Database, clock: FrozenClock) -> None:
        releases = Releases(timer=lambda: 0.0)
        async with database.read() as conn:
            await published(database, clock, lawful())
            await releases.current(conn)
            await published(database, clock, with_a_second_thing())
            releases.forget_current()

            assert (await releases.current(conn)).number == 2

    async def test_a_thing_that_is_not_there_or_not_offered_is_refused(
        self, database: Database, clock: FrozenClock
    ) -> None:
        await published(database, clock, lawful())
        async with database.read() as conn:
            release = await Releases().current(conn)

        assert release.definition("newborn", region="330782").code == "newborn"
        with pytest.raises(ThingNotFound):
            release.definition("funeral", region="330782")
        with pytest.raises(ThingNotOfferedInRegion):
            release.definition("newborn", region="440100")


class TestRollingBack:
    async def test_an_earlier_content_is_current_again_as_a_release_of_its_own(
        self, database: Database, clock: FrozenClock
    ) -> None:
        first = await published(database, clock, lawful())
        await published(database, clock, with_a_second_thing())
        async with database.transaction() as conn:
            back = await restore(conn, 1, by="ops:ops", at=clock())
        async with database.read() as conn:
            listed = await list_releases(conn, before=None, limit=10)

        assert (back.number, back.digest) == (3, first.digest)
        assert [(release.number, release.restores) for release in listed] == [(3, 1), (2, None), (1, None)]

    async def test_what_it_takes_back_is_announced(self, database: Database, clock: FrozenClock) -> None:
        await published(database, clock, lawful())
        await published(database, clock, with_a_second_thing())
        async with database.transaction() as conn:
            await restore(conn, 1, by="ops:ops", at=clock())

        assert [event["data"] for event in await announced(database)][2:] == ['{"release":3,"thing":"again"}']

    async def test_to_restore_what_is_current_changes_nothing(self, database: Database, clock: FrozenClock) -> None:
        first = await published(database, clock, lawful())
        async with database.transaction() as conn:
            assert await restore(conn, 1, by="ops:ops", at=clock()) == first
        assert len(await announced(database)) == 1

    async def test_a_number_that_no_release_has_is_refused(self, database: Database, clock: FrozenClock) -> None:
        await published(database, clock, lawful())
        async with database.transaction() as conn:
            with pytest.raises(ReleaseNotFound):
                await restore(conn, 2, by="ops:ops", at=clock())


class TestChecking:
    async def test_says_what_would_change_and_changes_nothing(self, database: Database, clock: FrozenClock) -> None:
        await published(database, clock, lawful())
        async with database.transaction() as conn:
            judged = await check(conn, with_a_second_thing())

        assert (judged.release, judged.findings, judged.changes) == (1, [], {"again": "added"})
        assert len(await announced(database)) == 1

    async def test_says_what_would_be_gone_and_what_would_mean_something_else(
        self, database: Database, clock: FrozenClock
    ) -> None:
        await published(database, clock, with_a_second_thing())
        other = {**spoiled("things/newborn.yaml title", label("a birth"))}
        async with database.transaction() as conn:
            judged = await check(conn, other)

        assert judged.changes == {"again": "removed", "newborn": "changed"}

    async def test_says_all_that_keeps_it_from_being_published(self, database: Database) -> None:
        async with database.transaction() as conn:
            judged = await check(conn, {"unknown.yaml": 1})

        assert judged.release is None
        assert "unknown-file" in {finding.code for finding in judged.findings}
        assert judged.changes == {}
