"""The audit can see: each kind of harm, done to good books by hand, is counted as what it is."""

from dataclasses import replace
from hashlib import sha256

import pytest

from tests.cluster.audit import Books, Told, judge
from tests.faults.checker import Fact, Logged, Verdict

RECEIVED = "evt.case.received.social-security-card.33."
TOPICS = (
    ("application-1", "evt.application.submitted.social-security-card.33.07.82"),
    ("case-1", f"{RECEIVED}07.82"),
    ("application-2", "evt.application.submitted.social-security-card.33.07.82"),
    ("case-2", f"{RECEIVED}07.82"),
)


def log_of(events: tuple[tuple[str, str], ...]) -> list[Logged]:
    log: list[Logged] = []
    for position, (entity, topic) in enumerate(events, start=1):
        before = [event for event in log if event.topic == topic]
        head = before[-1].hash if before else bytes(32)
        id_ = f"{topic}-{position}"
        hash_ = sha256(head + id_.encode() + b"{}").digest()
        log.append(Logged(position, topic, len(before) + 1, id_, "{}", hash_, entity, 1))
    return log


TOLD = Told(tried={"a", "b"}, acknowledged={"a": "application-1", "b": "application-2"})


@pytest.fixture
def books() -> Books:
    logs = {
        "licensing": log_of(TOPICS),
        "records": log_of((("party", "int.data.accessed.case.33.07.82"),)),
    }
    heads = {service: {event.topic: (event.sequence, event.hash) for event in log} for service, log in logs.items()}
    followed = [event for event in logs["licensing"] if event.topic.startswith(RECEIVED)]
    return Books(
        applications=["application-1", "application-2"],
        logs=logs,
        heads=heads,
        streams=logs,
        department=[Fact(event.event_id, event.topic, event.sequence) for event in followed],
        accesses=[event.event_id for event in logs["records"]],
        left_over={"not published": 0},
    )


def verdict_of(books: Books, told: Told = TOLD) -> Verdict:
    return judge(told, books, topic=RECEIVED)


def test_good_books_are_clean(books: Books) -> None:
    assert verdict_of(books).is_clean


def test_an_acknowledged_application_that_is_not_there_is_lost(books: Books) -> None:
    assert verdict_of(replace(books, applications=["application-2"])).tallies["applications"].lost_prefix == 1


def test_an_application_that_nobody_tried_to_make_is_a_phantom(books: Books) -> None:
    more = replace(books, applications=[*books.applications, "application-3"])
    assert verdict_of(more).tallies["applications"].phantom == 1


def test_who_was_not_told_may_have_applied_or_not(books: Books) -> None:
    told = Told(tried={"a", "b", "c"}, acknowledged=TOLD.acknowledged)
    assert verdict_of(books, told).tallies["applications"].is_clean


def test_two_acts_that_are_told_to_be_one_application_are_a_double(books: Books) -> None:
    told = Told(tried={"a", "b", "c"}, acknowledged={**TOLD.acknowledged, "c": "application-2"})
    assert verdict_of(books, told).tallies["applications"].double == 1


def test_an_application_without_its_event_is_lost(books: Books) -> None:
    log = [event for event in books.logs["licensing"] if event.entity != "application-2"]
    verdict = verdict_of(replace(books, logs={**books.logs, "licensing": log}))
    assert verdict.tallies["their events"].lost_tail == 1
    assert verdict.wrong["gaps in the logs"] > 0


def test_what_is_not_in_the_stream_is_lost_and_what_comes_again_is_not_double(books: Books) -> None:
    log = books.logs["licensing"]
    again = replace(books, streams={**books.streams, "licensing": [*log, log[0]]})
    assert verdict_of(again).is_clean
    short = replace(books, streams={**books.streams, "licensing": [log[0], *log[2:]]})
    assert verdict_of(short).tallies["licensing in the stream"].lost_middle == 1


def test_what_stands_in_the_stream_before_its_predecessor_is_out_of_order(books: Books) -> None:
    log = books.logs["licensing"]
    turned = replace(books, streams={**books.streams, "licensing": [log[1], log[0], *log[2:]]})
    assert verdict_of(turned).tallies["licensing in the stream"].out_of_order > 0


def test_a_department_that_has_it_twice_or_not_is_seen(books: Books) -> None:
    twice = verdict_of(replace(books, department=[*books.department, books.department[0]]))
    assert twice.tallies["at the department"].double == 1
    less = verdict_of(replace(books, department=books.department[:1]))
    assert less.tallies["at the department"].lost_tail == 1


def test_an_access_that_nobody_noted_is_lost(books: Books) -> None:
    verdict = verdict_of(replace(books, accesses=[]))
    assert (
        verdict.tallies["at the platform's subscriber"].lost_prefix
        + verdict.tallies["at the platform's subscriber"].lost_tail
        == 1
    )


def test_a_changed_event_breaks_its_chain(books: Books) -> None:
    log = [event._replace(data="{ }") if event.position == 2 else event for event in books.logs["licensing"]]
    assert verdict_of(replace(books, logs={**books.logs, "licensing": log})).wrong["broken links"] > 0


def test_a_head_that_states_something_else_is_seen(books: Books) -> None:
    heads = {**books.heads, "records": {}}
    assert verdict_of(replace(books, heads=heads)).wrong["heads that differ from the log"] == 1
