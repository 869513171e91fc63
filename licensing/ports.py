"""Reading what departments hold: certificates and records, asked at the same time, one batch each.

The network is never called inside a transaction. A source that does not answer makes its kinds unavailable; it fails
nothing else.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol
from uuid import UUID

import structlog

from shared.contracts.evidence import Evidence, EvidenceFound, EvidenceSearch, EvidenceType, Want
from shared.errors import Unavailable
from shared.http import Refused, ServiceClient

log = structlog.get_logger(__name__)

# The catalogue says which kind of evidence is held by which kind of source.
Types = Mapping[str, EvidenceType]


class EvidenceSource(Protocol):
    """Everything that is held of the wants, and the kinds of which nobody knows whether they are held."""

    async def search(self, wants: Sequence[Want], *, types: Types, grant: str) -> EvidenceFound: ...


class HttpEvidence:
    """The certificates and the records service."""

    def __init__(self, *, certificates: ServiceClient, records: ServiceClient) -> None:
        self._clients: Mapping[EvidenceType, ServiceClient] = {"certificate": certificates, "record": records}

    async def search(self, wants: Sequence[Want], *, types: Types, grant: str) -> EvidenceFound:
        """Both sources in parallel; one that no want concerns is not asked."""
        answers = await asyncio.gather(*(self._ask(source, wants, types, grant) for source in self._clients))
        return EvidenceFound(
            evidence=[piece for answer in answers for piece in answer.evidence],
            unavailable=sorted({kind for answer in answers for kind in answer.unavailable}),
        )

    async def _ask(self, source: EvidenceType, wants: Sequence[Want], types: Types, grant: str) -> EvidenceFound:
        asked = wants_of(source, wants, types)
        if not asked:
            return EvidenceFound(evidence=[])
        search = EvidenceSearch(wants=asked, grant=grant)
        try:
            answer = await self._clients[source].post("/v1/evidence/search", search.model_dump(mode="json"))
        except Unavailable:
            return silent(asked)
        except Refused as refusal:
            # It answers, but not us: rules not loaded, or a catalogue that promises more than it shares.
            log.warning("a source refused a grant", source=refusal.service, code=refusal.code)
            return silent(asked)
        return EvidenceFound.model_validate(answer)


class HeldEvidence:
    """The twin in memory: what it is given is held; a source that is `down` does not answer."""

    def __init__(self, evidence: Iterable[Evidence] = (), *, down: Iterable[EvidenceType] = ()) -> None:
        self.evidence = list(evidence)
        self.down = set(down)
        self.grants: list[str] = []

    async def search(self, wants: Sequence[Want], *, types: Types, grant: str) -> EvidenceFound:
        """What it holds of the wants. Remembers the grants that it was shown."""
        self.grants.append(grant)
        dead = [silent(wants_of(source, wants, types)) for source in self.down]
        wanted: set[tuple[UUID, str]] = {(want.party, kind) for want in wants for kind in want.kinds}
        return EvidenceFound(
            evidence=[e for e in self.evidence if (e.party, e.kind) in wanted and e.type not in self.down],
            unavailable=sorted({kind for answer in dead for kind in answer.unavailable}),
        )


def wants_of(source: EvidenceType, wants: Sequence[Want], types: Types) -> list[Want]:
    """The part of the wants that this kind of source holds."""
    parts = [(want.party, [kind for kind in want.kinds if types.get(kind) == source]) for want in wants]
    return [Want(party=party, kinds=kinds) for party, kinds in parts if kinds]


def silent(asked: Sequence[Want]) -> EvidenceFound:
    """The answer of a source that does not answer."""
    return EvidenceFound(evidence=[], unavailable=sorted({kind for want in asked for kind in want.kinds}))
