"""Every form of a certificate gets one verdict: online at once after a revocation, offline with the next list."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from joserfc.util import urlsafe_b64decode

from certificates.documents.rules import qr_payload
from certificates.issuing.queries import find_certificate
from certificates.sealing.authority import new_root
from certificates.sealing.rules import sealed_file
from certificates.status.commands import KEPT
from certificates.verification.bundle import open_bundle
from certificates.verification.offline import Verdict, verify_document
from shared.canonical import canonical_json
from tests.certificates.credentials.making import a_credential
from tests.certificates.issuing.test_api import managing
from tests.certificates.seals import HEALTH, signer_for
from tests.certificates.verification.shown import code_of, leading_to
from tests.certificates.wallets import chosen
from tests.certificates.world import CHILD, World
from tests.support.tokens import ISSUER


async def every_form(world: World, certificate: UUID) -> Mapping[str, bytes]:
    """The certificate in each form."""
    async with world.service.database.read() as conn:
        held = await find_certificate(conn, certificate)
    assert held is not None
    signer, at = world.service.signer, world.service.clock()
    page = await world.http.get(f"/v1/certificates/{certificate}/document.pdf", headers=world.issuer.person(CHILD))
    assert page.status_code == 200
    return {
        "pdf": page.content,
        "file": sealed_file(held.sealed),
        "seal": held.sealed.encode(),
        "qr": leading_to(code_of(qr_payload(held), signer), platform=ISSUER).encode(),
        "credential": a_credential(held, signer=signer, at=at).encode(),
    }


async def online(world: World, shown: bytes) -> tuple[str, bool, str, list[str]]:
    reply = await world.http.post("/v1/verifications", json={"document": b64encode(shown).decode()})
    told = reply.json()
    return told["form"], told["genuine"], told["state"], [why["code"] for why in told["reasons"]]


async def offline(world: World, shown: bytes) -> Verdict:
    bundle = (await world.http.get("/v1/verification-bundle")).content
    root_pem, at = world.service.signer.root_pem, world.service.clock()
    return verify_document(shown, root_pem, at, bundle=open_bundle(bundle, root_pem, at))


async def revoke(world: World, certificate: UUID) -> None:
    body = {"ground": "fraud", "reason": "for the file"}
    await world.http.post(f"/v1/certificates/{certificate}/revocation", json=body, headers=managing(world))


async def test_a_revocation_is_seen_by_the_next_question_and_in_the_next_list(world: World) -> None:
    certificate = await world.issued()
    forms = await every_form(world, certificate)
    for form, shown in forms.items():
        assert await online(world, shown) == (form, True, "in force", [])
        assert (await offline(world, shown)).holds, form
    await revoke(world, certificate)
    for form, shown in forms.items():
        assert await online(world, shown) == (form, True, "revoked", ["revoked"])
    world.service.clock.advance(seconds=KEPT.total_seconds() + 1)  # type: ignore[attr-defined]  # the clock of tests
    assert timedelta(seconds=60) > KEPT
    for form, shown in forms.items():
        verdict = await offline(world, shown)
        assert (verdict.genuine, verdict.holds, verdict.state) == (True, False, "ended"), form


async def test_a_credential_that_shows_nothing_is_known_by_its_place_in_the_lists(world: World) -> None:
    shown = (await every_form(world, await world.issued()))["credential"].decode()
    assert await online(world, chosen(shown, []).encode()) == ("credential", True, "in force", [])


@pytest.mark.parametrize("said", [{"issued_on": "2020-01-01"}, {"holder": "张***"}, {"holder": None}], ids=str)
async def test_what_a_code_says_must_be_what_the_register_holds(world: World, said: dict[str, Any]) -> None:
    """Whoever had a department's key could not use it here for anything that the register does not hold."""
    certificate = await world.issued()
    async with world.service.database.read() as conn:
        held = await find_certificate(conn, certificate)
    assert held is not None
    other = canonical_json(orjson.loads(qr_payload(held)) | said)
    assert await online(world, code_of(other, world.service.signer).encode()) == (
        "qr",
        False,
        "unknown",
        ["differs-from-register"],
    )


async def test_a_code_by_a_look_alike_city_is_not_genuine(world: World) -> None:
    forms = await every_form(world, await world.issued())
    at = world.service.clock()
    stranger = signer_for(new_root(at=at), HEALTH, at=at)
    payload = forms["qr"].partition(b"#")[2].split(b".")[1]
    forged = code_of(urlsafe_b64decode(payload), stranger)
    assert await online(world, forged.encode()) == ("qr", False, "unknown", ["seal-unknown"])


async def a_copy_of(world: World, certificate: UUID) -> tuple[bytes, bytes]:
    """A copy of it for one purpose, good until 20 March: the file, and its page."""
    headers, path = world.issuer.person(CHILD), f"/v1/certificates/{certificate}/copies"
    wish = {"purpose": "school enrolment", "valid_until": "2026-03-20"}
    made = await world.http.post(path, json=wish, headers=headers | {"idempotency-key": "copy-for-school"})
    copy = f"{path}/{made.json()['id']}"
    file = await world.http.get(f"{copy}/document", headers=headers)
    page = await world.http.get(f"{copy}/document.pdf", headers=headers)
    return file.content, page.content


async def test_a_copy_holds_for_its_purpose_and_until_its_own_last_day(world: World) -> None:
    file, page = await a_copy_of(world, await world.issued())
    for form, shown in {"copy": file, "pdf": page}.items():
        reply = await world.http.post("/v1/verifications", json={"document": b64encode(shown).decode()})
        told = reply.json()
        assert (told["form"], told["genuine"], told["state"]) == (form, True, "in force")
        assert (told["purpose"], told["purpose_until"]) == ("school enrolment", "2026-03-20")
        assert (await offline(world, shown)).holds, form
    world.service.clock.advance(days=10)  # type: ignore[attr-defined]
    for form, shown in {"copy": file, "pdf": page}.items():
        assert await online(world, shown) == (form, True, "expired", ["copy-ended"])
        assert (await offline(world, shown)).state == "expired", form


async def test_a_copy_ends_with_its_certificate_and_every_byte_of_it_counts(world: World) -> None:
    certificate = await world.issued()
    file, _ = await a_copy_of(world, certificate)
    assert await online(world, file.replace(b"school", b"police")) == ("copy", False, "unknown", ["altered"])
    await revoke(world, certificate)
    assert await online(world, file) == ("copy", True, "revoked", ["revoked"])
