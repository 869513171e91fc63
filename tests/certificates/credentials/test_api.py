"""Wallets over HTTP: whose certificate it is, for which key, once, and while it is in force."""

import asyncio
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import httpx2
import orjson
import pytest
from openvc.jwt_vc_issuer import jwt_vc_issuer_metadata_url, resolve_jwt_vc_issuer_key
from openvc.type_metadata import validate_type_metadata

from certificates.credentials.rules import Challenge, OpenedCredential, open_credential
from certificates.sealing.rules import holder_of, segments_of, thumbprint_of
from certificates.status.rules import Status, open_list
from tests.certificates.imports.registers import CATALOGUE, REGIONS, a_row, send
from tests.certificates.issuing.test_api import managing, representing
from tests.certificates.seals import HEALTH
from tests.certificates.wallets import Wallet
from tests.certificates.world import CHILD, MOTHER, STRANGER, World, a_decided_case, a_yield
from tests.shared.evidence.grants import BIRTH
from tests.support.tokens import ISSUER, Headers


async def nonce(world: World) -> str:
    reply = await world.http.post("/v1/credential-nonces")
    assert (reply.status_code, reply.headers["cache-control"]) == (200, "no-store")
    return str(reply.json()["c_nonce"])


async def asked(
    world: World,
    certificate: UUID,
    wallet: Wallet,
    *,
    headers: Headers | None = None,
    proof: str | None = None,
    key: str | None = None,
) -> httpx2.Response:
    given = proof or wallet.proof(await nonce(world), at=world.service.clock())
    sent = (headers or world.issuer.person(CHILD)) | {"idempotency-key": key or f"key-{uuid4()}"}
    return await world.http.post(f"/v1/certificates/{certificate}/credential", json={"proof": given}, headers=sent)


def opened(world: World, text: str, **more: Any) -> OpenedCredential:
    return open_credential(text, world.service.signer.root_pem, world.service.clock(), **more)


class TestAWallet:
    async def test_gets_what_the_certificate_says_bound_to_its_key(self, world: World) -> None:
        certificate, wallet = await world.issued(), Wallet()
        reply = await asked(world, certificate, wallet)
        assert (reply.status_code, reply.headers["cache-control"]) == (201, "no-store")
        assert reply.json()["format"] == "dc+sd-jwt"
        found = opened(world, reply.json()["credential"])
        assert found.claims["name"] == "𠮷娃"
        challenge = Challenge("https://kindergarten.test", "n-1")
        shown = wallet.presented(
            reply.json()["credential"], "birth-date", challenge=challenge, at=world.service.clock()
        )
        shared = opened(world, shown, challenge=challenge)
        assert (shared.claims, shared.is_held) == ({"birth-date": "2026-03-01"}, True)

    async def test_s_credential_has_the_certificate_s_place_in_the_status_lists(self, world: World) -> None:
        certificate, wallet = await world.issued(), Wallet()
        place = opened(world, (await asked(world, certificate, wallet)).json()["credential"]).status
        body = {"ground": "suspension-penalty", "reason": "for the file"}
        await world.http.post(f"/v1/certificates/{certificate}/withholding", json=body, headers=managing(world))
        token = (await world.http.get(f"/v1/status-lists/{place.list}")).text
        listed = open_list(token, place.list, world.service.signer.root_pem, world.service.clock())
        assert listed.status_of(place.index) is Status.SUSPENDED

    async def test_of_a_mother_gets_her_child_s(self, world: World) -> None:
        certificate = await world.issued()
        assert (await asked(world, certificate, Wallet(), headers=representing(world, CHILD))).status_code == 201

    async def test_of_a_mother_gets_it_no_more_once_she_acts_for_nobody(self, world: World) -> None:
        certificate, wallet = await world.issued(), Wallet()
        proof = wallet.proof(await nonce(world), at=world.service.clock())
        again = partial(asked, world, certificate, wallet, proof=proof, key="once-only")
        assert (await again(headers=representing(world, CHILD))).status_code == 201
        assert (await again(headers=world.issuer.person(MOTHER))).status_code == 404

    async def test_of_somebody_else_does_not(self, world: World) -> None:
        certificate = await world.issued()
        for headers in (world.issuer.person(STRANGER), world.issuer.person(MOTHER)):
            reply = await asked(world, certificate, Wallet(), headers=headers)
            assert (reply.status_code, reply.json()["code"]) == (404, "certificate-not-found")
        assert (await asked(world, uuid4(), Wallet())).status_code == 404
        assert await world.rows("SELECT id FROM credentials") == []

    async def test_s_credential_is_on_record_with_the_use_of_the_seal(self, world: World) -> None:
        certificate, wallet = await world.issued(), Wallet()
        await asked(world, certificate, wallet)
        seal = world.service.signer.certificate_of(HEALTH.code)
        uses = await world.rows("SELECT holder, key, certificate FROM seal_uses WHERE form = 'credential'")
        assert uses == [{"holder": HEALTH.code, "key": thumbprint_of(seal), "certificate": certificate}]
        kept = await world.rows("SELECT certificate, key FROM credentials")
        assert kept == [{"certificate": certificate, "key": wallet.key.thumbprint()}]

    async def test_has_salts_that_nobody_else_has(self, world: World) -> None:
        certificate, wallet = await world.issued(), Wallet()
        texts = [(await asked(world, certificate, wallet)).json()["credential"] for _ in range(2)]
        first, second = (set(text.split("~")[1:-1]) for text in texts)
        assert len(first) == len(second) == 5
        assert first.isdisjoint(second)


