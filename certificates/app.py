"""The HTTP side of the certificates service: settings in, an ASGI application out."""

from fastapi import FastAPI

from certificates import worker
from certificates.copies.api import router as copies
from certificates.credentials.api import router as credentials
from certificates.delivery.api import router as delivery
from certificates.documents.api import router as documents
from certificates.issuing.api import router as issuing
from certificates.service import CertificatesService
from certificates.settings import CertificatesSettings
from certificates.status.api import router as status
from certificates.verification.api import router as verification
from shared.evidence.api import router as evidence
from shared.evidence.feed import feed_policy
from shared.imports.api import router as imports
from shared.imports.model import STREAMED
from shared.messaging.api import feed_router
from shared.web import create_service

OWN = (issuing, copies, documents, status, verification)


def create_app(settings: CertificatesSettings | None = None) -> FastAPI:
    """Certificates as the settings say; without any, as the environment says."""
    return compose(CertificatesService("certificates", settings or CertificatesSettings()))


def compose(service: CertificatesService) -> FastAPI:
    """The application around a service, which a test may have built itself."""
    policy = feed_policy(service.evidence.policy.current)
    return create_service(
        service,
        routers=[
            verification,  # first: routes are tried in this order, and this is asked most
            issuing,
            documents,
            status,
            credentials,
            copies,
            delivery,
            evidence,
            imports,
            feed_router("certificates", policy),
        ],
        streamed=STREAMED,
        parts=worker.parts(service.settings),
        readiness={"sharing-rules": service.evidence.policy.readiness, "messaging": service.messaging.readiness},
    )
