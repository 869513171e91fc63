"""What a subscription may be, and what its consumer needs: pure verdicts."""

from collections.abc import Sequence

import pytest

from identity.subscriptions.errors import TopicsOverlap
from identity.subscriptions.rules import Make, Remove, check_topics, followed, settlement
from shared.errors import ServiceError
from shared.evidence.rules import SharingTable
from shared.messaging.consumers import Standing
from shared.messaging.errors import TopicNotAllowed, TopicNotValid
from tests.identity.world import BIRTH_CERTIFICATE, HOUSEHOLD_PAGE, RULES

TABLE = SharingTable(RULES)
REACH = TABLE.reach("medical-insurance", "330782")
PAGES = f"evt.certificate.issued.{HOUSEHOLD_PAGE}.33.>"
BIRTHS = f"evt.certificate.issued.{BIRTH_CERTIFICATE}.33.07.>"


def check(*topics: str) -> None:
    check_topics(topics, published=RULES, reach=REACH)


@pytest.mark.parametrize(
    "topics",
    [
        [PAGES],
        [PAGES, BIRTHS, f"evt.certificate.revoked.{HOUSEHOLD_PAGE}.33.07.82"],
        ["to.medical-insurance.>"],
        ["to.medical-insurance.evidence.used-revoked"],
        ["evt.case.*.social-security-card.33.07.82"],
        ["evt.application.submitted.newborn.33.07.82"],
        ["evt.party.registered.person.33.07.82", "evt.thing.published.>"],
    ],
)
def test_topics_that_exist_and_that_a_rule_entitles_to(topics: Sequence[str]) -> None:
    check(*topics)


@pytest.mark.parametrize(
    ("topic", "part", "known"),
    [
        ("evt.certifcate.issued.>", "entity", "certificate"),
        ("evt.certificate.isued.>", "event", "issued"),
        ("evt.*.no-such-event.>", "event", "issued"),
        ("evt.certificate.issued.no-such-kind.33.>", "kind", HOUSEHOLD_PAGE),
        (f"evt.record.filed.{HOUSEHOLD_PAGE}.33.>", "kind", None),
        ("evt.case.received.newborn.33.>", "kind", "social-security-card"),
        ("evt.party.registered.animal.33.>", "kind", "person"),
        ("to.medical-insurance.case.>", "entity", "evidence"),
        ("to.medical-insurance.evidence.issued", "event", "used-revoked"),
        ("evt.evidence.used-revoked.>", "entity", "party"),
    ],
)
def test_what_does_not_exist_is_refused_by_naming_what_does(topic: str, part: str, known: str | None) -> None:
    with pytest.raises(TopicNotValid) as refused:
        check(PAGES, topic)
    assert refused.value.members["pointer"] == "/topics/1"
    assert refused.value.members["part"] == part
    assert isinstance(refused.value.members["known"], list)
    assert known is None or known in refused.value.members["known"]


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "evt",
        "evt.certificate",
        "evt.certificate.issued",
        f"evt.certificate.issued.{HOUSEHOLD_PAGE}.33.07",
        f"evt.certificate.issued.{HOUSEHOLD_PAGE}.33.07.82.01",
        f"evt.certificate.issued.{HOUSEHOLD_PAGE}.33.07.82.>",
        f"evt.certificate.issued.{HOUSEHOLD_PAGE}.330782",
        f"evt.certificate.issued.{HOUSEHOLD_PAGE}.zhejiang.>",
        "evt.>.issued",
        "evt..issued.>",
        "evt.certificate.issued.a b.>",
        "evt.certificate.issued.>\r",
        "evt.certificate.issued.>\n",
        "to.medical-insurance.evidence.used-revoked.more",
        "$JS.API.>",
        "other.>",
        ">",
    ],
)
def test_what_is_no_topic_is_refused(topic: str) -> None:
    with pytest.raises(TopicNotValid):
        check(topic)


@pytest.mark.parametrize(
    ("topic", "named_first"),
    [
        (f"evt.certificate.issued.{HOUSEHOLD_PAGE}.>", f"evt.certificate.*.{HOUSEHOLD_PAGE}.33.>"),
        (f"evt.certificate.issued.{BIRTH_CERTIFICATE}.33.>", f"evt.certificate.*.{BIRTH_CERTIFICATE}.33.07.>"),
        ("evt.party.registered.person.33.07.81", "evt.party.*.*.33.07.82"),
        ("to.hospital.>", None),
        ("to.>", "to.medical-insurance.>"),
        ("to.*.>", "to.medical-insurance.>"),
        ("int.data.accessed.>", None),
        ("int.>", None),
        ("evt.>", None),
        ("evt.*.issued.>", None),
    ],
)
def test_what_no_rule_entitles_to_is_refused_by_naming_what_one_does(topic: str, named_first: str | None) -> None:
    with pytest.raises(TopicNotAllowed) as refused:
        check(PAGES, topic)
    allowed = refused.value.members["allowed"]
    assert isinstance(allowed, list)
    assert allowed
    assert named_first in {None, allowed[0]}
    assert all(REACH.includes(str(each)) for each in allowed)


@pytest.mark.parametrize("other", [PAGES, f"evt.certificate.*.{HOUSEHOLD_PAGE}.33.07.*"])
def test_topics_that_overlap_are_refused(other: str) -> None:
    with pytest.raises(TopicsOverlap) as refused:
        check(BIRTHS, PAGES, other)
    assert refused.value.members == {"pointer": "/topics/2", "other": "/topics/1"}


def test_the_first_thing_wrong_is_told_first() -> None:
    """What does not exist before what is not allowed, and that before what overlaps."""
    for topics, expected in (
        (["evt.nothing.>", "evt.>", PAGES, PAGES], TopicNotValid),
        (["evt.>", PAGES, PAGES], TopicNotAllowed),
    ):
        with pytest.raises(ServiceError) as refused:
            check(*topics)
        assert type(refused.value) is expected


def test_what_is_suspended_is_not_followed() -> None:
    assert followed([BIRTHS, PAGES], [BIRTHS]) == [PAGES]
    assert followed([PAGES], [PAGES]) == []


class TestTheConsumer:
    """As it stands, as it should, and what is to be done."""

    THERE = Standing(topics=(BIRTHS, PAGES), delivered=90, acknowledged=80, waiting=5)

    def test_that_is_missing_is_made_from_the_beginning(self) -> None:
        assert settlement([PAGES, BIRTHS], None, end=100) == Make((BIRTHS, PAGES))

    def test_that_is_right_is_left_alone(self) -> None:
        assert settlement([PAGES, BIRTHS], self.THERE, end=100) is None

    def test_that_nobody_wants_goes(self) -> None:
        assert isinstance(settlement([], self.THERE, end=100), Remove)
        assert settlement([], None, end=100) is None

    def test_that_is_to_hear_less_goes_on_where_it_stood(self) -> None:
        assert settlement([PAGES], self.THERE, end=100) == Make((PAGES,), after=80, instead=True)

    def test_that_is_to_hear_more_begins_again_lest_it_miss_what_it_passed_over(self) -> None:
        narrow = Standing(topics=(PAGES,), delivered=90, acknowledged=90, waiting=0)
        assert settlement([PAGES, BIRTHS], narrow, end=100) == Make((BIRTHS, PAGES), instead=True)

    def test_that_stands_beyond_the_end_of_a_stream_that_lost_its_tail_begins_again(self) -> None:
        assert settlement([PAGES, BIRTHS], self.THERE, end=70) == Make((BIRTHS, PAGES), instead=True)
