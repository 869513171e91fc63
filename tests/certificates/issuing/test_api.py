"""Certificates over HTTP."""

import asyncio
from uuid import UUID, uuid4

import orjson
import pytest

from certificates.verification.offline import verify_document
from shared.contracts.representation import RepresentationStatement
from tests.certificates.seals import HEALTH
from tests.certificates.world import CHILD, MOTHER, STRANGER, World, a_card, a_decided_case
from tests.support.tokens import ISSUER, Headers

ACT = {"ground": "fraud", "reason": "The application was forged."}


def managing(world: World, department: str = HEALTH.code) -> Headers:
    headers = world.issuer.department(department, scopes=["certificates:manage"])
    return headers | {"idempotency-key": f"key-{uuid4()}"}


def representing(world: World, *parties: UUID, **changes: object) -> Headers:
    """The mother, with identity's statement that she may act for these parties."""
    at = int(world.service.clock().timestamp())
    claims: dict[str, object] = {
        "iss": ISSUER,
        "sub": MOTHER,
        "iat": at,
        "exp": at + 300,
        "may_act_for": (MOTHER, *parties),
    }
    statement = RepresentationStatement.model_validate(claims | changes)
    signed = world.issuer.key.sign(statement.model_dump(mode="json"), typ="representation+jwt")
    return world.issuer.person(MOTHER) | {"representation": signed}


class TestReading:
    async def test_a_holder_sees_their_own_newest_first_in_pages(self, world: World) -> None:
        made = []
        for _ in range(3):
            made.append(str(await world.issued()))
            world.service.clock.advance(seconds=1)  # type: ignore[attr-defined]  # the clock of tests
        headers = world.issuer.person(CHILD)
        first = (await world.http.get("/v1/certificates?holder=me&limit=2", headers=headers)).json()
        second = (await world.http.get(f"/v1/certificates?limit=2&after={first['next']}", headers=headers)).json()
        assert [item["id"] for item in first["items"] + second["items"]] == made[::-1]
        assert second["next"] is None

    @pytest.mark.parametrize(
        ("query", "which"),
        [
            ("", [0, 1, 2]),
            ("kind=birth-medical-certificate", [1, 2]),
            ("state=valid", [0, 2]),
            ("kind=birth-medical-certificate&state=revoked", [1]),
            ("kind=social-security-card&state=revoked", []),
            ("kind=never-heard-of", []),
        ],
    )
    async def test_a_holder_finds_them_by_kind_and_state(self, world: World, query: str, which: list[int]) -> None:
        made = [await world.issued(a_decided_case(a_card())), await world.issued(), await world.issued()]
        await world.http.post(f"/v1/certificates/{made[1]}/revocation", json=ACT, headers=managing(world))
        reply = await world.http.get(f"/v1/certificates?{query}", headers=world.issuer.person(CHILD))
        assert {item["id"] for item in reply.json()["items"]} == {str(made[index]) for index in which}

    async def test_nobody_else_has_any(self, world: World) -> None:
        await world.issued()
        reply = await world.http.get("/v1/certificates", headers=world.issuer.person(STRANGER))
        assert reply.json() == {"items": [], "next": None}

    async def test_the_view_shows_all_but_the_claims(self, world: World) -> None:
        certificate = await world.issued()
        reply = await world.http.get(f"/v1/certificates/{certificate}", headers=world.issuer.person(CHILD))
        assert reply.status_code == 200
        assert "𠮷娃" not in reply.text
        assert reply.json() | {"number": ""} == {
            "id": str(certificate),
            "number": "",
            "version": "001",
            "kind": "birth-medical-certificate",
            "kind_label": {"zh": "出生医学证明", "en": "Birth medical certificate"},
            "holder": str(CHILD),
            "issuer": HEALTH.code,
            "issuer_name": HEALTH.name.model_dump(),
            "issued_on": "2026-03-11",
            "valid_from": "2026-03-11",
            "valid_until": None,
            "state": "valid",
            "state_code": "01",
            "predecessor": None,
            "origin": "issued",
            "check_mismatch": False,
            "issuer_mismatch": False,
        }

    async def test_the_document_verifies_offline_as_it_was_downloaded(self, world: World) -> None:
        certificate = await world.issued()
        path, headers = f"/v1/certificates/{certificate}/document", world.issuer.person(CHILD)
        root = (await world.http.get("/v1/seal-root")).content
        file = await world.http.get(path, headers=headers)
        bare = await world.http.get(path, headers=headers | {"accept": "application/jose"})
        at = world.service.clock()
        assert [verify_document(reply.content, root, at).genuine for reply in (file, bare)] == [True, True]
        assert orjson.loads(file.content)["certificate"]["claims"]["name"] == "𠮷娃"
        assert file.headers["cache-control"] == "private, no-store"


