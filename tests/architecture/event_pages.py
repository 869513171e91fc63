"""What `make docs` writes about events: `docs/events.md` for people and `docs/asyncapi.json` for programs."""

from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import orjson

from shared.contracts.asyncapi import asyncapi_document
from shared.contracts.event_types import KINDS, EventType, event_types, hearers_of
from shared.messaging.envelope import Envelope

GOLDEN = Path(__file__).parents[1] / "contracts" / "golden"
SAMPLE = "certificate.issued.v1"
KIND = "birth-medical-certificate"


def asyncapi_json() -> str:
    """The document with a line for each fact, so that a change can be read."""
    return orjson.dumps(asyncapi_document(), option=orjson.OPT_INDENT_2).decode() + "\n"


def events_page(generated: str) -> str:
    """Every event, by what it is about; `generated` says whose page this is."""
    by_entity: dict[str, list[EventType]] = defaultdict(list)
    for each in event_types().values():
        by_entity["" if each.contract.internal else each.contract.entity].append(each)
    internal = by_entity.pop("")
    sections = "\n".join(_section(entity, types) for entity, types in by_entity.items())
    return f"""# Events

What departments hear, and what our own services tell each other. An event is CloudEvents 1.0 in structured JSON; any
CloudEvents library reads it:

```json
{_sample()}
```

- `topic` is the NATS subject. The region is the party's, two digits each for province, city and county: a department
  of the city 330700 takes `….33.07.>`.
- `position` counts the events of its `source`, `sequence` those of its `topic`, without a gap; decimal strings both.
- `dataschema` is a name and no address, because events are kept for longer than addresses hold. It is the `$id` of the
  schema at `/v1/event-types/{{type}}/schema`; `/v1/event-types` lists all. The same as one AsyncAPI 3 document:
  [asyncapi.json](asyncapi.json), also at `/asyncapi.json`.
- **An event changes only by adding** fields that may be missing: ignore what you do not know. Anything else is a new
  version, `.v2`, beside the old one ([0011](decisions/0011-event-schemas.md)).
- Who may hear what is denied by default. Below, "entitled" is by a published sharing rule.

{sections}
## Between our own services

Nobody outside can hear these. `data.accessed` becomes what a party sees at `/v1/accesses`; by it and by
`evidence.used` those departments are found that are told when evidence no longer holds.

{_table(internal)}
{generated}
"""


def _section(entity: str, types: list[EventType]) -> str:
    topic = types[0].topic.replace(f".{types[0].contract.event}", ".<event>")
    kind = f" `{{kind}}` is {KINDS[entity]}." if "{kind}" in topic else ""
    return f"## {entity}\n\nTopic `{topic}`.{kind} May be heard by: {hearers_of(types[0].contract)}.\n\n{_table(types)}"


def _table(types: list[EventType]) -> str:
    rows = [
        (f"`{each.name}`", each.title.en, each.title.zh, " ".join(f"`{name}`" for name in each.contract.model_fields))
        for each in types
    ]
    lines = [("type", "title", "中文", "data"), ("---",) * 4, *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _sample() -> str:
    data = orjson.loads((GOLDEN / f"{SAMPLE}.json").read_bytes()) | {"kind": KIND, "state": "valid"}
    contract = event_types()[SAMPLE].contract
    envelope = Envelope(
        id=UUID("019a0000-0000-7000-8000-00000000000e"),
        source="/certificates",
        type=SAMPLE,
        topic=f"evt.{contract.entity}.{contract.event}.{KIND}.33.07.82",
        subject=UUID(data["certificate"]),
        time=datetime(2026, 3, 11, 2, tzinfo=UTC),
        entityversion=1,
        position=4711,
        sequence=17,
        data=orjson.dumps(data).decode(),
    )
    return orjson.dumps(orjson.loads(envelope.to_json()), option=orjson.OPT_INDENT_2).decode()