class TestOnce:
    async def test_the_same_request_gets_the_same_credential(self, world: World) -> None:
        certificate, wallet = await world.issued(), Wallet()
        proof = wallet.proof(await nonce(world), at=world.service.clock())
        sending = (asked(world, certificate, wallet, proof=proof, key="once-only") for _ in range(10))
        replies = await asyncio.gather(*sending)
        assert {reply.status_code for reply in replies} == {201}
        assert len({reply.text for reply in replies}) == 1
        assert len(await world.rows("SELECT id FROM seal_uses WHERE form = 'credential'")) == 1
        world.service.clock.advance(hours=1)  # type: ignore[attr-defined]  # the clock of tests
        assert (await asked(world, certificate, wallet, proof=proof, key="once-only")).text == replies[0].text

    async def test_a_proof_counts_once(self, world: World) -> None:
        certificate, wallet = await world.issued(), Wallet()
        proof = wallet.proof(await nonce(world), at=world.service.clock())
        replies = await asyncio.gather(*(asked(world, certificate, wallet, proof=proof) for _ in range(10)))
        assert sorted(reply.status_code for reply in replies) == [201, *[422] * 9]
        assert {reply.json()["code"] for reply in replies if reply.status_code == 422} == {"nonce-not-valid"}

    async def test_a_nonce_counts_once_whoever_answers_it(self, world: World) -> None:
        certificate, given = await world.issued(), await nonce(world)
        proofs = [Wallet().proof(given, at=world.service.clock()) for _ in range(2)]
        codes = [(await asked(world, certificate, Wallet(), proof=proof)).status_code for proof in proofs]
        assert codes == [201, 422]

    async def test_whoever_asks_after_a_revocation_was_answered_gets_none(self, world: World) -> None:
        certificate, wallet = await world.issued(), Wallet()
        given: dict[str, list[int]] = {"before": [], "after": []}
        begun, revoked = asyncio.Event(), asyncio.Event()

        async def ask_again_and_again() -> None:
            while len(given["after"]) < 8:
                when = "after" if revoked.is_set() else "before"
                given[when].append((await asked(world, certificate, wallet)).status_code)
                begun.set()

        async def revoke() -> None:
            await begun.wait()
            body, path = {"ground": "fraud", "reason": "for the file"}, f"/v1/certificates/{certificate}/revocation"
            assert (await world.http.post(path, json=body, headers=managing(world))).status_code == 200
            revoked.set()

        await asyncio.gather(revoke(), *(ask_again_and_again() for _ in range(4)))
        assert set(given["after"]) == {409}
        assert len(await world.rows("SELECT id FROM credentials")) == given["before"].count(201) > 0

    async def test_a_refused_request_uses_nothing_up(self, world: World) -> None:
        certificate, wallet = await world.issued(), Wallet()
        proof = wallet.proof(await nonce(world), at=world.service.clock())
        stranger = await asked(world, certificate, wallet, proof=proof, headers=world.issuer.person(STRANGER))
        assert stranger.status_code == 404
        assert (await asked(world, certificate, wallet, proof=proof)).status_code == 201