class TestRepresentation:
    async def test_a_mother_has_her_child_s_certificates(self, world: World) -> None:
        certificate = await world.issued()
        headers = representing(world, CHILD)
        listed = await world.http.get(f"/v1/certificates?holder={CHILD}", headers=headers)
        document = await world.http.get(f"/v1/certificates/{certificate}/document", headers=headers)
        assert [item["id"] for item in listed.json()["items"]] == [str(certificate)]
        assert document.status_code == 200

    async def test_without_the_statement_the_child_is_a_stranger(self, world: World) -> None:
        await world.issued()
        reply = await world.http.get(f"/v1/certificates?holder={CHILD}", headers=world.issuer.person(MOTHER))
        assert (reply.status_code, reply.json()["code"]) == (404, "certificate-not-found")

    @pytest.mark.parametrize(
        "changes", [{"sub": STRANGER}, {"iss": "https://elsewhere.test"}, {"exp": 1}, {"iat": 2**40}]
    )
    async def test_a_statement_about_another_or_out_of_its_time_is_refused(
        self, world: World, changes: dict[str, object]
    ) -> None:
        reply = await world.http.get(f"/v1/certificates?holder={CHILD}", headers=representing(world, CHILD, **changes))
        assert (reply.status_code, reply.json()["code"]) == (403, "representation-not-valid")

    @pytest.mark.parametrize("statement", ["", "x", "a.b.c", "an access token"])
    async def test_what_is_no_statement_is_refused(self, world: World, statement: str) -> None:
        headers = world.issuer.person(MOTHER)
        given = headers["authorization"].removeprefix("Bearer ") if statement == "an access token" else statement
        reply = await world.http.get("/v1/certificates", headers=headers | {"representation": given})
        assert (reply.status_code, reply.json()["code"]) == (403, "representation-not-valid")


class TestActing:
    async def test_revocation_is_on_record_and_seen_at_once(self, world: World) -> None:
        certificate = await world.issued()
        path = f"/v1/certificates/{certificate}"
        reply = await world.http.post(f"{path}/revocation", json=ACT, headers=managing(world))
        assert (reply.status_code, reply.json()["state"]) == (200, "revoked")
        seen = await world.http.get(path, headers=world.issuer.person(CHILD))
        assert seen.json()["state"] == "revoked"

    async def test_the_same_key_acts_once_and_answers_alike(self, world: World) -> None:
        certificate = await world.issued()
        path, headers = f"/v1/certificates/{certificate}/revocation", managing(world)
        replies = await asyncio.gather(*(world.http.post(path, json=ACT, headers=headers) for _ in range(20)))
        assert {reply.status_code for reply in replies} == {200}
        assert len({reply.text for reply in replies}) == 1
        assert len(await world.events("certificate.revoked%")) == 1

    async def test_the_same_key_with_another_body_is_refused(self, world: World) -> None:
        certificate = await world.issued()
        path, headers = f"/v1/certificates/{certificate}/revocation", managing(world)
        await world.http.post(path, json=ACT, headers=headers)
        reply = await world.http.post(path, json=ACT | {"ground": "penalty"}, headers=headers)
        assert (reply.status_code, reply.json()["code"]) == (422, "idempotency-key-reused")

    async def test_a_refused_act_may_be_tried_again_with_its_key(self, world: World) -> None:
        certificate = await world.issued()
        path, headers = f"/v1/certificates/{certificate}/reinstatement", managing(world)
        body = {"ground": "withholding-ended", "reason": "over"}
        assert (await world.http.post(path, json=body, headers=headers)).status_code == 409
        withheld = {"ground": "suspension-penalty", "reason": "fine"}
        await world.http.post(f"/v1/certificates/{certificate}/withholding", json=withheld, headers=managing(world))
        assert (await world.http.post(path, json=body, headers=headers)).json()["state"] == "valid"

    async def test_a_state_that_does_not_fit_says_which_would(self, world: World) -> None:
        certificate = await world.issued()
        body = {"ground": "withholding-ended", "reason": "over"}
        path = f"/v1/certificates/{certificate}/reinstatement"
        problem = (await world.http.post(path, json=body, headers=managing(world))).json()
        assert (problem["code"], problem["state"], problem["fitting"]) == (
            "certificate-state-not-fitting",
            "valid",
            ["withheld"],
        )

    async def test_an_unknown_ground_is_answered_with_the_known_ones(self, world: World) -> None:
        certificate = await world.issued()
        path = f"/v1/certificates/{certificate}/withholding"
        reply = await world.http.post(path, json=ACT, headers=managing(world))
        assert (reply.status_code, reply.json()["code"]) == (422, "ground-not-known")
        assert reply.json()["known"] == ["evidence-preservation", "suspension-penalty"]


