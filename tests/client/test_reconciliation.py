"""Complete, or said where not: gaps by name, healing, alarms."""

from collections.abc import Sequence
from re import fullmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onevisit_client import Alarm, Gap, Page, PlatformUnavailable, Retrying, reconcile
from onevisit_client.intake import Intake
from onevisit_client.reconciliation import feed_of, matches, say_nothing
from shared.messaging.topics import pattern_of
from tests.client.conftest import Department
from tests.client.fake import BIRTHS, DEATHS, EVERYTHING

CERTIFICATES = "/certificates"


async def hold(department: Department, *topics: str) -> None:
    """The subscriber has everything until now."""
    async with department.at_work(*topics):
        await department.until_handed(len(department.fake.log))


async def test_who_has_everything_is_told_so(department: Department) -> None:
    department.fake.record_many(3)
    department.fake.record(DEATHS, source="/licensing")
    await hold(department)
    report = await reconcile(department.platform, [EVERYTHING], department.inbox, department.handle)
    assert (report.complete, report.gaps, report.topics, report.events) == (True, [], 2, 4)


async def test_every_gap_is_named_and_healed(department: Department) -> None:
    department.fake.record_many(2)
    await hold(department)
    missing = [department.fake.record(), department.fake.record(), department.fake.record(DEATHS)]
    report = await reconcile(department.platform, [EVERYTHING], department.inbox, department.handle)
    gaps = [Gap(CERTIFICATES, BIRTHS, 3, 4), Gap(CERTIFICATES, DEATHS, 1, 1)]
    assert (report.gaps, report.healed, report.unhealed, report.complete) == (gaps, gaps, [], True)
    assert sorted(department.ids[2:]) == sorted(str(event.id) for event in missing)


async def test_without_a_handler_what_is_missing_waits_for_the_subscriber(department: Department) -> None:
    told = department.fake.record_many(3)
    report = await reconcile(department.platform, [EVERYTHING], department.inbox)
    assert report.healed == [Gap(CERTIFICATES, BIRTHS, 1, 3)]
    assert len(await department.inbox.waiting()) == 3
    async with department.at_work():
        await department.until_handed(3)
    assert sorted(department.ids) == sorted(str(event.id) for event in told)
    assert await department.inbox.waiting() == []


async def test_what_cannot_be_healed_is_named(department: Department) -> None:
    told = department.fake.record_many(5)
    department.fake.hidden.add(told[2].id)
    report = await reconcile(department.platform, [EVERYTHING], department.inbox, department.handle)
    assert report.gaps == [Gap(CERTIFICATES, BIRTHS, 1, 5)]
    assert report.healed == [Gap(CERTIFICATES, BIRTHS, 1, 2)]
    assert report.unhealed == [Gap(CERTIFICATES, BIRTHS, 3, 5)]
    assert not report.complete


async def test_a_failing_handler_parks_and_heals_nonetheless(department: Department) -> None:
    bad = department.fake.record()
    department.fake.record()
    department.broken.add(str(bad.subject))
    report = await reconcile(
        department.platform, [EVERYTHING], department.inbox, department.handle, retrying=Retrying(attempts=1)
    )
    assert report.complete
    assert [each.event.id for each in await department.inbox.parked()] == [str(bad.id)]


async def test_a_source_that_does_not_answer_leaves_the_question_open(department: Department) -> None:
    department.fake.record(source="/licensing")
    department.fake.silent.append("licensing")
    report = await reconcile(department.platform, [EVERYTHING], department.inbox, department.handle)
    assert (report.complete, report.unavailable, report.gaps) == (False, ["licensing"], [])


async def test_an_event_that_is_not_what_it_was_is_an_alarm(department: Department) -> None:
    department.fake.record_many(3)
    await hold(department)
    sequence, position, _ = department.fake.heads[CERTIFICATES, BIRTHS]
    department.fake.heads[CERTIFICATES, BIRTHS] = (sequence, position, b"x" * 32)
    report = await reconcile(department.platform, [EVERYTHING], department.inbox, department.handle)
    assert [(alarm.kind, alarm.topic, alarm.sequence) for alarm in report.alarms] == [("hash-differs", BIRTHS, 3)]
    assert not report.complete


async def test_a_platform_that_counts_fewer_is_an_alarm(department: Department) -> None:
    department.fake.record_many(3)
    department.fake.record(DEATHS)
    await hold(department)
    department.fake.heads.clear()
    department.fake.log.clear()
    department.fake.record_many(2)
    report = await reconcile(department.platform, [EVERYTHING], department.inbox, department.handle)
    assert [(alarm.kind, alarm.topic) for alarm in report.alarms if alarm.kind == "platform-behind"] == [
        ("platform-behind", BIRTHS),
        ("platform-behind", DEATHS),
    ]


