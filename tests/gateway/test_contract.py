"""The table and the services say the same: whatever a service offers in public can be reached by its own method."""

from fastapi import APIRouter, FastAPI

from certificates.copies.api import router as copies
from certificates.credentials.api import router as credentials
from certificates.delivery.api import router as delivery
from certificates.issuing.api import router as issuing
from certificates.status.api import router as status_lists
from certificates.verification.api import router as verification
from gateway.document.own import OWN
from gateway.document.rules import merge_documents, shape_of
from gateway.routing.model import ROUTES, Answer
from identity.administration.api import router as administration
from identity.duties.api import router as duties
from identity.federation.api import router as federation
from identity.identification.api import router as identification
from identity.parties.api import router as parties
from identity.regions.api import router as regions
from identity.representation.api import router as representation
from identity.subscriptions.api import router as subscriptions
from identity.tokens.api import clients
from identity.tokens.api import router as tokens
from licensing.applications.api import router as applications
from licensing.calendar.api import router as calendar
from licensing.cases.api import router as cases
from licensing.catalogue.api import router as catalogue
from records.accesses.api import router as accesses
from records.filing.api import router as filing
from shared.auth import Caller
from shared.evidence.api import router as evidence
from shared.imports.api import router as imports
from shared.messaging.api import feed_router
from shared.messaging.topics import Reach

ROUTERS: dict[str, list[APIRouter]] = {
    "identity": [
        tokens,
        clients,
        identification,
        representation,
        parties,
        duties,
        subscriptions,
        administration,
        federation,
        regions,
    ],
    "licensing": [catalogue, calendar, applications, cases],
    "certificates": [issuing, copies, delivery, status_lists, credentials, verification, evidence, imports],
    "records": [filing, accesses, evidence, imports],
}
# Named by the table already, and answered when their own issues build them.
TO_COME = {
    "/v1/materials",
    "/v1/materials/{}",
    "/v1/certificates/{}/document.pdf",
    "/v1/certificates/{}/copies/{}/document.pdf",
    "/v1/supervision/indicators",
}


async def nobody(_: Caller) -> Reach:
    return Reach()


def documents() -> dict[str, dict[str, object]]:
    found = {}
    for name, routers in ROUTERS.items():
        app = FastAPI(generate_unique_id_function=lambda route: route.name)
        for router in (*routers, feed_router(name, nobody)):
            app.include_router(router)
        found[name] = app.openapi()
    return found


def offered() -> set[tuple[str, str, str]]:
    return {
        (name, method.upper(), shape_of(path))
        for name, document in documents().items()
        for path, methods in document["paths"].items()  # type: ignore[attr-defined]  # JSON
        for method in methods
        if not path.startswith("/internal/")
    }


def test_whatever_a_service_offers_in_public_is_in_the_table() -> None:
    table = {(name, route.method, shape_of(route.path)) for route in ROUTES for name in route.services}
    assert offered() - table == set()


def test_whatever_is_in_the_table_is_offered_or_to_come() -> None:
    there = {(name, method, path) for name, method, path in offered()}
    missing = {
        shape_of(route.path)
        for route in ROUTES
        for name in route.services
        if (name, route.method, shape_of(route.path)) not in there
    }
    assert missing == TO_COME


def test_the_document_of_all_services_is_sound() -> None:
    document = merge_documents(documents(), ROUTES, server="https://one.test")
    operations = [one for methods in document["paths"].values() for one in methods.values()]
    ids = [one["operationId"] for one in operations]
    answered = [route for route in ROUTES if route.services or route.path in OWN["paths"]]
    assert len(set(ids)) == len(ids) == len([r for r in answered if shape_of(r.path) not in TO_COME])
    assert not any(path.startswith("/internal") for path in document["paths"])
    text = str(document)
    for name in document["components"]["schemas"]:
        assert f"#/components/schemas/{name}'" in text
    assert "representations" not in document["components"]["schemas"]["OneIdentification"]["properties"]


def test_what_the_door_answers_itself_belongs_to_no_service() -> None:
    own = {Answer.DOCUMENT, Answer.DOCS, Answer.ALIVE, Answer.READY, Answer.METRICS}
    own |= {Answer.EVENT_TYPES, Answer.EVENT_SCHEMA, Answer.ASYNCAPI, Answer.VERIFICATION_PAGE}
    assert {route.answer for route in ROUTES if not route.services} == own
