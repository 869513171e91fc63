"""What is asked about subscriptions and what is answered."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from identity.subscriptions.rules import MAX_TOPICS
from shared.messaging.topics import MAX_LENGTH
from shared.schemas import CODE_PATTERN, AwareDatetime, Code, Strict

_CODE = re.compile(CODE_PATTERN)
_MAX_NAME = 48


def _is_code(value: str) -> str:
    if len(value) > _MAX_NAME or not _CODE.fullmatch(value):
        raise ValueError(
            "a name is made of a-z, 0-9 and single hyphens between them, begins with a letter, and is no longer than "
            f"{_MAX_NAME}"
        )
    return value


# As `Code`, with a refusal that says what is allowed.
Name = Annotated[
    str, Field(json_schema_extra={"pattern": CODE_PATTERN, "maxLength": _MAX_NAME}), AfterValidator(_is_code)
]
Topic = Annotated[str, Field(max_length=MAX_LENGTH, description="A NATS filter over topics of events.")]


class Subscribe(Strict):
    """The name is unique on the platform."""

    name: Name
    topics: Annotated[list[Topic], Field(min_length=1, max_length=MAX_TOPICS)]


class BusAccess(Strict):
    """With any NATS client: connect to `url` with the access token and `inbox_prefix`, and pull from `consumer`.

    Where the bus has several servers, `url` names all of them, with commas between; any will do.
    """

    url: str
    stream: str
    consumer: str
    inbox_prefix: str


class SuspendedTopic(Strict):
    """A topic whose events are not delivered now. They are, from the beginning, once a rule entitles to it again."""

    topic: str
    reason: Literal["not-entitled"] = "not-entitled"


Reason = Literal["bus-away", "being-made", "suspended"]


class Subscription(Strict):
    """`ready`: the consumer is there. If it is not, or nobody can tell, `reason` says why.

    `delivered` and `acknowledged` are places in the stream, up to which all events on these topics were delivered and
    acknowledged; `head` is the place of its last event, on whatever topic. `lag` counts the events on these topics that
    are not acknowledged yet.
    """

    name: Code
    topics: list[str]
    nats: BusAccess
    ready: bool
    reason: Reason | None
    suspended: list[SuspendedTopic]
    delivered: str | None
    acknowledged: str | None
    head: str | None
    lag: int | None
    created_at: AwareDatetime
