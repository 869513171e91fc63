"""The department that issued a certificate gets its page for a purpose that it can show, and its holder sees that."""

from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import text

from certificates.documents.opening import open_pdf
from shared.contracts.evidence import Grant
from tests.certificates.documents.test_numbers import NUMBER, issued_card
from tests.certificates.issuing.acts import revoke
from tests.certificates.issuing.test_api import managing
from tests.certificates.seals import HEALTH, SECURITY
from tests.certificates.world import CHILD, STRANGER, World
from tests.shared.evidence.grants import BIRTH, CARD, a_grant
from tests.support.tokens import OFFICER


def granting(**changes: object) -> Grant:
    return a_grant(**{"sub": HEALTH.code, "parties": (CHILD,), "kinds": (BIRTH,), **changes})


async def asked(
    world: World, certificate: UUID, grant: Grant | str | None, *, by: str = HEALTH.code
) -> httpx2.Response:
    headers = managing(world, by)
    if grant is not None:
        headers["grant"] = grant if isinstance(grant, str) else world.licensing.signed(grant)
    return await world.http.get(f"/v1/certificates/{certificate}/document.pdf", headers=headers)


async def test_it_gets_the_very_page_that_the_holder_gets(world: World) -> None:
    certificate = await world.issued()
    reply = await asked(world, certificate, granting())
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/pdf")
    assert reply.headers["cache-control"] == "private, no-store"
    open_pdf(reply.content, world.service.signer.root_pem)
    path = f"/v1/certificates/{certificate}/document.pdf"
    assert (await world.http.get(path, headers=world.issuer.person(CHILD))).content == reply.content


async def test_the_holder_sees_who_had_it_and_why(world: World) -> None:
    certificate = await world.issued()
    await asked(world, certificate, granting())
    (event,) = await world.events("data.accessed%")
    said = event["data"]
    assert (said["reader"], said["officer"], said["purpose"]) == (HEALTH.code, str(OFFICER), "case")
    (accessed,) = said["accessed"]
    assert accessed == {
        "party": str(CHILD),
        "kind": BIRTH,
        "attributes": ["birth-date", "name", "sex"],
        "evidence": str(certificate),
    }


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"sub": SECURITY.code}, "another-reader"),
        ({"parties": (STRANGER,)}, "party-outside-grant"),
        ({"kinds": (CARD,)}, "kind-outside-grant"),
        ({"exp": 1}, "expired"),
    ],
)
async def test_a_grant_for_something_else_is_refused(world: World, changes: dict[str, object], reason: str) -> None:
    reply = await asked(world, await world.issued(), granting(**changes))
    assert (reply.status_code, reply.json()["code"], reply.json()["reason"]) == (403, "grant-refused", reason)
    assert await world.events("data.accessed%") == []


@pytest.mark.parametrize(("grant", "reason"), [(None, "no-grant"), ("x", "not-genuine"), ("a.b.c", "not-genuine")])
async def test_without_a_grant_it_gets_nothing(world: World, grant: str | None, reason: str) -> None:
    reply = await asked(world, await world.issued(), grant)
    assert (reply.status_code, reply.json()["reason"]) == (403, reason)
    assert await world.events("data.accessed%") == []


async def test_a_grant_ends_with_its_case(world: World) -> None:
    certificate, grant = await world.issued(), granting()
    async with world.service.database.transaction() as conn:
        await conn.execute(
            text('INSERT INTO closed_cases ("case", closed_at) VALUES (:case, now())'), {"case": grant.ref}
        )
    reply = await asked(world, certificate, grant)
    assert (reply.status_code, reply.json()["reason"]) == (403, "case-closed")
    assert await world.events("data.accessed%") == []


async def test_for_any_other_department_it_is_not_there_whatever_it_shows(world: World) -> None:
    certificate = await world.issued()
    for one in (certificate, uuid4()):
        reply = await asked(world, one, granting(sub=SECURITY.code), by=SECURITY.code)
        assert (reply.status_code, reply.json()["code"]) == (404, "certificate-not-found")


async def test_one_that_has_ended_has_no_page_and_leaves_no_trace_of_a_read(world: World) -> None:
    certificate = await world.issued()
    await revoke(world, certificate)
    reply = await asked(world, certificate, granting())
    assert (reply.status_code, reply.json()["code"]) == (409, "certificate-not-in-force")
    assert await world.events("data.accessed%") == []


async def test_a_number_is_printed_for_its_holder_alone(working: World) -> None:
    working.licensing.numbers[CHILD] = NUMBER
    certificate = await issued_card(working)
    (row,) = await working.rows("SELECT issuer, kind FROM certificates")
    reply = await asked(working, certificate, granting(sub=row["issuer"], kinds=(row["kind"],)), by=row["issuer"])
    assert (reply.status_code, reply.json()["code"]) == (403, "number-for-its-holder")
    assert NUMBER not in reply.text
