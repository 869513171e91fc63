"""Which events a department may follow: one verdict for feeds and subscriptions, deny by default."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.event_types import public_event_types
from shared.contracts.sharing import EvidenceKind, OfferedItem, OfferedThing, SharingRule, SharingRules
from shared.evidence.rules import SharingTable
from shared.messaging.topics import Reach, covers
from shared.schemas import Text
from tests.shared.evidence.grants import BIRTH, CARD, READER, RECORD, RULES

OFFERED = {
    "items": (
        OfferedItem(code="household-registration", department=READER),
        OfferedItem(code="social-security-card", department="human-resources"),
    ),
    "things": (
        OfferedThing(code="newborn", items=("household-registration", "social-security-card")),
        OfferedThing(code="retirement", items=("social-security-card",)),
    ),
}
TABLE = SharingTable(RULES.model_copy(update=OFFERED))
PROVINCE, CITY = "330000", "330700"


def may_follow(table: SharingTable, department: str, region: str | None, topics: str) -> bool:
    return table.reach(department, region).includes(topics)


@pytest.mark.parametrize(
    ("region", "topics"),
    [
        (PROVINCE, f"evt.certificate.issued.{BIRTH}.33.07.82"),
        (PROVINCE, f"evt.certificate.issued.{BIRTH}.33.>"),
        (PROVINCE, f"evt.certificate.*.{BIRTH}.33.*.*"),
        (CITY, f"evt.certificate.*.{BIRTH}.33.>"),  # where evidence may be read, the rule says, not the department
        (PROVINCE, f"evt.certificate.revoked.{CARD}.33.07.82"),
        (PROVINCE, "evt.case.received.household-registration.33.07.82"),
        (PROVINCE, "evt.case.*.household-registration.33.>"),
        (CITY, "evt.case.*.household-registration.33.07.>"),
        (PROVINCE, "evt.rating.given.household-registration.33.>"),
        (PROVINCE, "evt.application.submitted.newborn.33.07.>"),
        (PROVINCE, "evt.party.registered.person.33.>"),
        (CITY, "evt.party.*.*.33.07.82"),
        (PROVINCE, "evt.thing.published.>"),
        (None, "evt.thing.>"),
        (None, f"to.{READER}.correction-ticket.opened"),
        (PROVINCE, f"to.{READER}.>"),
    ],
)
def test_a_department_follows_what_concerns_it(region: str | None, topics: str) -> None:
    assert may_follow(TABLE, READER, region, topics)


@pytest.mark.parametrize(
    ("region", "topics"),
    [
        (PROVINCE, f"evt.certificate.issued.{BIRTH}.>"),
        (PROVINCE, f"evt.certificate.issued.{BIRTH}.*.07.82"),
        (PROVINCE, f"evt.certificate.issued.{BIRTH}.44.03.05"),
        (PROVINCE, f"evt.certificate.issued.{CARD}.33.07.>"),
        (PROVINCE, f"evt.certificate.issued.{RECORD}.33.07.82"),
        (PROVINCE, f"evt.record.filed.{BIRTH}.33.07.82"),
        (PROVINCE, "evt.certificate.issued.*.33.07.82"),
        (PROVINCE, "evt.certificate.issued.>"),
        (PROVINCE, "evt.certificate.>"),
        (PROVINCE, "evt.certificate"),
        (PROVINCE, f"evt.*.issued.{BIRTH}.33.>"),
        (PROVINCE, "evt.*.issued.>"),
        (PROVINCE, "evt.>"),
        (PROVINCE, "evt"),
        (PROVINCE, "evt.case.received.social-security-card.33.>"),
        (PROVINCE, "evt.case.received.no-such-item.33.>"),
        (PROVINCE, "evt.case.received.household-registration.>"),
        (PROVINCE, "evt.case.received.household-registration.11.>"),
        (CITY, "evt.case.received.household-registration.33.>"),
        (CITY, "evt.case.received.household-registration.33.*.82"),
        (CITY, "evt.case.received.household-registration.33.01.>"),
        (None, "evt.case.received.household-registration.33.>"),
        (PROVINCE, "evt.case.received.*.33.07.82"),
        (PROVINCE, "evt.application.submitted.retirement.33.>"),
        (CITY, "evt.party.registered.person.33.>"),
        (None, "evt.party.registered.person.33.>"),
        (PROVINCE, "evt.archive.sealed.newborn.33.>"),
        (PROVINCE, "int.data.accessed.case.33.07.82"),
        (PROVINCE, "int.>"),
        (PROVINCE, "to.tax.>"),
        (PROVINCE, "to.*.>"),
        (PROVINCE, "to.>"),
        (PROVINCE, f"to.{READER}"),
    ],
)
def test_and_nothing_else(region: str | None, topics: str) -> None:
    assert not may_follow(TABLE, READER, region, topics)


def test_an_issuer_follows_its_own_kinds_everywhere() -> None:
    assert may_follow(TABLE, "health-commission", None, f"evt.certificate.issued.{BIRTH}.>")
    assert not may_follow(TABLE, "tax", PROVINCE, f"evt.certificate.issued.{BIRTH}.33.>")


def test_of_paper_that_is_delivered_only_the_issuer_hears() -> None:
    topics = f"evt.delivery.*.{BIRTH}.33.>"
    assert may_follow(TABLE, "health-commission", None, topics)
    assert not may_follow(TABLE, READER, PROVINCE, topics)
    assert not may_follow(TABLE, "health-commission", None, f"evt.delivery.*.{RECORD}.33.>")


def test_a_refusal_can_name_what_comes_nearest() -> None:
    reach = TABLE.reach(READER, PROVINCE)
    assert reach.nearest(f"evt.certificate.issued.{BIRTH}.>", at_most=2) == [
        f"evt.certificate.*.{BIRTH}.33.>",
        f"evt.certificate.*.{BIRTH}.33.07.>",
    ]
    assert len(reach.nearest("evt.>", at_most=3)) == 3


def test_whatever_is_named_as_allowed_is_published_at_all() -> None:
    """And whatever is published is for somebody, be it for a department that decides, issues or is told."""
    published = {each.contract.entity for each in public_event_types().values() if not each.contract.addressed}
    followed = {each.split(".")[1] for each in TABLE.reach(READER, PROVINCE).filters if each.startswith("evt.")}
    of_issuers = {"record", "delivery"}  # the reader issues neither records nor certificates here
    assert followed | of_issuers == published


# A small universe. "later" and 99 stand for whatever comes into the world tomorrow, whose name nobody knows yet.
ENTITIES = ("certificate", "case", "party", "thing", "later")
EVENTS = ("issued", "later")
KINDS = ("own", "shared", "item", "later")
PROVINCES, CITIES, COUNTIES = ("33", "99"), ("07", "01", "99"), ("82", "99")
UNIVERSE = [".".join(("evt", *parts)) for parts in product(ENTITIES, EVENTS, KINDS, PROVINCES, CITIES, COUNTIES)]

regions = st.sampled_from(["330000", "330100", "330700", "330782"])
codes = st.sampled_from(KINDS[:-1])
rules = st.builds(
    SharingRule,
    item=st.just("item"),
    reader=st.sampled_from(["us", "them"]),
    kind=codes,
    attributes=st.just(()),
    regions=st.lists(regions, max_size=2).map(tuple),
)
tables = st.builds(
    SharingRules,
    release=st.just(1),
    rules=st.lists(rules, max_size=4).map(tuple),
    kinds=st.just(
        tuple(
            EvidenceKind(code=code, type="certificate", label=Text(zh="z", en="e"), issuer=issuer, attributes=())
            for code, issuer in (("own", "us"), ("shared", "them"))
        )
    ),
    vocabulary=st.just({}),
    items=st.sampled_from([(), (OfferedItem(code="item", department="us"),)]),
).map(SharingTable)
levels = (ENTITIES, EVENTS, KINDS, PROVINCES, CITIES, COUNTIES)
filters = st.tuples(
    st.tuples(*(st.sampled_from([*level, "*"]) for level in levels)), st.integers(min_value=0, max_value=6)
).map(lambda drawn: ".".join(("evt", *drawn[0][: drawn[1]], *([">"] if drawn[1] < 6 else []))))


@given(table=tables, region=regions, topics=filters)
def test_a_filter_is_allowed_if_and_only_if_every_topic_is_that_it_matches(
    table: SharingTable, region: str, topics: str
) -> None:
    matched = [topic for topic in UNIVERSE if covers(topics, topic)]
    assert matched
    assert may_follow(table, "us", region, topics) == all(may_follow(table, "us", region, topic) for topic in matched)


@given(wide=st.lists(filters, max_size=4), narrow=filters)
def test_a_reach_includes_what_one_of_its_filters_covers(wide: list[str], narrow: str) -> None:
    assert Reach(wide).includes(narrow) == any(covers(each, narrow) for each in wide)
