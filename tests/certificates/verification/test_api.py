"""Online verification: for everybody, at once after a revocation, and silent about holders."""

from base64 import b64encode
from datetime import date
from uuid import UUID

import pytest

from certificates.issuing.rules import CertificateNumber
from certificates.sealing.commands import sealed
from tests.certificates.seals import HEALTH, TYPE_CODE, a_document, a_root, signer_for
from tests.certificates.world import CHILD, World, a_card, a_decided_case, a_yield


async def shown(world: World, certificate: UUID) -> dict[str, dict[str, str]]:
    """The three ways to show a certificate."""
    headers = world.issuer.person(CHILD)
    path = f"/v1/certificates/{certificate}"
    file = (await world.http.get(f"{path}/document", headers=headers)).content
    bare = (await world.http.get(f"{path}/document", headers=headers | {"accept": "application/jose"})).text
    number = (await world.http.get(path, headers=headers)).json()["number"]
    return {"file": {"document": b64encode(file).decode()}, "seal": {"token": bare}, "number": {"number": number}}


async def verify(world: World, body: object, **headers: str) -> dict[str, object]:
    reply = await world.http.post("/v1/verifications", json=body, headers=headers)
    assert reply.status_code == 200
    found: dict[str, object] = reply.json()
    return found


async def test_all_three_ways_say_the_same_and_nothing_about_the_holder(world: World) -> None:
    certificate = await world.issued(a_decided_case(a_yield(valid_until=date(2029, 3, 10))))
    answers = [await verify(world, body) for body in (await shown(world, certificate)).values()]
    assert [answer.pop("form") for answer in answers] == ["file", "seal", "number"]
    assert (
        answers
        == [
            {
                "genuine": True,
                "origin": "issued",
                "state": "in force",
                "kind": "birth-medical-certificate",
                "kind_label": {"zh": "出生医学证明", "en": "Birth medical certificate"},
                "issuer": HEALTH.code,
                "issuer_name": HEALTH.name.model_dump(),
                "issued_on": "2026-03-11",
                "valid_until": "2029-03-10",
                "purpose": None,
                "purpose_until": None,
                "key_binding": None,
                "reasons": [],
            }
        ]
        * 3
    )


@pytest.mark.parametrize(
    ("operation", "ground", "state"),
    [
        ("withholding", "suspension-penalty", "withheld"),
        ("revocation", "fraud", "revoked"),
        ("revocation", "other-cancellation", "cancelled"),
        ("revocation", "penalty", "withdrawn"),
    ],
)
async def test_what_its_issuer_did_is_seen_by_the_very_next_question(
    world: World, operation: str, ground: str, state: str
) -> None:
    certificate = await world.issued()
    ways = await shown(world, certificate)
    headers = world.issuer.department(HEALTH.code, scopes=["certificates:manage"]) | {"idempotency-key": "once-only"}
    body = {"ground": ground, "reason": "for the file"}
    await world.http.post(f"/v1/certificates/{certificate}/{operation}", json=body, headers=headers)
    for way in ways.values():
        answer = await verify(world, way)
        assert (answer["genuine"], answer["state"]) == (True, state)
        assert [why["code"] for why in answer["reasons"]] == [state]  # type: ignore[attr-defined]


async def test_of_one_whose_place_another_took_it_says_so(world: World) -> None:
    certificate = await world.issued(a_decided_case(a_card()))
    ways = await shown(world, certificate)
    successor = await world.issued(a_decided_case(a_card()))
    for way in ways.values():
        answer = await verify(world, way)
        assert (answer["genuine"], answer["state"]) == (True, "expired")
        assert [why["code"] for why in answer["reasons"]] == ["replaced"]  # type: ignore[attr-defined]
    for way in (await shown(world, successor)).values():
        assert (await verify(world, way))["state"] == "in force"


async def test_days_decide_where_nobody_did_anything(world: World) -> None:
    ahead = await world.issued(a_decided_case(a_yield(valid_from=date(2026, 3, 12), valid_until=date(2026, 3, 12))))
    way = (await shown(world, ahead))["file"]
    assert (await verify(world, way))["state"] == "not yet"
    world.service.clock.advance(days=1)  # type: ignore[attr-defined]  # the clock of tests
    assert (await verify(world, way))["state"] == "in force"
    world.service.clock.advance(days=1)  # type: ignore[attr-defined]
    assert (await verify(world, way))["state"] == "expired"


class TestNotGenuine:
    async def reason(self, world: World, body: object) -> str:
        answer = await verify(world, body)
        assert (answer["genuine"], answer["state"], answer["issuer"]) == (False, "unknown", None)
        why: dict[str, str] = answer["reasons"][0]  # type: ignore[index]
        assert why["zh"] != why["en"]
        return str(why["code"])

    async def test_a_changed_document(self, world: World) -> None:
        body = (await shown(world, await world.issued()))["seal"]
        head, payload, signature = body["token"].split(".")
        other = "A" if signature[0] != "A" else "B"
        assert await self.reason(world, {"token": f"{head}.{payload}.{other}{signature[1:]}"}) == "signature-wrong"

    async def test_a_document_under_a_look_alike_root(self, world: World) -> None:
        forged = sealed(a_document(), signer_for(a_root(), HEALTH))
        assert await self.reason(world, {"token": forged}) == "seal-not-trusted"

    async def test_a_well_sealed_document_that_was_never_registered(self, world: World) -> None:
        at = world.service.clock()
        stray = sealed(a_document(sealed_at=at), world.service.signer)
        assert await self.reason(world, {"token": stray}) == "not-in-register"

    async def test_a_number_that_nobody_issued(self, world: World) -> None:
        number = CertificateNumber.compose(type_code=TYPE_CODE, issuer=HEALTH.uscc, serial="1")
        assert await self.reason(world, {"number": str(number)}) == "not-in-register"

    @pytest.mark.parametrize("number", ["", "1", "1.2.156.3005.2", "%", "' OR 1=1--", "１.2", "\n"])
    async def test_what_is_no_number(self, world: World, number: str) -> None:
        assert await self.reason(world, {"number": number}) == "number-wrong"

    async def test_a_number_with_another_check_character(self, world: World) -> None:
        number = (await shown(world, await world.issued()))["number"]["number"]
        other = "0" if number[-1] != "0" else "1"
        assert await self.reason(world, {"number": number[:-1] + other}) == "number-wrong"


async def test_requests_that_are_none(world: World) -> None:
    bodies: tuple[object, ...] = (
        {},
        [],
        None,
        {"number": None},
        {"number": 1},
        {"number": "1", "token": "1"},
        {"number": "1" * 121},
        {"document": "not base64!"},
        {"document": 1},
        {"token": "x" * 300_000},
        {"number": "1", "holder": "me"},
    )
    for body in bodies:
        reply = await world.http.post("/v1/verifications", json=body)
        assert (reply.status_code, reply.json()["code"]) == (422, "invalid-request")
        assert "not base64!" not in reply.text


async def test_bytes_that_are_not_strict_json(world: World) -> None:
    for content, kind, status in (
        (b'{"number":"1","number":"2"}', "application/json", 400),
        (b'{"number":"\\u0000"}', "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"{" * 100_000, "application/json", 400),
        (b'{"number":"1"}', "text/plain", 415),
        (b'{"token":"' + b"x" * 1_100_000 + b'"}', "application/json", 413),
    ):
        reply = await world.http.post("/v1/verifications", content=content, headers={"content-type": kind})
        assert reply.status_code == status
