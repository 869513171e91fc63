"""What a service refuses to start on, outside the embedded profile: each is one line that says what to do."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import MetaData

from deploy import preflight
from deploy.provisioning.postgres import as_role, plain
from records.settings import RecordsSettings
from shared.errors import CannotStart
from tests.support.databases import DatabaseFor, NewDatabase
from tests.support.roles import SERVICE, as_owner
from tests.support.services import settings_of

ROOT = Path(__file__).parents[2]


def settings(directory: Path, **told: object) -> RecordsSettings:
    given = settings_of(directory, **{"database_url": None, "nats_url": None, **told})  # type: ignore[arg-type]
    return RecordsSettings.model_validate({**given, "profile": "production"})


async def change(url: str, statement: str) -> None:
    conn = await asyncpg.connect(plain(as_owner(url)))
    await conn.execute(statement)
    await conn.close()


async def fits(told: RecordsSettings) -> None:
    """Nothing is wrong, but that the server of some tests does not wait for its disk."""
    try:
        await preflight.check("records", told)
    except CannotStart as refusal:
        assert str(refusal).endswith("set fsync = on")  # noqa: PT017 - which refusal it is, is what is asked


class TestTheDatabase:
    async def test_one_that_fits_is_no_reason(self, new_database: NewDatabase, tmp_path: Path) -> None:
        await fits(settings(tmp_path, database_url=await new_database("records")))

    async def test_a_wrong_password(self, new_database: NewDatabase, tmp_path: Path) -> None:
        url = as_role(await new_database("records"), SERVICE, "not-it")
        with pytest.raises(CannotStart, match=f"refuses the password of {SERVICE}"):
            await preflight.check("records", settings(tmp_path, database_url=url))

    async def test_one_that_is_not_there(self, new_database: NewDatabase, tmp_path: Path) -> None:
        url = f"{(await new_database('records')).rpartition('/')[0]}/none_{uuid4().hex}"
        with pytest.raises(CannotStart, match="no such database"):
            await preflight.check("records", settings(tmp_path, database_url=url))

    async def test_a_role_that_may_change_tables(self, new_database: NewDatabase, tmp_path: Path) -> None:
        with pytest.raises(CannotStart, match="service's own role"):
            await preflight.check("records", settings(tmp_path, database_url=as_owner(await new_database("records"))))

    async def test_one_that_was_never_migrated(self, database_for: DatabaseFor, tmp_path: Path) -> None:
        with pytest.raises(CannotStart, match=r"revision None, behind .*onevisit migrate"):
            await preflight.check("records", settings(tmp_path, database_url=await database_for(MetaData())))

    @pytest.mark.parametrize(("revision", "told"), [("0001", "behind"), ("9999", "ahead of")])
    async def test_one_of_another_version(
        self, new_database: NewDatabase, tmp_path: Path, revision: str, told: str
    ) -> None:
        url = await new_database("records")
        await change(url, f"UPDATE alembic_version SET version_num = '{revision}'")  # noqa: S608 - of the lines above
        with pytest.raises(CannotStart, match=f"at revision {revision}, {told}"):
            await preflight.check("records", settings(tmp_path, database_url=url))

    async def test_one_that_forgets_what_it_has_answered(self, new_database: NewDatabase, tmp_path: Path) -> None:
        url = await new_database("records")
        await change(url, f'ALTER DATABASE "{url.rpartition("/")[2]}" SET synchronous_commit = off')
        with pytest.raises(CannotStart, match=r"(fsync|synchronous_commit) = on"):
            await preflight.check("records", settings(tmp_path, database_url=url))


@asynccontextmanager
async def a_server_that_says(greeting: bytes, answer: bytes) -> AsyncGenerator[str]:
    """Speaks as much NATS as a client needs to hear no."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        while line := await reader.readline():
            if line.startswith(b"PING"):
                writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"nats://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def greeting(version: str) -> bytes:
    return f'INFO {{"server_id":"x","version":"{version}","proto":1,"max_payload":1000,"headers":true}}\r\n'.encode()


class TestTheBus:
    async def test_one_that_is_new_enough_is_no_reason(self, nats_server: str, tmp_path: Path) -> None:
        await preflight.check("records", settings(tmp_path, nats_url=nats_server))

    async def test_one_that_is_away_is_no_reason(self, tmp_path: Path) -> None:
        await preflight.check("records", settings(tmp_path, nats_url="nats://127.0.0.1:1"))

    async def test_an_old_one(self, tmp_path: Path) -> None:
        async with a_server_that_says(greeting("2.10.29"), b"PONG\r\n") as url:
            with pytest.raises(CannotStart, match=r"nats-server 2\.10 is too old: 2\.12 or newer"):
                await preflight.check("records", settings(tmp_path, nats_url=url))

    async def test_a_wrong_password(self, tmp_path: Path) -> None:
        async with a_server_that_says(greeting("2.12.1"), b"-ERR 'Authorization Violation'\r\n") as url:
            told = {"nats_url": url, "nats_user": "nats-records", "nats_password": "not-it"}
            with pytest.raises(CannotStart, match="refuses the password of nats-records"):
                await preflight.check("records", settings(tmp_path, **told))


def started(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ONEVISIT_")}
    return subprocess.run(
        [sys.executable, "-m", "deploy.serve", "records", "--port", "1"],
        cwd=ROOT,
        env=kept | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


ADDRESSES = {f"ONEVISIT_{name}_URL": "http://x" for name in ("IDENTITY", "LICENSING", "CERTIFICATES", "RECORDS")}


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({}, "ONEVISIT_ISSUER: Field required"),
        (
            {"ONEVISIT_SECRETS_DIRECTORY": "/nowhere"},
            "ONEVISIT_SECRETS_DIRECTORY names /nowhere, which is no directory",
        ),
        ({"ONEVISIT_ISSUER": "https://x", **ADDRESSES}, "set ONEVISIT_CLIENT_KEY_FILE"),
    ],
)
def test_what_is_missing_is_named_in_one_line(environment: dict[str, str], told: str) -> None:
    result = started(environment)
    (line,) = result.stderr.splitlines()
    assert result.returncode == 1
    assert line.startswith("records does not start: ")
    assert told in line


async def test_a_password_may_be_in_a_file(new_database: NewDatabase, tmp_path: Path) -> None:
    url = await new_database("records")
    bare, password = url.replace(f":{url.split(':')[2].split('@')[0]}@", "@"), url.split(":")[2].split("@")[0]
    told = settings(tmp_path, database_url=bare, database_password=password)
    assert told.database_address() == url
    await fits(told)
