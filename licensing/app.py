"""The HTTP side of licensing: settings in, an ASGI application out."""

from typing import Any

from fastapi import APIRouter, FastAPI

from licensing import worker
from licensing.applications.api import router as applications
from licensing.calendar.api import router as calendar
from licensing.cases.api import router as cases
from licensing.catalogue.api import router as catalogue
from licensing.service import Current, LicensingService
from licensing.settings import LicensingSettings
from shared.auth import public
from shared.evidence.feed import feed_policy
from shared.messaging.api import feed_router
from shared.web import create_service

keys = APIRouter(tags=["discovery"])


@keys.get("/.well-known/jwks.json", dependencies=[public()], include_in_schema=False)
async def get_grant_keys(service: Current) -> dict[str, Any]:
    """The public key by which sources of evidence verify grants."""
    return {"keys": [service.grant_key.public_jwk()]}


def create_app(settings: LicensingSettings | None = None) -> FastAPI:
    """Licensing as the settings say; without any, as the environment says."""
    return compose(LicensingService("licensing", settings or LicensingSettings()))


def compose(service: LicensingService) -> FastAPI:
    """The application around a service, which a test may have built itself."""
    events = feed_router("licensing", feed_policy(service.sharing))
    return create_service(
        service,
        routers=[catalogue, calendar, applications, cases, events, keys],
        parts=worker.parts(service.settings),
        readiness={"messaging": service.messaging.readiness, "catalogue": service.catalogue_readiness},
    )