async def test_another_event_under_a_number_that_is_taken_is_an_alarm(department: Department) -> None:
    department.fake.record_many(2)
    await hold(department)
    department.fake.heads.clear()
    department.fake.log.clear()
    department.fake.record()
    alarms: list[Alarm] = []

    async def note(alarm: Alarm) -> None:
        alarms.append(alarm)

    await department.inbox.save_cursor(f"feed {EVERYTHING}", "")
    department.handed.clear()
    async with department.at_work(on_alarm=note):
        await department.until(lambda: bool(alarms))
    assert [alarm.kind for alarm in alarms] == ["id-differs"]
    assert department.handed == []


async def test_a_hash_that_the_subscriber_passed_since_is_compared_where_it_was(department: Department) -> None:
    department.fake.record_many(2)
    counted_before = dict(department.fake.heads)
    department.fake.record()
    await hold(department)
    # Heads that were read before the last event came: no alarm, and no gap.
    department.fake.heads.clear()
    department.fake.heads.update(counted_before)
    recorded = await department.inbox.recorded(CERTIFICATES, BIRTHS, 2)
    assert recorded is not None
    assert recorded[1] == counted_before[CERTIFICATES, BIRTHS][2]


async def test_an_empty_page_is_not_the_end_of_the_feed(department: Department) -> None:
    department.fake.record(DEATHS)
    department.fake.record_many(30)
    department.fake.record(DEATHS)
    department.fake.stretch = 5
    report = await reconcile(department.platform, [DEATHS], department.inbox, department.handle)
    assert (report.healed, report.complete) == ([Gap(CERTIFICATES, DEATHS, 1, 2)], True)


async def test_a_log_of_millions_is_looked_through_up_to_its_head(department: Department) -> None:
    """The one event sought is the last of two and a half million; all others are on other topics."""
    department.fake.record(DEATHS)
    asked: list[str | None] = []

    async def read(topics: Sequence[str], after: str | None) -> Page:
        asked.append(after)
        return Page((), str(len(asked))) if len(asked) <= 250 else await feed_of(department.platform)(topics, None)

    gap = Gap(CERTIFICATES, DEATHS, 1, 1, 2_500_000)
    intake = Intake(department.inbox, [DEATHS], read, None, say_nothing)
    assert await intake.heal([gap]) == [gap]


async def test_a_log_that_grows_without_end_is_not_read_without_end(department: Department) -> None:
    asked: list[str | None] = []
    alarms: list[Alarm] = []

    async def read(topics: Sequence[str], after: str | None) -> Page:
        asked.append(after)
        return Page((), str(len(asked)))

    async def note(alarm: Alarm) -> None:
        alarms.append(alarm)

    intake = Intake(department.inbox, [DEATHS], read, None, note)
    assert await intake.heal([Gap(CERTIFICATES, DEATHS, 1, 1, 10)]) == []
    assert [alarm.kind for alarm in alarms] == ["missing-at-platform"]


async def test_a_source_that_falls_silent_while_healing_is_no_loss(department: Department) -> None:
    department.fake.record_many(2)
    heads = await department.platform.heads([EVERYTHING])
    department.fake.silent.append("certificates")
    intake = Intake(department.inbox, [EVERYTHING], feed_of(department.platform), None, say_nothing)
    with pytest.raises(PlatformUnavailable, match="certificates"):
        await intake.heal([Gap(head.source, head.topic, 1, head.sequence) for head in heads.topics])


async def test_many_topics_are_healed_together(department: Department) -> None:
    topics = [f"evt.certificate.issued.kind-{number}.33.07.82" for number in range(40)]
    for topic in topics:
        department.fake.record_many(3, topic)
    report = await reconcile(department.platform, [EVERYTHING], department.inbox, department.handle)
    assert (len(report.healed), report.complete, len(department.ids)) == (40, True, 120)
    assert department.fake.calls["/v1/events"] < 10


async def test_a_subscription_of_one_topic_judges_no_other(department: Department) -> None:
    department.fake.record(DEATHS)
    await hold(department)
    del department.fake.heads[CERTIFICATES, DEATHS]
    report = await reconcile(department.platform, [BIRTHS], department.inbox, department.handle)
    assert report.alarms == []


TOKENS = st.lists(st.sampled_from(["a", "b-c", "33"]), min_size=1, max_size=4)
PARTS = st.lists(st.sampled_from(["a", "b-c", "33", "*"]), min_size=0, max_size=3)


@given(parts=PARTS, rest=st.booleans(), tokens=TOKENS)
def test_a_topic_is_one_of_a_filter_where_the_platform_says_so(parts: list[str], tokens: list[str], rest: bool) -> None:
    wanted = ".".join(["evt", *parts, *([">"] if rest else [])])
    topic = ".".join(["evt", *tokens])
    assert matches(wanted, topic) == (fullmatch(pattern_of([wanted]), topic) is not None)