class TestReplacing:
    async def test_a_renewal_answers_with_the_new_certificate_and_the_old_one_is_expired(self, world: World) -> None:
        path = f"/v1/certificates/{await world.issued(a_decided_case(a_card()))}"
        body = {"reason": "Its term ends.", "valid_until": "2046-03-11"}
        reply = await world.http.post(f"{path}/renewal", json=body, headers=managing(world))
        assert reply.status_code == 201
        new, old = reply.json(), (await world.http.get(path, headers=world.issuer.person(CHILD))).json()
        assert (new["state"], new["version"], new["valid_until"]) == ("valid", "002", "2046-03-11")
        assert (new["predecessor"], old["state"]) == (old["id"], "expired")

    async def test_a_change_says_so_in_the_document(self, world: World) -> None:
        certificate = await world.issued()
        body = {"ground": "facts-corrected", "reason": "A character was wrong.", "claims": {"name": "𠮷宝"}}
        reply = await world.http.post(f"/v1/certificates/{certificate}/change", json=body, headers=managing(world))
        assert reply.status_code == 201
        assert "𠮷宝" not in reply.text
        path = f"/v1/certificates/{reply.json()['id']}/document"
        document = (await world.http.get(path, headers=world.issuer.person(CHILD))).json()
        assert document["certificate"]["claims"] == {"name": "𠮷宝", "birth-date": "2026-03-01", "sex": "female"}

    @pytest.mark.parametrize(("deed", "more"), [("renewal", {}), ("change", {"claims": {"sex": "male"}})])
    async def test_the_same_key_makes_one_and_answers_alike(
        self, world: World, deed: str, more: dict[str, object]
    ) -> None:
        certificate = await world.issued()
        path, headers = f"/v1/certificates/{certificate}/{deed}", managing(world)
        body = {"reason": "asked for", **more}
        replies = await asyncio.gather(*(world.http.post(path, json=body, headers=headers) for _ in range(20)))
        assert {reply.status_code for reply in replies} == {201}
        assert len({reply.text for reply in replies}) == 1
        assert len(await world.rows("SELECT id FROM certificates")) == 2

    async def test_what_its_kind_does_not_hold_is_named_and_not_repeated(self, world: World) -> None:
        path = f"/v1/certificates/{await world.issued()}/change"
        body = {"reason": "asked for", "claims": {"sex": "secret-value", "secret-name": 1}}
        reply = await world.http.post(path, json=body, headers=managing(world))
        assert (reply.status_code, reply.json()["code"]) == (422, "claims-not-valid")
        assert [error["pointer"] for error in reply.json()["errors"]] == ["/body/claims", "/body/claims/sex"]
        assert "secret" not in reply.text

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"reason": ""},
            {"reason": "x", "valid_until": "2025-02-29"},
            {"reason": "x", "valid_until": "9999-12-31"},
            {"reason": "x", "valid_until": "0000-00-00"},
            {"reason": "x", "valid_until": 1},
            {"reason": "x", "claims": {"name": "y"}},
            {"reason": "x", "holder": str(STRANGER)},
        ],
    )
    async def test_a_body_that_is_no_renewal(self, world: World, body: object) -> None:
        path = f"/v1/certificates/{await world.issued()}/renewal"
        assert (await world.http.post(path, json=body, headers=managing(world))).status_code == 422
        assert len(await world.rows("SELECT id FROM certificates")) == len(await world.events()) == 1


