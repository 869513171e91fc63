"""What runs beside the API: the catalogue is kept fresh; this service's events are relayed, others' are heard."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from records.service import RecordsService
from records.settings import RecordsSettings
from shared.web import Part


def parts(settings: RecordsSettings) -> list[Part]:
    """The catalogue for every process; relay and subscriber where the worker runs."""
    return [catalogue]


@asynccontextmanager
async def catalogue(service: RecordsService) -> AsyncGenerator[None]:
    """Kinds, vocabulary and sharing rules are loaded, and loaded again."""
    async with service.evidence.policy.kept_fresh():
        yield