class TestNotNow:
    @pytest.mark.parametrize(
        ("operation", "ground", "state"),
        [
            ("withholding", "suspension-penalty", "withheld"),
            ("revocation", "fraud", "revoked"),
            ("revocation", "other-cancellation", "cancelled"),
            ("revocation", "penalty", "withdrawn"),
        ],
    )
    async def test_what_is_not_in_force(self, world: World, operation: str, ground: str, state: str) -> None:
        certificate = await world.issued()
        body = {"ground": ground, "reason": "for the file"}
        await world.http.post(f"/v1/certificates/{certificate}/{operation}", json=body, headers=managing(world))
        reply = await asked(world, certificate, Wallet())
        assert (reply.status_code, reply.json()["code"]) == (409, "certificate-not-presentable")
        assert reply.json()["state"] == state

    async def test_what_is_over_though_nobody_has_said_so_yet(self, world: World) -> None:
        certificate = await world.issued(a_decided_case(a_yield(valid_until=date(2026, 3, 11))))
        assert (await asked(world, certificate, Wallet())).status_code == 201
        world.service.clock.advance(days=1)  # type: ignore[attr-defined]
        reply = await asked(world, certificate, Wallet())
        assert (reply.status_code, reply.json()["state"]) == (409, "expired")

    async def test_what_means_something_else_in_a_credential(self, world: World) -> None:
        certificate = await world.issued(a_decided_case(a_yield(claims={"status": "widowed"})))
        reply = await asked(world, certificate, Wallet())
        assert (reply.status_code, reply.json()["code"]) == (409, "certificate-not-presentable")
        assert "widowed" not in reply.text

    async def test_what_was_issued_before_the_platform_and_is_sealed_by_nobody(self, world: World) -> None:
        world.licensing.rules = CATALOGUE
        world.licensing.regions = REGIONS
        await world.service.evidence.policy.refresh()
        assert (await send(world, a_row())).status_code == 200
        (imported,) = await world.rows("SELECT id FROM certificates")
        reply = await asked(world, imported["id"], Wallet())
        assert (reply.status_code, reply.json()["code"]) == (409, "certificate-not-sealed")

    async def test_without_a_seal_that_is_valid(self, world: World) -> None:
        certificate = await world.issued()
        world.service.clock.advance(days=6 * 365)  # type: ignore[attr-defined]
        reply = await asked(world, certificate, Wallet())
        assert (reply.status_code, reply.json()["code"]) == (503, "seal-not-available")


