"""Loading a deployment's document, once and again."""

import pytest
from pydantic import ValidationError

from identity.bootstrap import load
from identity.parties.errors import NumberNotValid
from tests.identity.world import MOTHER_NUMBER, World, document

COUNTS = """SELECT (SELECT count(*) FROM parties), (SELECT count(*) FROM identity_numbers),
    (SELECT count(*) FROM relations), (SELECT count(*) FROM clients), (SELECT count(*) FROM officers),
    (SELECT count(*) FROM signing_keys), (SELECT count(*) FROM outbox)"""


async def load_again(world: World, wanted: object) -> dict[str, object]:
    async with world.service.database.transaction() as conn:
        return dict(await load(wanted, conn, world.service.vault, world.service.clock()))


async def test_loading_again_changes_nothing(world: World) -> None:
    before = await world.rows(COUNTS)
    assert await load_again(world, document()) == world.people
    assert await world.rows(COUNTS) == before == [(2, 2, 1, 10, 3, 2, 2)]


async def test_a_clients_new_key_replaces_the_old_one(world: World) -> None:
    wanted = document()
    app = next(client for client in wanted["clients"] if client["client_id"] == "app")
    other = next(client for client in wanted["clients"] if client["client_id"] == "other-app")
    app["jwks"] = other["jwks"]
    await load_again(world, wanted)
    assert (await world.ask_token("app")).status_code == 401


async def test_a_document_with_an_unknown_field_is_refused(world: World) -> None:
    with pytest.raises(ValidationError):
        await load_again(world, {**document(), "citizens": []})


async def test_a_bad_number_loads_nothing_and_shows_nothing(world: World) -> None:
    wanted = document()
    wanted["people"][0]["id_number"] = "330782188808080013"
    with pytest.raises(NumberNotValid) as refusal:
        await load_again(world, {**wanted, "departments": wanted["departments"][:1]})
    assert "330782188808080013" not in repr(refusal.value)
    assert (await world.start(MOTHER_NUMBER)).status_code == 201
