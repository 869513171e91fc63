"""The first administrator: made once, where the database is."""

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli import app
from deploy.embedded.errors import LaunchError
from identity.administration.commands import begin
from identity.administration.errors import AdministeredAlready, ClientTaken, PrivateKeySent
from identity.bootstrap import load
from identity.service import IdentityService
from identity.settings import IdentitySettings
from shared.clock import now
from shared.database import Database
from shared.jose import SigningKey
from tests.identity.administration.desk import Desk
from tests.identity.world import document

KEY = SigningKey.generate()


@pytest.fixture
async def empty(settings: IdentitySettings) -> IdentityService:
    """An identity that nobody was registered with."""
    return IdentityService("identity", settings)


async def first(database: Database, name: str = "admin", key: SigningKey = KEY) -> str:
    async with database.transaction() as conn:
        return await begin(conn, name, key.public_jwk(), at=now())


async def test_the_first_administrator_has_every_right_of_those_who_look_after_the_platform(
    empty: IdentityService,
) -> None:
    assert await first(empty.database) == KEY.kid
    async with empty.database.read() as conn:
        found = await conn.exec_driver_sql(
            "SELECT kind, scopes, by FROM clients JOIN administrative_acts ON subject = client_id"
        )
    row = found.one()
    assert (row.kind, row.by) == ("ops", "init")
    assert ("platform:administer" in row.scopes, "internal" in row.scopes) == (True, False)


async def test_there_is_one_first_administrator_also_of_two_at_once(empty: IdentityService) -> None:
    asked = (first(empty.database, name, SigningKey.generate()) for name in ("one", "two"))
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(answer) for answer in answers if not isinstance(answer, str)] == [AdministeredAlready]


async def test_a_name_that_is_in_the_books_is_not_taken_and_a_private_key_not_either(empty: IdentityService) -> None:
    await first(empty.database)
    async with empty.database.transaction() as conn:
        await conn.exec_driver_sql("UPDATE clients SET revoked_at = now(), revoked_by = 'a person'")
    with pytest.raises(ClientTaken):
        await first(empty.database)
    async with empty.database.transaction() as conn:
        with pytest.raises(PrivateKeySent):
            await begin(conn, "admin-two", KEY.key.as_dict(private=True), at=now())
    assert await first(empty.database, "admin-two")


async def test_loading_the_document_again_takes_nothing_back(desk: Desk) -> None:
    service = desk.world.service
    hospital = {"name": {"zh": "新医院", "en": "New"}, "uscc": "11330105002500287C", "region": "330700"}
    await desk.done("PUT", "/departments/hospital", hospital)
    await desk.done("PUT", "/clients/app", {"kind": "app", "scopes": []})
    wanted = document() | {"people": [], "relations": []}
    async with service.database.transaction() as conn:
        await load(wanted, conn, service.vault, service.clock())
    assert (await desk.done("GET", "/departments/hospital"))["name"]["zh"] == "新医院"
    assert (await desk.done("GET", "/clients/app"))["scopes"] == []


async def test_where_somebody_administers_the_command_is_refused_and_leaves_no_key(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = desk.world.service.settings
    for name in ("issuer", "identity_url", "licensing_url", "certificates_url", "records_url", "profile"):
        monkeypatch.setenv(f"ONEVISIT_{name.upper()}", str(getattr(told, name)))
    for name in ("master_key_file", "index_key_file"):
        monkeypatch.setenv(f"ONEVISIT_{name.upper()}", str(getattr(told, name)))
    assert told.database_url is not None
    monkeypatch.setenv("ONEVISIT_DATABASE_URL", told.database_url.get_secret_value())
    asked = ["admin", "init", "--name", "second", "--new-key", str(tmp_path / "admin.pem"), "--json"]
    refused = await asyncio.to_thread(CliRunner().invoke, app, asked)
    assert isinstance(refused.exception, LaunchError)
    assert "administered-already" in str(refused.exception)
    assert not (tmp_path / "admin.pem").exists()
    assert not (tmp_path / "admin.pem.pub").exists()
    async with desk.world.service.database.transaction() as conn:
        await conn.exec_driver_sql("UPDATE clients SET revoked_at = now(), revoked_by = 'a person'")
    done = await asyncio.to_thread(CliRunner().invoke, app, asked)
    assert json.loads(done.stdout)["client_id"] == "second"
    answer = await desk.ask("second", SigningKey.load(tmp_path / "admin.pem"))
    assert (answer.status_code, "platform:administer" in answer.json()["scope"]) == (200, True)
    assert (tmp_path / "admin.pem").stat().st_mode & 0o777 == 0o600