class TestBadInput:
    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"ground": "fraud"},
            {"reason": "x"},
            ACT | {"ground": "Fraud"},
            ACT | {"ground": "fraud\n"},
            ACT | {"ground": 1},
            ACT | {"ground": {"$gt": ""}},
            ACT | {"reason": ""},
            ACT | {"reason": "   "},
            ACT | {"reason": "x" * 2001},
            ACT | {"reason": "bell\u0007"},
            ACT | {"state": "valid"},
            ACT | {"__proto__": {}},
            [],
            "fraud",
            None,
        ],
    )
    async def test_a_body_that_is_not_an_act(self, world: World, body: object) -> None:
        certificate = await world.issued()
        path = f"/v1/certificates/{certificate}/revocation"
        reply = await world.http.post(path, json=body, headers=managing(world))
        assert reply.status_code == 422
        await self.unchanged(world)

    @pytest.mark.parametrize(
        ("content", "kind", "status"),
        [
            (b'{"ground":"fraud","ground":"fraud","reason":"x"}', "application/json", 400),
            (b'{"ground":"fraud","reason":"\\ud800"}', "application/json", 400),
            (b'{"ground":"fraud","reason":"\\u0000"}', "application/json", 400),
            (b'\xef\xbb\xbf{"ground":"fraud","reason":"x"}', "application/json", 400),
            ('{"ground":"fraud","reason":"x"}'.encode("utf-16"), "application/json", 400),
            (b'{"ground":"fraud","reason":NaN}', "application/json", 400),
            (b"[" * 100_000, "application/json", 400),
            (b'{"ground":"fraud","reason":"x"}', "text/plain", 415),
            (b'{"reason":"' + b"x" * 1_100_000 + b'"}', "application/json", 413),
        ],
    )
    async def test_bytes_that_are_not_strict_json(self, world: World, content: bytes, kind: str, status: int) -> None:
        certificate = await world.issued()
        path = f"/v1/certificates/{certificate}/revocation"
        headers = managing(world) | {"content-type": kind}
        reply = await world.http.post(path, content=content, headers=headers)
        assert reply.status_code == status
        assert reply.headers["content-type"] == "application/problem+json"
        await self.unchanged(world)

    @pytest.mark.parametrize("key", [None, "", "short", "x" * 129, "with space in", "näh-umlaut-key"])
    async def test_an_act_without_a_proper_key(self, world: World, key: str | None) -> None:
        certificate = await world.issued()
        headers = managing(world)
        del headers["idempotency-key"]
        encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
        if key is not None:
            encoded.append((b"idempotency-key", key.encode("latin-1")))
        reply = await world.http.post(f"/v1/certificates/{certificate}/revocation", json=ACT, headers=encoded)
        assert (reply.status_code, reply.json()["code"]) == (422, "invalid-request")
        await self.unchanged(world)

    @pytest.mark.parametrize(
        "query",
        [
            "limit=-1",
            "limit=0",
            "limit=101",
            "limit=1000000000",
            "after=x",
            "after=W10",
            "kind=Not a kind",
            "state=lost",
            "holder=you",
            "holder=' OR 1=1--",
        ],
    )
    async def test_a_list_that_cannot_be(self, world: World, query: str) -> None:
        reply = await world.http.get(f"/v1/certificates?{query}", headers=world.issuer.person(CHILD))
        assert reply.status_code == 422

    @pytest.mark.parametrize("certificate", ["x", "%00", "0", "' OR 1=1--", "..%2f..", str(UUID(int=99))])
    async def test_an_id_that_is_nobody_s(self, world: World, certificate: str) -> None:
        reply = await world.http.get(f"/v1/certificates/{certificate}", headers=world.issuer.person(CHILD))
        assert reply.status_code in {404, 422}
        assert "OR 1=1" not in reply.text

    async def unchanged(self, world: World) -> None:
        assert await world.rows("SELECT state FROM certificates") == [{"state": "valid"}]
        assert await world.rows("SELECT key FROM idempotency_keys") == []
        assert len(await world.events()) == 1
