"""Numbers on certificates: what is sealed of them tells nothing, and only holders have them printed."""

from typing import Any
from uuid import UUID, uuid4

import httpx2
import orjson
import pytest

from shared.contracts.numbers import number_digest
from tests.identity.world import MOTHER_NUMBER, NEWBORN_NUMBER, World

Seal = dict[str, str]
CERTIFICATE = UUID(int=77)


async def ask(world: World, path: str, body: dict[str, Any]) -> httpx2.Response:
    headers = await world.bearer("certificates", audience="identity")
    return await world.http.post(f"/internal/numbers/{path}", json=body, headers=headers)


async def seals_of(world: World, *parties: object) -> dict[str, Seal]:
    seals: dict[str, Seal] = (await ask(world, "seals", {"parties": [str(party) for party in parties]})).json()
    return seals


async def printing(
    world: World, party: object, seal: Seal, *, by: str = "mother", statement: str | None = None
) -> httpx2.Response:
    token = (await world.person(by))["authorization"].removeprefix("Bearer ")
    body = {
        "party": str(party),
        "certificate": str(CERTIFICATE),
        "issuer": "public-security",
        "region": "330782",
        "seal": seal,
        "token": token,
        "representation": statement,
    }
    return await ask(world, "printing", body)


class TestSeals:
    async def test_who_has_a_number_has_something_to_seal_over(self, world: World) -> None:
        child = await world.child_of_mother()
        assert set(await seals_of(world, world.people["mother"], child, uuid4())) == {str(world.people["mother"])}

    async def test_two_certificates_of_one_person_do_not_tell_that_they_are(self, world: World) -> None:
        mother = str(world.people["mother"])
        first, second = (await seals_of(world, mother))[mother], (await seals_of(world, mother))[mother]
        assert first["digest"] != second["digest"]
        assert first["salt"] != second["salt"]

    async def test_no_number_is_in_them(self, world: World) -> None:
        assert MOTHER_NUMBER not in str(await seals_of(world, world.people["mother"]))


class TestPrinting:
    async def test_a_holder_has_the_number_that_was_sealed(self, world: World) -> None:
        mother = world.people["mother"]
        seal = (await seals_of(world, mother))[str(mother)]
        printed = (await printing(world, mother, seal)).json()
        assert printed["number"] == MOTHER_NUMBER
        assert number_digest(printed["number"], printed["salt"]) == seal["digest"]

    async def test_a_mother_has_her_childs(self, world: World) -> None:
        child = await world.child_of_mother()
        await world.assign(child, NEWBORN_NUMBER)
        stated = await world.http.get("/v1/me/representations", headers=await world.person("mother"))
        seal = (await seals_of(world, child))[child]
        reply = await printing(world, child, seal, statement=stated.json()["statement"])
        assert reply.json()["number"] == NEWBORN_NUMBER

    async def test_nobody_has_anothers(self, world: World) -> None:
        mother = world.people["mother"]
        seal = (await seals_of(world, mother))[str(mother)]
        reply = await printing(world, mother, seal, by="father")
        assert (reply.status_code, reply.json()["code"]) == (403, "number-not-for-caller")
        assert MOTHER_NUMBER not in reply.text

    async def test_the_holder_sees_that_it_was_printed(self, world: World) -> None:
        mother = world.people["mother"]
        await printing(world, mother, (await seals_of(world, mother))[str(mother)])
        [(data,)] = await world.rows("SELECT data FROM outbox WHERE type = 'data.accessed.v1'")
        said = orjson.loads(data)
        assert said["accessed"] == [
            {"party": str(mother), "kind": "identity", "attributes": ["number"], "evidence": str(CERTIFICATE)}
        ]
        assert (said["reader"], said["purpose"], said["basis"]["zh"]) == (
            "public-security",
            "duty",
            "证照依法载明公民身份号码",
        )
        assert MOTHER_NUMBER not in data

    @pytest.mark.parametrize("part", ["digest", "salt"])
    async def test_a_seal_of_another_number_prints_none(self, world: World, part: str) -> None:
        mother, father = world.people["mother"], world.people["father"]
        seals = await seals_of(world, mother, father)
        mixed = seals[str(mother)] | {part: seals[str(father)][part]}
        reply = await printing(world, mother, mixed)
        assert (reply.status_code, reply.json()["code"]) == (404, "number-not-here")
        assert await world.rows("SELECT 1 FROM outbox WHERE type = 'data.accessed.v1'") == []
