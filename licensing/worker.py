"""What runs beside the API: relay and subscribers, deadlines, and the news of applications."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from licensing.applications.commands import TIMERS, start_forgetting
from licensing.cases.subscribers import deadlines, reactions
from licensing.measures import measured
from licensing.service import LicensingService
from licensing.settings import LicensingSettings
from shared.timers import timer_loop
from shared.web import Part


def parts(settings: LicensingSettings) -> list[Part]:
    """The feed and the news for every process; deadlines where the worker runs, and relay and subscribers with it."""
    return [messaging, news, timers, measures] if "worker" in settings.run else [messaging, news]


@asynccontextmanager
async def messaging(service: LicensingService) -> AsyncGenerator[None]:
    """Evidence that is issued or filed wakes the cases that wait for it."""
    service.messaging.subscribe("evidence", reactions(service.office, clock=service.clock))
    async with service.messaging.running():
        yield


def news(service: LicensingService) -> AbstractAsyncContextManager[None]:
    """Those who follow an application are woken by its news."""
    return service.news.listening()


def measures(service: LicensingService) -> AbstractAsyncContextManager[None]:
    """Open cases are counted for who runs the platform."""
    return measured(service.database)


@asynccontextmanager
async def timers(service: LicensingService) -> AsyncGenerator[None]:
    """Deadlines come, and drafts that were left alone are forgotten."""
    async with service.database.transaction() as conn:
        await start_forgetting(conn, at=service.clock())
    handlers = {**deadlines(service.office), **TIMERS}
    async with timer_loop(service.database, handlers, clock=service.clock):
        yield
