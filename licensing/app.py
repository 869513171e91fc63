"""The HTTP side of licensing: settings in, an ASGI application out."""

from typing import Any

from fastapi import APIRouter, FastAPI

from licensing import worker
from licensing.applications.api import router as applications
from licensing.calendar.api import router as calendar
from licensing.cases.api import router as cases
from licensing.catalogue.api import router as catalogue
from licensing.permissions import Reader, may_follow
from licensing.service import Current, LicensingService
from licensing.settings import LicensingSettings
from shared.auth import Caller, public
from shared.messaging.api import Policy, feed_router
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
    events = feed_router("licensing", _policy(service))
    return create_service(
        service,
        routers=[catalogue, calendar, applications, cases, events, keys],
        parts=worker.parts(service.settings),
        readiness={"messaging": service.messaging.readiness, "catalogue": service.catalogue_readiness},
    )


def _policy(service: LicensingService) -> Policy:
    """Our own services hear everything, a department what concerns its items by the current release."""

    async def may_read(caller: Caller, topics: str) -> bool:
        if caller.kind == "service":
            return True
        if caller.department is None or caller.region is None:
            return False
        async with service.database.read() as conn:
            release = await service.releases.current(conn)
        return may_follow(Reader(caller.department, caller.region), topics, catalogue=release.catalogue)

    return may_read
