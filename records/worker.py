"""What runs beside the API: the catalogue kept fresh; this service's events relayed, others' heard; and its timers."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from records.accesses.subscribers import access_reactions
from records.filing.subscribers import filing_reactions
from records.service import RecordsService
from records.settings import RecordsSettings
from records.uses.commands import TELLING, go_on_telling
from records.uses.subscribers import use_reactions
from shared.evidence.subscribers import evidence_reactions
from shared.timers import timer_loop
from shared.web import Part


def parts(settings: RecordsSettings) -> list[Part]:
    """The catalogue and the feed for every process; timers where the worker runs, and relay and subscribers with it."""
    return [catalogue, messaging, *([timers] if "worker" in settings.run else [])]


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


@asynccontextmanager
async def timers(service: RecordsService) -> AsyncGenerator[None]:
    """Where many used what no longer holds, they are told some at a time."""
    async with timer_loop(service.database, {TELLING: go_on_telling}, clock=service.clock):
        yield
