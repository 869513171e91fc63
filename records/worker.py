"""What runs beside the API: the catalogue kept fresh; this service's events relayed, and others' heard."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from records.accesses.subscribers import access_reactions
from records.filing.subscribers import filing_reactions
from records.service import RecordsService
from records.uses.subscribers import use_reactions
from shared.evidence.subscribers import evidence_reactions
from shared.web import Part


def parts() -> list[Part]:
    """Both for every process; relay and subscribers run where the settings say `worker`."""
    return [catalogue, messaging]


@asynccontextmanager
async def catalogue(service: RecordsService) -> AsyncGenerator[None]:
    """Kinds, vocabulary and sharing rules are those of the newest release."""
    async with service.evidence.policy.kept_fresh():
        yield


@asynccontextmanager
async def messaging(service: RecordsService) -> AsyncGenerator[None]:
    """Decided cases are filed, ended cases close their grants; every access reaches its party.

    Who used evidence that no longer holds is told.
    """
    filing = filing_reactions(service.licensing, clock=service.clock)
    service.messaging.subscribe("cases", [*filing, *evidence_reactions(service.evidence.policy)])
    service.messaging.subscribe("accesses", access_reactions())
    service.messaging.subscribe("uses", use_reactions(clock=service.clock))
    async with service.messaging.running():
        yield
