"""An event as it is handed out: a CloudEvent with the platform's numbers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.core.v1.event import CloudEvent

from onevisit_client.errors import EventNotValid


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """CloudEvents 1.0. `position` counts the events of its source, `sequence` those of its topic: no gaps.

    `subject` is the entity that it is about: the events of one entity are handed out in their order.
    """

    id: str
    source: str
    type: str
    subject: str
    time: datetime
    topic: str
    position: int
    sequence: int
    entityversion: int
    data: Mapping[str, Any]
    raw: Mapping[str, Any] = field(repr=False, compare=False)

    @classmethod
    def parse(cls, body: bytes | str) -> Self:
        """From JSON as it came; `EventNotValid` unless it is an event."""
        try:
            raw = json.loads(body)
        except ValueError as error:
            raise EventNotValid(f"not JSON: {error}") from None
        return cls.of(raw)

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Self:
        """From JSON that was read before; `EventNotValid` unless it is an event."""
        try:
            attributes = {name: value for name, value in raw.items() if name != "data"}
            attributes["time"] = datetime.fromisoformat(attributes["time"])
            CloudEvent(attributes, raw["data"])
            return cls(
                id=raw["id"],
                source=raw["source"],
                type=raw["type"],
                subject=raw["subject"],
                time=attributes["time"],
                topic=str(raw["topic"]),
                position=int(raw["position"]),
                sequence=int(raw["sequence"]),
                entityversion=int(raw["entityversion"]),
                data=dict(raw["data"]),
                raw=raw,
            )
        except (CloudEventValidationError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise EventNotValid(f"not an event of the platform: {error!r}") from None

    @property
    def traceparent(self) -> str | None:
        """The trace of the act that caused it (W3C Trace Context), where there was one."""
        named = self.raw.get("traceparent")
        return named if isinstance(named, str) else None

    def to_json(self) -> str:
        """The whole event on one line, as the platform said it."""
        return json.dumps(self.raw, ensure_ascii=False, separators=(",", ":"))
