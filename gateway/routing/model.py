"""The public contract as a table: every path that can be reached from outside, and who answers it.

What is not here does not exist for the outside; `/internal/*` never is. Who may call is decided by the service.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

ServiceName = Literal["identity", "licensing", "certificates", "records"]

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


class Budget(StrEnum):
    """Which allowance a call draws on."""

    PUBLIC = "public"
    READ = "read"
    WRITE = "write"
    VERIFY = "verify"
    TOKEN = "token"  # noqa: S105 - a name, not a secret


class Answer(StrEnum):
    """How the answer comes about."""

    FORWARDED = "forwarded"
    ONE_IDENTIFICATION = "one-identification"
    EVENTS = "events"
    EVENT_HEADS = "event-heads"
    EVIDENCE = "evidence"
    OF_TYPE = "of-type"
    EVENT_TYPES = "event-types"
    EVENT_SCHEMA = "event-schema"
    ASYNCAPI = "asyncapi"
    DOCUMENT = "document"
    DOCS = "docs"
    VERIFICATION_PAGE = "verification-page"
    ALIVE = "alive"
    READY = "ready"
    METRICS = "metrics"


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. In `path`, `{id}` is a UUID, `{code}` a code of ours, `{number}` a number, `{year}` a year,
    `{type}` an event type with its version, and `{kid}` the name of a key: nothing else is a path.
    """

    method: str
    path: str
    services: tuple[ServiceName, ...]
    budget: Budget | None  # None: for operations, not counted
    answer: Answer = Answer.FORWARDED
    media: tuple[str, ...] = ("application/json",)
    max_bytes: int = MIB
    body_seconds: float = 15.0
    pause_seconds: float | None = None  # between two parts of the body, where all of it may take far longer
    streams: bool = False  # server-sent events and long polls: may rest

    @property
    def has_body(self) -> bool:
        """Whether a body means anything here; elsewhere it is not passed on."""
        return self.method in ("POST", "PATCH", "PUT")


NOBODY: tuple[ServiceName, ...] = ()
IDENTITY: tuple[ServiceName, ...] = ("identity",)
LICENSING: tuple[ServiceName, ...] = ("licensing",)
CERTIFICATES: tuple[ServiceName, ...] = ("certificates",)
RECORDS: tuple[ServiceName, ...] = ("records",)
PUBLISHERS: tuple[ServiceName, ...] = ("licensing", "certificates", "records", "identity")
SOURCES: tuple[ServiceName, ...] = ("certificates", "records")

PUBLIC, READ, WRITE, VERIFY, TOKEN = Budget
FORM = ("application/x-www-form-urlencoded",)
UPLOAD = ("multipart/form-data",)
LINES = ("application/x-ndjson",)

