"""`POST /v1/evidence/search`, the same in every source; the gateway merges their answers."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from shared.auth import Caller, Requires
from shared.auth.guard import ScopeMissing, bearer_token
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


class _Reader(Requires):
    """Departments need the scope `evidence`; our own services, `internal`."""

    def __init__(self) -> None:
        super().__init__("evidence", ("department", "service"), 0)

    async def __call__(self, request: Request, _: Any = None) -> Caller:
        caller: Caller = await request.app.state.service.verifier.verify(bearer_token(request))
        needed = {"department": "evidence", "service": "internal"}.get(caller.kind)
        if needed not in caller.scopes:
            raise ScopeMissing(scope=self.scope)
        request.state.caller = caller
        return caller


router = APIRouter(tags=["evidence"])


@router.post("/v1/evidence/search")
async def search_evidence(
    search: EvidenceSearch, request: Request, caller: Annotated[Caller, Depends(_Reader())]
) -> EvidenceFound:
    """What this source holds of the wants, under a grant. The access is on record before the answer leaves."""
    service = service_of(request)
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
