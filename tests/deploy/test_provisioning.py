"""What administrators of an external PostgreSQL and NATS are given does what we would have done ourselves."""

import asyncio
import json
import os
import subprocess
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import make_url
from typer.testing import CliRunner

from deploy import services
from deploy.cli import app
from deploy.embedded import ports
from deploy.embedded.nats import _binary
from deploy.embedded.postgres import SETTINGS, Postgres, _binaries, database_url
from deploy.migration import migrate
from deploy.provisioning.postgres import SERVICE_SETTINGS, in_database, owner_of, plain
from deploy.provisioning.script import script

ADMIN, PASSWORD = "city_dba", 'it\'s "only" a test $1 \\ 密'
ROLES = [role for service in services.WITH_DATABASE for role in (service, owner_of(service))]


def psql(server: Postgres, file: Path) -> subprocess.CompletedProcess[str]:
    """What the script says to psql, run by whoever may make roles and databases, and nothing more."""
    secrets = {f"ONEVISIT_{role.upper()}_PASSWORD": PASSWORD for role in ROLES}
    url = plain(database_url(ADMIN, "secret", port=server.port, database="postgres"))
    command = [str(_binaries() / "psql"), "--no-psqlrc", "--quiet", "--file", str(file), "--dbname", url]
    return subprocess.run(command, env=os.environ | secrets, capture_output=True, text=True, check=False)


async def ask(url: str, role: str, statement: str) -> object:
    conn = await asyncpg.connect(plain(url), user=role, password=PASSWORD)
    try:
        return await conn.fetchval(statement)
    finally:
        await conn.close()


async def test_the_script_makes_what_we_would_have_made_and_may_be_repeated(tmp_path: Path) -> None:
    (port,) = ports.free_ports(1)
    server = Postgres(tmp_path / "postgres", port=port, password="secret", log=tmp_path / "postgres.log")
    await asyncio.to_thread(server.start)
    try:
        conn = await asyncpg.connect(plain(server.url()))
        await conn.execute(f"CREATE ROLE {ADMIN} LOGIN CREATEROLE CREATEDB PASSWORD 'secret'")
        await conn.close()
        file = tmp_path / "provision.sql"
        await asyncio.to_thread(file.write_text, script(services.WITH_DATABASE), "utf-8")
        for _ in range(2):
            done = await asyncio.to_thread(psql, server, file)
            assert (done.returncode, done.stderr) == (0, "")
        identity = in_database(plain(server.url()), "identity")
        await migrate("identity", migrating(server))
        assert await ask(identity, "identity", "SELECT count(*) FROM parties") == 0
        assert (
            await ask(identity, "identity", "INSERT INTO regions VALUES ('330000', '浙江省') RETURNING code")
            == "330000"
        )
        assert await ask(identity, "identity", "SHOW idle_in_transaction_session_timeout") == "15s"
        for role, statement in (("identity", "CREATE TABLE mine ()"), ("licensing", "SELECT 1")):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await ask(identity, role, statement)
    finally:
        await asyncio.to_thread(server.stop)


def migrating(server: Postgres) -> str:
    """Identity's database, as its owner."""
    url = make_url(server.url("identity")).set(username=owner_of("identity"), password=PASSWORD)
    return url.render_as_string(hide_password=False)


def test_a_service_waits_no_longer_on_a_server_of_others_than_on_ours() -> None:
    told = dict(setting.split(" = ") for setting in SERVICE_SETTINGS)
    ours = {
        name: value for name, value in SETTINGS.items() if name.endswith("_timeout") and name != "checkpoint_timeout"
    }
    assert told == ours


def test_the_script_holds_no_password_and_names_where_each_comes_from() -> None:
    text = CliRunner().invoke(app, ["provision", "sql"]).stdout
    assert {f"ONEVISIT_{role.upper()}_PASSWORD" for role in ROLES} <= set(text.split())
    assert "SUPERUSER" not in text


def test_the_configuration_of_the_bus_is_one_that_the_server_accepts(tmp_path: Path) -> None:
    printed = CliRunner().invoke(app, ["provision", "nats", "--data-dir", str(tmp_path / "data")]).stdout
    told = json.loads(printed)
    assert told["authorization"]["auth_callout"]["account"] == "PLATFORM"
    assert "DEPARTMENT_1" in told["accounts"]
    assert told["jetstream"]["sync_interval"] == "always"
    file = tmp_path / "nats.conf"
    file.write_text(printed, "utf-8")
    tried = subprocess.run([_binary(), "-t", "--config", file], capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stderr


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql+asyncpg://a@db/x?ssl=verify-full", "postgresql://a@db/x?sslmode=verify-full"),
        ("postgresql+asyncpg://a@db/x", "postgresql://a@db/x"),
        (
            "postgresql+asyncpg://a@db/x?ssl=require&application_name=y",
            "postgresql://a@db/x?sslmode=require&application_name=y",
        ),
    ],
)
def test_an_address_asks_for_encryption_by_whichever_library_reads_it(url: str, expected: str) -> None:
    assert plain(url) == expected
    address, _, query = in_database(url, "y").partition("?")
    assert address == url.partition("?")[0][:-1] + "y"
    assert sorted(query.split("&")) == sorted(url.partition("?")[2].split("&"))
