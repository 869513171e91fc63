"""Who asked a wallet says so, and is told whether it answered: just now, to nobody else, and by its own key."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from certificates.credentials.rules import Challenge
from certificates.issuing.queries import find_certificate
from certificates.verification.offline import verify_document
from tests.certificates.credentials.making import a_credential
from tests.certificates.verification.test_forms import every_form, offline, revoke
from tests.certificates.wallets import Wallet
from tests.certificates.world import World

ASKED = Challenge(audience="https://kindergarten.test", nonce="3f1c-once")
WALLET = Wallet()


async def credential_of(world: World, certificate: UUID) -> str:
    async with world.service.database.read() as conn:
        held = await find_certificate(conn, certificate)
    assert held is not None
    return a_credential(held, signer=world.service.signer, wallet=WALLET, at=world.service.clock())


async def presentation(world: World, certificate: UUID, *, asked: Challenge = ASKED, by: Wallet = WALLET) -> str:
    whole = await credential_of(world, certificate)
    return by.presented(whole, "name", challenge=asked, at=world.service.clock())


async def told(world: World, token: str, asked: Challenge | None = None) -> tuple[bool, str | None, list[str]]:
    body = {"token": token} | ({} if asked is None else {"audience": asked.audience, "nonce": asked.nonce})
    reply = await world.http.post("/v1/verifications", json=body)
    assert reply.status_code == 200, reply.text
    verdict = reply.json()
    return verdict["genuine"], verdict["key_binding"], [reason["code"] for reason in verdict["reasons"]]


async def test_who_is_answered_is_told_that_the_key_was_proven(world: World) -> None:
    shown = await presentation(world, await world.issued())
    assert await told(world, shown, ASKED) == (True, "proven", [])


async def test_who_does_not_say_what_they_asked_is_told_that_it_was_not_checked(world: World) -> None:
    shown = await presentation(world, await world.issued())
    assert await told(world, shown) == (True, "not-checked", ["key-binding-not-checked"])
    verdict = await offline(world, shown.encode())
    assert (verdict.holds, verdict.key_binding) == (True, "not-checked")
    assert [reason.code for reason in verdict.reasons] == ["key-binding-not-checked"]


async def test_a_credential_without_a_proof_is_no_answer(world: World) -> None:
    shown = await credential_of(world, await world.issued())
    assert await told(world, shown) == (True, "missing", [])
    assert await told(world, shown, ASKED) == (False, None, ["key-binding-missing"])


@pytest.mark.parametrize(
    "asked",
    [Challenge("https://shop.test", ASKED.nonce), Challenge(ASKED.audience, "another"), Challenge("x", "y")],
)
async def test_what_was_made_for_somebody_else_is_refused(world: World, asked: Challenge) -> None:
    shown = await presentation(world, await world.issued())
    assert await told(world, shown, asked) == (False, None, ["key-binding-wrong"])


async def test_what_was_made_by_another_wallet_is_refused_whoever_asks(world: World) -> None:
    shown = await presentation(world, await world.issued(), by=Wallet())
    for asked in (ASKED, None):
        assert await told(world, shown, asked) == (False, None, ["key-binding-wrong"])


async def test_an_answer_is_good_for_five_minutes(world: World) -> None:
    shown = await presentation(world, await world.issued())
    world.service.clock.advance(minutes=5)  # type: ignore[attr-defined]  # the clock of tests
    assert await told(world, shown, ASKED) == (True, "proven", [])
    world.service.clock.advance(seconds=1)  # type: ignore[attr-defined]
    assert await told(world, shown, ASKED) == (False, None, ["key-binding-wrong"])


async def test_a_proof_does_not_bring_back_what_was_revoked(world: World) -> None:
    certificate = await world.issued()
    shown = await presentation(world, certificate)
    await revoke(world, certificate)
    assert await told(world, shown, ASKED) == (True, "proven", ["revoked"])
    assert await told(world, shown) == (True, "not-checked", ["revoked", "key-binding-not-checked"])


async def test_no_other_form_answers_a_challenge(world: World) -> None:
    for form, shown in (await every_form(world, await world.issued())).items():
        if form != "pdf":
            assert await told(world, shown.decode(), ASKED) == (False, None, ["key-binding-missing"]), form


async def test_without_a_network_the_same(world: World) -> None:
    shown = (await presentation(world, await world.issued())).encode()
    root_pem, at = world.service.signer.root_pem, world.service.clock()
    for asked, when, proven in (
        (ASKED, at, "proven"),
        (None, at, "not-checked"),
        (Challenge("x", "y"), at, None),
        (ASKED, at + timedelta(minutes=6), None),
    ):
        verdict = verify_document(shown, root_pem, when, challenge=asked)
        assert (verdict.genuine, verdict.key_binding) == (proven is not None, proven)


@pytest.mark.parametrize(
    "body",
    [
        {"token": "x", "audience": "https://kindergarten.test"},
        {"token": "x", "nonce": "3f1c"},
        {"number": "1", "audience": "https://kindergarten.test", "nonce": "3f1c"},
        {"token": "x", "audience": "", "nonce": ""},
        {"token": "x", "audience": "x" * 2049, "nonce": "3f1c"},
        {"token": "x", "audience": "x", "nonce": "n" * 513},
        {"audience": "x", "nonce": "y"},
    ],
)
async def test_half_a_question_is_none(world: World, body: dict[str, Any]) -> None:
    reply = await world.http.post("/v1/verifications", json=body)
    assert (reply.status_code, reply.json()["code"]) == (422, "invalid-request")
