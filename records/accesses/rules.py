"""From one event to what each party may see of it; and what purposes are called. Pure."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from records.accesses.model import Access
from shared.contracts.events import DataAccessed
from shared.contracts.evidence import Purpose
from shared.messaging.envelope import Event
from shared.schemas import Text

PURPOSES: Final[Mapping[Purpose, Text]] = {
    "draft": Text(zh="为您预填申请表", en="To fill in your application for you"),
    "case": Text(zh="办理您或您家人的申请事项", en="To handle an application of yours or of your family"),
    "duty": Text(zh="依法履行法定职责", en="To carry out a duty laid down by law"),
}


def purpose_text(access: Access) -> Text:
    """Why the data was read, in words; of a standing duty with the law that it stands on."""
    purpose = PURPOSES[access.purpose]
    if access.basis is None:
        return purpose
    return Text(zh=f"{purpose.zh}：{access.basis['zh']}", en=f"{purpose.en}: {access.basis['en']}")


def accesses_of(event: Event[DataAccessed]) -> list[Access]:
    """One access per party whose data the reply held."""
    read: dict[UUID, dict[str, list[str]]] = defaultdict(dict)
    for each in event.data.accessed:
        attributes = read[each.party].setdefault(each.kind, [])
        attributes += [attribute for attribute in each.attributes if attribute not in attributes]
    return [
        Access(
            event=event.id,
            party=party,
            source=event.source.removeprefix("/"),
            reader=event.data.reader,
            officer=event.data.officer,
            purpose=event.data.purpose,
            ref=event.data.ref,
            items=[*event.data.items],
            evidence=evidence,
            at=event.time,
            duty=event.data.duty,
            basis=None if event.data.basis is None else event.data.basis.model_dump(),
        )
        for party, evidence in read.items()
    ]
