"""An event as the platform says it, read and said again."""

import json
from typing import Any
from uuid import UUID

import pytest

from onevisit_client import Event, EventNotValid
from tests.client.fake import BIRTHS, FakePlatform


def envelope(**changes: Any) -> dict[str, Any]:
    """As on the bus; a change to None leaves an attribute out."""
    said: dict[str, Any] = json.loads(FakePlatform().record(subject=UUID(int=7)).to_json())
    return {name: value for name, value in (said | changes).items() if value is not None}


def test_every_attribute_is_a_field() -> None:
    said = envelope()
    event = Event.parse(json.dumps(said))
    assert (event.id, event.source, event.type) == (said["id"], "/certificates", "certificate.issued.v1")
    assert (event.subject, event.topic) == (str(UUID(int=7)), BIRTHS)
    assert (event.position, event.sequence, event.entityversion) == (1, 1, 1)
    assert event.time.utcoffset() is not None
    assert event.data == {"number": 1}


def test_what_is_said_again_is_what_came() -> None:
    said = envelope(traceparent="00-1", data={"name": "一件事", "later": {"version": 2}}, newattribute="x")
    assert json.loads(Event.of(said).to_json()) == said
    assert "\n" not in Event.of(said).to_json()


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None},
        {"id": ""},
        {"source": None},
        {"type": None},
        {"subject": None},
        {"time": None},
        {"time": "yesterday"},
        {"topic": None},
        {"position": None},
        {"sequence": "one"},
        {"sequence": None},
        {"entityversion": None},
        {"data": None},
        {"data": "text"},
        {"data": 7},
        {"specversion": "7"},
        {"Not-An-Attribute": "x"},
    ],
    ids=str,
)
def test_what_is_no_event_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(EventNotValid):
        Event.of(envelope(**changes))


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[]", b"null", b"7", b'"x"'])
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(EventNotValid):
        Event.parse(body)
