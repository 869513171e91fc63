"""What the platform answers about events, and what a comparison with it finds."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Self

from onevisit_client.events import Event

_ENCRYPTED = "tls://"

AlarmKind = Literal["hash-differs", "platform-behind", "id-differs", "not-an-event", "missing-at-platform"]


@dataclass(frozen=True, slots=True)
class NatsPlace:
    """Where a subscription is pulled from; the access token is the NATS token."""

    url: str
    stream: str
    consumer: str
    inbox_prefix: str

    @property
    def servers(self) -> list[str]:
        """The servers that `url` names, one or several with commas between; any will do."""
        return [server.strip() for server in self.url.split(",")]

    @property
    def is_encrypted(self) -> bool:
        """Whether the token travels encrypted, whichever of them it is shown to."""
        return all(server.startswith(_ENCRYPTED) for server in self.servers)


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription as the platform keeps it. `lag` is how many of its events are not acknowledged yet.

    Unless it is `ready`, the bus brings nothing, for this `reason`, and what nobody can tell then is None: a lag of 0
    would say that all was heard. Topics that are `suspended` are not delivered.
    """

    name: str
    topics: Sequence[str]
    nats: NatsPlace
    delivered: int | None
    acknowledged: int | None
    head: int | None
    lag: int | None
    ready: bool = True
    reason: str | None = None
    suspended: Sequence[str] = ()

    @classmethod
    def of(cls, body: dict[str, Any]) -> Self:
        nats = body["nats"]
        place = NatsPlace(nats["url"], nats["stream"], nats["consumer"], nats["inbox_prefix"])
        return cls(
            body["name"],
            body["topics"],
            place,
            delivered=_number(body.get("delivered")),
            acknowledged=_number(body.get("acknowledged")),
            head=_number(body.get("head")),
            lag=_number(body.get("lag")),
            ready=bool(body.get("ready", True)),
            reason=body.get("reason"),
            suspended=[each["topic"] for each in body.get("suspended") or ()],
        )


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of the feed. `next` is where to go on; what is `unavailable` kept its place in it."""

    items: Sequence[Event]
    next: str
    unavailable: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class TopicHead:
    """The last event of a topic at its source, and the running hash over all of them."""

    source: str
    topic: str
    sequence: int
    position: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Heads:
    """Where every topic stands, each source exact for itself at its own `as_of`; `unavailable` did not answer.

    `next` is `after` for what comes behind these heads; None while a source is unavailable.
    """

    topics: Sequence[TopicHead]
    as_of: dict[str, datetime]
    unavailable: Sequence[str] = ()
    next: str | None = None

    @classmethod
    def of(cls, body: dict[str, Any]) -> Self:
        services = body["services"]
        topics = [
            TopicHead(
                f"/{service['service']}",
                head["topic"],
                int(head["sequence"]),
                int(head["position"]),
                bytes.fromhex(head["hash"].removeprefix("sha256:")),
            )
            for service in services
            for head in service["topics"]
        ]
        as_of = {f"/{service['service']}": datetime.fromisoformat(service["as_of"]) for service in services}
        return cls(topics, as_of, body.get("unavailable") or (), body.get("next"))


@dataclass(frozen=True, slots=True)
class Gap:
    """Events of one topic of one source that the inbox does not hold: from `first` to `last`, both included.

    `position`: where the last one stands in the log of its source, where that is known.
    """

    source: str
    topic: str
    first: int
    last: int
    position: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Alarm:
    """What must not be, and is never accepted in silence. `sequence` is where it shows, if it shows at an event."""

    kind: AlarmKind
    source: str
    topic: str
    sequence: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What a reconciliation found and did. Complete: every event that the platform counts is here, and as it was."""

    gaps: list[Gap] = field(default_factory=list)
    healed: list[Gap] = field(default_factory=list)
    unhealed: list[Gap] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    unavailable: list[str] = field(default_factory=list)
    topics: int = 0
    events: int = 0

    @property
    def complete(self) -> bool:
        """Nothing is missing, nothing differs, and every source was asked."""
        return not (self.unhealed or self.alarms or self.unavailable)


def _number(told: str | int | None) -> int | None:
    return None if told is None else int(told)
