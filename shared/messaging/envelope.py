"""What an event is: its contract (a class), its topic, and its envelope, CloudEvents 1.0 in structured JSON."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict

from shared.regions import topic_tokens
from shared.schemas import CODE_PATTERN

# By the CloudEvents binding for NATS: tells a reader that the message is an envelope and not data alone.
CONTENT_TYPE = "application/cloudevents+json"
# With the type after it, what `dataschema` says and the schema is called. No address: events are kept for longer.
SCHEMA_URN = "urn:onevisit:event:"
_TYPE = re.compile(r"^(?P<entity>[a-z][a-z-]*)\.(?P<event>[a-z][a-z-]*)\.v[1-9][0-9]*$")
_CODE = re.compile(CODE_PATTERN)
_REGION = re.compile(r"^[1-9][0-9]{5}$")


class EventContract(BaseModel):
    """One version of one event; its fields are the event's `data`. A concrete class names its `type`.

    An `internal` event is for our own services; one that is `addressed` is told to one department alone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: ClassVar[str]
    entity: ClassVar[str]
    event: ClassVar[str]
    internal: ClassVar[bool] = False
    addressed: ClassVar[bool] = False

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if "type" not in cls.__dict__:
            return  # what several events have in common
        match = _TYPE.match(cls.type)
        if match is None:
            raise TypeError(f"{cls.__name__}: {cls.type!r} is not <entity>.<event>.v<n>")
        cls.entity, cls.event = match["entity"], match["event"]
        # Two languages print the same float differently, and the running hash covers these bytes.
        if b'"type":"number"' in orjson.dumps(cls.model_json_schema()):
            raise TypeError(f"{cls.__name__}: events carry no floats; use whole units or text")

    @classmethod
    def filter(cls) -> str:
        """The topics of this event, of every kind and region, or to every department."""
        if cls.addressed:
            return f"to.*.{cls.entity}.{cls.event}"
        return f"{'int' if cls.internal else 'evt'}.{cls.entity}.{cls.event}.>"


DataT = TypeVar("DataT", bound=EventContract)


def topic_of(contract: type[EventContract], *, kind: str, region: str, department: str | None = None) -> str:
    """Where an event is published: one that is addressed, to its department alone, which must be named."""
    if (department is not None) != contract.addressed:
        raise ValueError(f"{contract.type} is {'' if contract.addressed else 'not '}addressed to a department")
    if not (_CODE.match(kind) and _REGION.match(region) and (department is None or _CODE.match(department))):
        raise ValueError("a kind and a department are codes, a region has six digits")
    if department is not None:
        return f"to.{department}.{contract.entity}.{contract.event}"
    prefix = "int" if contract.internal else "evt"
    return f"{prefix}.{contract.entity}.{contract.event}.{kind}.{topic_tokens(region)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One event as published. `position` counts the events of its source, `sequence` those of its topic, both from 1
    and without a gap; `data` is canonical JSON (RFC 8785), as it stands in the running hash.
    """

    id: UUID
    source: str
    type: str
    topic: str
    subject: UUID
    time: datetime
    entityversion: int
    position: int
    sequence: int
    data: str
    traceparent: str | None = None

    def to_json(self) -> bytes:
        """CloudEvents 1.0. Numbers are decimal strings: some JSON parsers keep no more than 53 bits."""
        trace = {"traceparent": self.traceparent} if self.traceparent else {}
        return orjson.dumps(
            {
                "specversion": "1.0",
                "id": str(self.id),
                "source": self.source,
                "type": self.type,
                "subject": str(self.subject),
                "time": self.time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
                "datacontenttype": "application/json",
                "dataschema": f"{SCHEMA_URN}{self.type}",
                **trace,
                "topic": self.topic,
                "position": str(self.position),
                "sequence": str(self.sequence),
                "entityversion": str(self.entityversion),
                "data": orjson.Fragment(self.data),
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Generic[DataT]):
    """What a reaction is given: the envelope, with `data` as its contract."""

    id: UUID
    source: str
    type: str
    topic: str
    subject: UUID
    time: datetime
    entityversion: int
    position: int
    sequence: int
    data: DataT
    traceparent: str | None = None

    @property
    def region(self) -> str | None:
        """The six digits at the end of the topic; None on a topic of one department."""
        tokens = self.topic.split(".")
        return None if tokens[0] == "to" else "".join(tokens[-3:])


def parse_event(body: bytes | str, contract: type[DataT]) -> Event[DataT]:
    """Read an envelope; `ValueError` unless it is one of this contract. Fields added since are ignored."""
    return event_of(orjson.loads(body), contract)


def event_of(raw: dict[str, Any], contract: type[DataT]) -> Event[DataT]:
    """As `parse_event`, from JSON that was read before."""
    try:
        if raw["type"] != contract.type:
            raise ValueError(f"{raw['type']} is not {contract.type}")
        return Event(
            id=UUID(raw["id"]),
            source=raw["source"],
            type=raw["type"],
            topic=raw["topic"],
            subject=UUID(raw["subject"]),
            time=datetime.fromisoformat(raw["time"]),
            entityversion=int(raw["entityversion"]),
            position=int(raw["position"]),
            sequence=int(raw["sequence"]),
            data=contract.model_validate_json(orjson.dumps(raw["data"]), extra="ignore"),
            traceparent=raw.get("traceparent"),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not an event envelope: {error!r}") from None
