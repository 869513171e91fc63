"""`POST /v1/evidence/search`, the same in every source; the gateway merges their answers."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Request

from shared.auth import Caller, requires_by_kind
from shared.contracts.evidence import EvidenceFound, EvidenceSearch
from shared.evidence.grants import GrantVerifier
from shared.evidence.reader import Source, read_evidence
from shared.evidence.sharing import SharingPolicy
from shared.web import service_of


@dataclass(frozen=True, slots=True)
class EvidenceDoor:
    """What the route needs of its service: found there as `service.evidence`."""

    source: Source
    policy: SharingPolicy
    grants: GrantVerifier


MAY_READ = requires_by_kind({"department": "evidence", "service": "internal"})
router = APIRouter(tags=["evidence"])


@router.post("/v1/evidence/search")
async def search_evidence(
    search: EvidenceSearch, request: Request, caller: Annotated[Caller, MAY_READ]
) -> EvidenceFound:
    """What this source holds of the wants, under a grant. The access is on record before the answer leaves."""
    service = await service_of(request)
    door: EvidenceDoor = service.evidence
    table = door.policy.table
    grant = await door.grants.open(search.grant)
    reader = caller.department or caller.service
    # Committed when the block ends, before the answer leaves: what was read is always on record.
    async with service.database.transaction() as conn:
        found = await read_evidence(
            conn,
            door.source,
            grant=grant,
            wants=search.wants,
            table=table,
            reader=reader,
            by=caller.act,
            at=service.clock(),
        )
    return EvidenceFound(evidence=found)
