"""The HTTP side of records: settings in, an ASGI application out."""

from fastapi import FastAPI

from records import worker
from records.accesses.api import router as accesses
from records.filing.api import router as filing
from records.service import RecordsService
from records.settings import RecordsSettings
from shared.evidence.api import router as evidence
from shared.evidence.feed import feed_policy
from shared.imports.api import router as imports
from shared.imports.model import STREAMED
from shared.messaging.api import feed_router
from shared.web import create_service


def create_app(settings: RecordsSettings | None = None) -> FastAPI:
    """Records as the settings say; without any, as the environment says."""
    return compose(RecordsService("records", settings or RecordsSettings()))


def compose(service: RecordsService) -> FastAPI:
    """The application around a service, which a test may have built itself."""
    policy = service.evidence.policy
    return create_service(
        service,
        routers=[filing, evidence, imports, accesses, feed_router(service.name, feed_policy(policy.current))],
        streamed=STREAMED,
        parts=worker.parts(service.settings),
        readiness={"sharing rules": policy.readiness, "messaging": service.messaging.readiness},
    )