class TestBadInput:
    async def test_a_proof_that_does_not_hold(self, world: World) -> None:
        certificate, at = await world.issued(), world.service.clock()
        wrong = {
            "unreadable": "a.b.c",
            "another-audience": Wallet().proof(await nonce(world), at=at, aud="https://elsewhere.test"),
            "signature-wrong": Wallet().proof(await nonce(world), at=at, header={"jwk": Wallet().public.model_dump()}),
        }
        for reason, proof in wrong.items():
            reply = await asked(world, certificate, Wallet(), proof=proof)
            assert (reply.status_code, reply.json()["code"]) == (422, "key-proof-not-valid")
            assert reply.json()["reason"] == reason
        assert await world.rows("SELECT id FROM credentials") == []

    async def test_a_nonce_that_we_did_not_give_or_is_old(self, world: World) -> None:
        certificate, given = await world.issued(), await nonce(world)
        world.service.clock.advance(minutes=6)  # type: ignore[attr-defined]
        for each in ("made-up", given):
            reply = await asked(world, certificate, Wallet(), proof=Wallet().proof(each, at=world.service.clock()))
            assert (reply.status_code, reply.json()["code"]) == (422, "nonce-not-valid")

    @pytest.mark.parametrize(
        "body", [{}, [], None, {"proof": None}, {"proof": 1}, {"proof": "x" * 4097}, {"proof": "x", "format": "x"}]
    )
    async def test_a_body_that_is_no_request(self, world: World, body: object) -> None:
        certificate = await world.issued()
        headers = world.issuer.person(CHILD) | {"idempotency-key": "some-key"}
        reply = await world.http.post(f"/v1/certificates/{certificate}/credential", json=body, headers=headers)
        assert (reply.status_code, reply.json()["code"]) == (422, "invalid-request")

    async def test_a_request_without_a_key(self, world: World) -> None:
        certificate = await world.issued()
        path, headers = f"/v1/certificates/{certificate}/credential", world.issuer.person(CHILD)
        assert (await world.http.post(path, json={"proof": "x"}, headers=headers)).status_code == 422


class TestWhatReadersFetch:
    async def fetched(self, world: World, url: str) -> Any:
        assert url.startswith(ISSUER)
        reply = await world.http.get(url.removeprefix(ISSUER))
        assert reply.headers["content-type"] == "application/json"
        assert reply.headers["cache-control"].startswith("public, max-age=")
        return reply.json()

    async def test_the_type_s_metadata_at_its_own_name(self, world: World) -> None:
        text = (await asked(world, await world.issued(), Wallet())).json()["credential"]
        claims = orjson.loads(segments_of(text.split("~")[0])[1])
        document = await self.fetched(world, claims["vct"])
        validate_type_metadata(
            claims | opened(world, text).claims, vct=claims["vct"], resolve=lambda _: orjson.dumps(document)
        )
        assert document["vct"] == f"{ISSUER}/v1/credential-types/{BIRTH}"
        assert {each["locale"] for each in document["display"]} == {"zh-CN", "en"}
        assert ["certificate_number"] in [each["path"] for each in document["claims"]]
        assert {each["sd"] for each in document["claims"]} == {"always"}

    async def test_no_metadata_of_what_is_no_kind_of_certificate(self, world: World) -> None:
        for kind in ("nothing", "resident-identity"):
            reply = await world.http.get(f"/v1/credential-types/{kind}")
            assert (reply.status_code, reply.json()["code"]) == (404, "credential-type-not-found")

    async def test_the_issuer_s_keys_at_its_own_name(self, world: World) -> None:
        text = (await asked(world, await world.issued(), Wallet())).json()["credential"]
        header, claims = map(orjson.loads, segments_of(text.split("~")[0]))
        document = await self.fetched(world, jwt_vc_issuer_metadata_url(claims["iss"]))
        key = resolve_jwt_vc_issuer_key(claims["iss"], header["kid"], fetch=lambda _: document)
        seal = world.service.signer.certificate_of(HEALTH.code)
        assert (holder_of(seal), key["kid"]) == (HEALTH.code, thumbprint_of(seal))
        assert key["x5c"] == header["x5c"]

    @pytest.mark.parametrize("department", ["nobody", "platform"])
    async def test_no_keys_of_who_issues_nothing(self, world: World, department: str) -> None:
        reply = await world.http.get(f"/.well-known/jwt-vc-issuer/departments/{department}")
        assert (reply.status_code, reply.json()["code"]) == (404, "credential-issuer-not-found")