ROUTES: tuple[Route, ...] = (
    # Who is who.
    Route("POST", "/oauth/token", IDENTITY, TOKEN, media=FORM, max_bytes=64 * KIB),
    Route("GET", "/.well-known/oauth-authorization-server", IDENTITY, PUBLIC),
    Route("GET", "/.well-known/jwks.json", IDENTITY, PUBLIC),
    Route("POST", "/v1/identifications", IDENTITY, TOKEN, max_bytes=64 * KIB),
    Route("POST", "/v1/identifications/{id}/proof", IDENTITY, TOKEN, max_bytes=64 * KIB),
    Route("POST", "/v1/clients/{code}/revocation", IDENTITY, WRITE),
    # Who may work with the platform at all.
    Route("GET", "/v1/admin/departments", IDENTITY, READ),
    Route("GET", "/v1/admin/departments/{code}", IDENTITY, READ),
    Route("PUT", "/v1/admin/departments/{code}", IDENTITY, WRITE),
    Route("POST", "/v1/admin/departments/{code}/retirement", IDENTITY, WRITE),
    Route("PUT", "/v1/admin/departments/{code}/duties/{code}", IDENTITY, WRITE),
    Route("DELETE", "/v1/admin/departments/{code}/duties/{code}", IDENTITY, WRITE),
    Route("GET", "/v1/admin/officers", IDENTITY, READ),
    Route("GET", "/v1/admin/officers/{id}", IDENTITY, READ),
    Route("PUT", "/v1/admin/officers/{id}", IDENTITY, WRITE),
    Route("POST", "/v1/admin/officers/{id}/suspension", IDENTITY, WRITE),
    Route("POST", "/v1/admin/officers/{id}/reinstatement", IDENTITY, WRITE),
    Route("PUT", "/v1/admin/officers/{id}/login", IDENTITY, WRITE),
    Route("DELETE", "/v1/admin/officers/{id}/login", IDENTITY, WRITE),
    Route("GET", "/v1/admin/clients", IDENTITY, READ),
    Route("GET", "/v1/admin/clients/{code}", IDENTITY, READ),
    Route("PUT", "/v1/admin/clients/{code}", IDENTITY, WRITE),
    Route("POST", "/v1/admin/clients/{code}/keys", IDENTITY, WRITE),
    Route("DELETE", "/v1/admin/clients/{code}/keys/{kid}", IDENTITY, WRITE),
    Route("GET", "/v1/admin/acts", IDENTITY, READ),
    Route("PUT", "/v1/admin/regions", IDENTITY, WRITE),
    Route("GET", "/v1/regions", IDENTITY, PUBLIC),
    Route("GET", "/v1/me/representations", IDENTITY, READ),
    Route("POST", "/v1/parties", IDENTITY, WRITE),
    Route("POST", "/v1/parties/resolve", IDENTITY, WRITE),
    Route("POST", "/v1/parties/{id}/number", IDENTITY, WRITE),
    Route("GET", "/v1/duties", IDENTITY, PUBLIC),
    Route("POST", "/v1/duty-grants", IDENTITY, WRITE),
    Route("POST", "/v1/subscriptions", IDENTITY, WRITE),
    Route("GET", "/v1/subscriptions", IDENTITY, READ),
    Route("GET", "/v1/subscriptions/{code}", IDENTITY, READ),
    Route("DELETE", "/v1/subscriptions/{code}", IDENTITY, WRITE),
    # What can be applied for, and every application.
    Route("GET", "/v1/things", LICENSING, PUBLIC),
    Route("GET", "/v1/things/{code}", LICENSING, PUBLIC),
    Route("POST", "/v1/one-identification", LICENSING, WRITE, Answer.ONE_IDENTIFICATION),
    Route("GET", "/v1/drafts/{id}", LICENSING, READ),
    Route("PATCH", "/v1/drafts/{id}", LICENSING, WRITE),
    Route("POST", "/v1/materials", LICENSING, WRITE, media=UPLOAD, max_bytes=20 * MIB, body_seconds=60.0),
    Route("GET", "/v1/materials/{id}", LICENSING, READ),
    Route("POST", "/v1/applications", LICENSING, WRITE),
    Route("GET", "/v1/applications", LICENSING, READ),
    Route("GET", "/v1/applications/{id}", LICENSING, READ),
    Route("GET", "/v1/applications/{id}/progress", LICENSING, READ, streams=True),
    Route("POST", "/v1/applications/{id}/withdrawal", LICENSING, WRITE),
    Route("GET", "/v1/cases", LICENSING, READ),
    Route("GET", "/v1/cases/{id}", LICENSING, READ),
    Route("GET", "/v1/cases/{id}/notices", LICENSING, READ),
    Route("POST", "/v1/cases/{id}/correction", LICENSING, WRITE),
    Route("POST", "/v1/cases/{id}/rating", LICENSING, WRITE),
    Route("POST", "/v1/cases/{id}/assignment", LICENSING, WRITE),
    Route("POST", "/v1/cases/{id}/acceptance", LICENSING, WRITE),
    Route("POST", "/v1/cases/{id}/correction-notice", LICENSING, WRITE),
    Route("POST", "/v1/cases/{id}/refusal", LICENSING, WRITE),
    Route("POST", "/v1/cases/{id}/suspension", LICENSING, WRITE),
    Route("POST", "/v1/cases/{id}/resumption", LICENSING, WRITE),
    Route("POST", "/v1/cases/{id}/extension", LICENSING, WRITE),
    Route("POST", "/v1/cases/{id}/decision", LICENSING, WRITE),
    Route("POST", "/v1/catalogue/releases", LICENSING, WRITE),
    Route("GET", "/v1/catalogue/releases", LICENSING, READ),
    Route("POST", "/v1/catalogue/releases/{number}/restoration", LICENSING, WRITE),
    Route("POST", "/v1/catalogue/checks", LICENSING, WRITE),
    Route("GET", "/v1/admin/content-acts", LICENSING, READ),
    Route("GET", "/v1/calendar/years", LICENSING, PUBLIC),
    Route("GET", "/v1/calendar/years/{year}", LICENSING, PUBLIC),
    Route("PUT", "/v1/calendar/years/{year}", LICENSING, WRITE),
    # What was issued.
    Route("GET", "/v1/certificates", CERTIFICATES, READ),
    Route("GET", "/v1/certificates/{id}", CERTIFICATES, READ),
    Route("GET", "/v1/certificates/{id}/document", CERTIFICATES, READ),
    Route("GET", "/v1/certificates/{id}/document.pdf", CERTIFICATES, READ),
    Route("POST", "/v1/certificates/{id}/withholding", CERTIFICATES, WRITE),
    Route("POST", "/v1/certificates/{id}/reinstatement", CERTIFICATES, WRITE),
    Route("POST", "/v1/certificates/{id}/revocation", CERTIFICATES, WRITE),
    Route("POST", "/v1/certificates/{id}/renewal", CERTIFICATES, WRITE),
    Route("POST", "/v1/certificates/{id}/change", CERTIFICATES, WRITE),
    Route("POST", "/v1/certificates/{id}/credential", CERTIFICATES, WRITE),
    Route("POST", "/v1/credential-nonces", CERTIFICATES, PUBLIC),
    Route("GET", "/v1/credential-types/{code}", CERTIFICATES, PUBLIC),
    Route("GET", "/.well-known/jwt-vc-issuer/departments/{code}", CERTIFICATES, PUBLIC),
    Route("POST", "/v1/certificates/{id}/transfer-out", CERTIFICATES, WRITE),
    Route("POST", "/v1/certificates/{id}/transfer-back", CERTIFICATES, WRITE),
    Route("POST", "/v1/certificates/{id}/transfer-in", CERTIFICATES, WRITE),
    Route("POST", "/v1/certificates/{id}/copies", CERTIFICATES, WRITE),
    Route("GET", "/v1/certificates/{id}/copies", CERTIFICATES, READ),
    Route("GET", "/v1/certificates/{id}/copies/{id}", CERTIFICATES, READ),
    Route("GET", "/v1/certificates/{id}/copies/{id}/document", CERTIFICATES, READ),
    Route("GET", "/v1/certificates/{id}/copies/{id}/document.pdf", CERTIFICATES, READ),
    Route("POST", "/v1/certificates/{id}/deliveries", CERTIFICATES, WRITE),
    Route("GET", "/v1/certificates/{id}/deliveries", CERTIFICATES, READ),
    Route("GET", "/v1/certificates/{id}/deliveries/{id}", CERTIFICATES, READ),
    Route("POST", "/v1/certificates/{id}/deliveries/{id}/hand-over", CERTIFICATES, WRITE),
    # A document of half a megabyte in base64, and no more.
    Route("POST", "/v1/verifications", CERTIFICATES, VERIFY, max_bytes=700_000),
    Route("GET", "/v1/seal-root", CERTIFICATES, PUBLIC),
    Route("GET", "/v1/status-lists/{number}", CERTIFICATES, PUBLIC),
    Route("GET", "/v1/verification-bundle", CERTIFICATES, PUBLIC),
    # What was filed.
    Route("POST", "/v1/records", RECORDS, WRITE),
    Route("GET", "/v1/records/{id}", RECORDS, READ),
    Route("POST", "/v1/records/{id}/corrections", RECORDS, WRITE),
    Route("GET", "/v1/accesses", RECORDS, READ),
    Route("GET", "/v1/supervision/indicators", RECORDS, PUBLIC),
    # What spans services.
    Route("POST", "/v1/evidence/search", SOURCES, WRITE, Answer.EVIDENCE),
    Route(
        "POST",
        "/v1/imports",
        SOURCES,
        WRITE,
        Answer.OF_TYPE,
        media=LINES,
        max_bytes=2 * GIB,
        body_seconds=3600.0,
        pause_seconds=15.0,
    ),
    Route("GET", "/v1/imports/{id}", SOURCES, READ, Answer.OF_TYPE),
    Route("GET", "/v1/imports/{id}/rejections", SOURCES, READ, Answer.OF_TYPE),
    Route("GET", "/v1/events", PUBLISHERS, READ, Answer.EVENTS, streams=True),
    Route("GET", "/v1/events/heads", PUBLISHERS, READ, Answer.EVENT_HEADS),
    # What the door says about the platform and itself.
    Route("GET", "/v1/event-types", NOBODY, PUBLIC, Answer.EVENT_TYPES),
    Route("GET", "/v1/event-types/{type}/schema", NOBODY, PUBLIC, Answer.EVENT_SCHEMA),
    Route("GET", "/asyncapi.json", NOBODY, PUBLIC, Answer.ASYNCAPI),
    Route("GET", "/openapi.json", NOBODY, PUBLIC, Answer.DOCUMENT),
    Route("GET", "/docs", NOBODY, PUBLIC, Answer.DOCS),
    Route("GET", "/verify", NOBODY, PUBLIC, Answer.VERIFICATION_PAGE),
    Route("GET", "/healthz", NOBODY, None, Answer.ALIVE),
    Route("GET", "/readyz", NOBODY, None, Answer.READY),
    Route("GET", "/metrics", NOBODY, None, Answer.METRICS),
)
