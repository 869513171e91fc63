"""All event types, and each one's JSON Schema: read from the contracts, so that they are what is published. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from inspect import cleandoc
from typing import Any

from shared.contracts import events, notices
from shared.contracts.titles import TITLES
from shared.messaging.envelope import SCHEMA_URN, EventContract
from shared.schemas import CODE_PATTERN, Text

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
REGION_TOKENS = "{province}.{city}.{county}"
_COUNT = "^[1-9][0-9]*$"


@dataclass(frozen=True, slots=True)
class EventType:
    """One version of one event, as those who hear it know it."""

    contract: type[EventContract]

    @property
    def name(self) -> str:
        """What stands in the envelope as `type`."""
        return self.contract.type

    @property
    def title(self) -> Text:
        return TITLES[self.name]

    @property
    def description(self) -> str:
        """What the contract says of itself; empty where its title says it all."""
        return cleandoc(self.contract.__doc__ or "")

    @property
    def urn(self) -> str:
        """What its schema is called, and what stands in the envelope as `dataschema`."""
        return f"{SCHEMA_URN}{self.name}"

    @property
    def topic(self) -> str:
        """Its topic, with what varies in braces."""
        event = f"{self.contract.entity}.{self.contract.event}"
        if self.contract.addressed:
            return f"to.{{department}}.{event}"
        return f"{'int' if self.contract.internal else 'evt'}.{event}.{{kind}}.{REGION_TOKENS}"

    def schema(self) -> Schema:
        """The JSON Schema of `data`, as a reader must take it: fields unknown to it may come, and are ignored."""
        found = as_read(self.contract.model_json_schema())
        return {"$schema": DIALECT, "$id": self.urn, "title": self.title.en, **found}


def event_types() -> Mapping[str, EventType]:
    """Every event that is published, by its type."""
    contracts = (
        value
        for value in (vars(events) | vars(notices)).values()
        if isinstance(value, type) and issubclass(value, EventContract) and "type" in value.__dict__
    )
    return {contract.type: EventType(contract) for contract in sorted(contracts, key=lambda each: each.type)}


def public_event_types() -> Mapping[str, EventType]:
    """Those that a department can hear, where it is entitled to."""
    return {name: each for name, each in event_types().items() if not each.contract.internal}


def as_read(schema: Schema) -> Schema:
    """A schema of ours without the names that pydantic makes up, and open to fields that are added later."""
    named = ("properties", "$defs")  # below these, keys are names and not words of JSON Schema
    opened = {key: value for key, value in schema.items() if (key, value) != ("additionalProperties", False)}
    opened.pop("title", None)
    if "description" in opened:
        opened["description"] = cleandoc(opened["description"])
    return {
        key: {name: as_read(each) for name, each in value.items()} if key in named else _as_read(value)
        for key, value in opened.items()
    }


def _as_read(value: Any) -> Any:
    if isinstance(value, dict):
        return as_read(value)
    return [_as_read(each) for each in value] if isinstance(value, list) else value


def envelope_schema() -> Schema:
    """The JSON Schema of the envelope around every event: CloudEvents 1.0 in structured JSON."""
    texts: dict[str, Schema] = {
        "specversion": {"const": "1.0"},
        "id": {"format": "uuid", "description": "Of this event, for ever. An event that comes again has the same id."},
        "source": {"pattern": "^/[a-z]+$", "description": "The service that published it."},
        "type": {"description": "Which event, and which version of its contract."},
        "subject": {"format": "uuid", "description": "The entity that the event is about."},
        "time": {"format": "date-time", "description": "When it happened."},
        "datacontenttype": {"const": "application/json"},
        "dataschema": {"format": "uri", "description": "What the schema of `data` is called: its `$id`."},
        "traceparent": {"description": "W3C trace context of the act that caused the event, where there was one."},
        "topic": {"description": "The NATS subject it was published on."},
        "position": {"pattern": _COUNT, "description": "Counts the events of its source, without a gap."},
        "sequence": {"pattern": _COUNT, "description": "Counts the events of its topic, without a gap."},
        "entityversion": {"pattern": _COUNT, "description": "The entity's version after this event."},
    }
    return {
        "type": "object",
        "required": [*(name for name in texts if name != "traceparent"), "data"],
        "properties": {
            **{name: {"type": "string", **schema} for name, schema in texts.items()},
            "data": {"type": "object", "description": "What happened; its schema is that of the type."},
        },
    }


# What stands for {kind} in the topics of each entity, and which departments may hear them. Nobody else may.
KINDS: Mapping[str, str] = {
    "application": "the thing applied for",
    "case": "the case's item",
    "certificate": "the kind of evidence",
    "delivery": "the kind of evidence",
    "data": "why it was read",
    "evidence": "the case's item",
    "party": "person or organisation",
    "rating": "the case's item",
    "record": "the kind of evidence",
    "thing": "the thing",
}
HEARERS: Mapping[str, str] = {
    "application": "departments with a part in the thing, in their region",
    "case": "the department that decides the item, in its region",
    "certificate": "its issuer; departments that a sharing rule entitles to the kind, in the rule's regions",
    "delivery": "the issuer of the kind",
    "party": "every department, in its region",
    "rating": "the department that decides the item, in its region",
    "record": "its issuer; departments that a sharing rule entitles to the kind, in the rule's regions",
    "thing": "every department",
}
TOPIC_PARAMETERS: Mapping[str, Schema] = {
    "department": {"description": "The code of the department that is told."},
    "kind": {"description": f"A code ({CODE_PATTERN})."},
    "province": {"description": "The first two digits of the region."},
    "city": {"description": "The third and fourth digit; 00 for all of the province."},
    "county": {"description": "The last two digits; 00 for all of the city."},
}


def hearers_of(contract: type[EventContract]) -> str:
    """Who may hear it, in words."""
    if contract.internal:
        return "services of the platform alone"
    return "the department named in the topic" if contract.addressed else HEARERS[contract.entity]
