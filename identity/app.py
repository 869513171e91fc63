"""The HTTP side of identity: settings in, an ASGI application out."""

from fastapi import FastAPI

from identity import worker
from identity.administration.api import router as administration
from identity.duties.api import router as duties
from identity.federation.api import router as federation
from identity.identification.api import router as identification
from identity.parties.api import router as parties
from identity.printing.api import router as printing
from identity.regions.api import router as regions
from identity.representation.api import router as representation
from identity.service import IdentityService
from identity.settings import IdentitySettings
from identity.subscriptions.api import router as subscriptions
from identity.tokens.api import TOKEN_PATH, clients, on_oauth_error
from identity.tokens.api import router as tokens
from identity.tokens.errors import OAuthError
from shared.evidence.feed import feed_policy
from shared.messaging.api import feed_router
from shared.web import create_service


def create_app(settings: IdentitySettings | None = None) -> FastAPI:
    """Identity as the settings say; without any, as the environment says."""
    return compose(IdentityService("identity", settings or IdentitySettings()))


def compose(service: IdentityService) -> FastAPI:
    """The application around a service, which a test may have built itself."""
    events = feed_router("identity", feed_policy(service.sharing.current))
    app = create_service(
        service,
        routers=[
            tokens,
            clients,
            identification,
            representation,
            parties,
            printing,
            duties,
            subscriptions,
            administration,
            federation,
            regions,
            events,
        ],
        parts=worker.parts(service.settings),
        form_paths=frozenset({TOKEN_PATH}),
    )
    app.add_exception_handler(OAuthError, on_oauth_error)
    return app
