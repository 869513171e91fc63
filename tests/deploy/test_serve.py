"""A service that must not start says why, a line for each reason, and ends with a status other than 0."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from certificates.sealing.keys import KeyDesk, init
from deploy.embedded import ports
from shared.database import Database
from tests.certificates.seals import AT, HEALTH
from tests.support.databases import NewDatabase
from tests.support.roles import as_owner
from tests.support.services import URLS

ROOT = Path(__file__).parents[2]
PASSWORD = "p" * 32


def start(service: str, *arguments: str, **told: str) -> tuple[int, list[str]]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ONEVISIT_")}
    environment = kept | {
        "PYTHONPATH": str(ROOT),
        **{f"ONEVISIT_{name.upper()}": value for name, value in told.items()},
    }
    (port,) = ports.free_ports(1)
    command = [sys.executable, "-m", "deploy.serve", service, "--port", str(port), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stderr.splitlines()


@pytest.fixture
def secrets(tmp_path: Path) -> dict[str, str]:
    for name in ("client", "cursor"):
        (tmp_path / name).touch(mode=0o600)
        (tmp_path / name).write_bytes(os.urandom(32))
    return {f"{name}_key_file": str(tmp_path / name) for name in ("client", "cursor")}


def test_without_any_setting() -> None:
    status, said = start("records")
    assert (status, len(said)) == (1, 1)
    assert said[0].startswith("records does not start: ONEVISIT_ISSUER: Field required; ONEVISIT_IDENTITY_URL: ")


def test_with_a_directory_of_secrets_that_is_not_there() -> None:
    status, said = start("records", secrets_directory="/nowhere")
    assert (status, len(said)) == (1, 1)
    assert "ONEVISIT_SECRETS_DIRECTORY names /nowhere, which is no directory" in said[0]


def test_with_several_that_are_unsafe() -> None:
    status, said = start("gateway", **URLS, issuer="http://onevisit.example", log_level="DEBUG", colour="red")
    assert status == 1
    assert [line.split(": ", 2)[2].split()[0] for line in said] == [
        "ONEVISIT_ISSUER",
        "ONEVISIT_LOG_LEVEL=DEBUG",
        "ONEVISIT_CURSOR_KEY_FILE",
        "ONEVISIT_COLOUR",
    ]


async def test_with_a_database_that_is_one_migration_behind(secrets: dict[str, str], new_database: NewDatabase) -> None:
    url = await new_database("records")
    database = Database(as_owner(url), pool_size=2)
    async with database.transaction() as conn:
        await conn.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    await database.close()
    bus = {"nats_url": "tls://127.0.0.1:1", "nats_user": "nats-records", "nats_password": PASSWORD}
    status, said = start("records", **URLS, issuer="https://onevisit.example", database_url=url, **bus, **secrets)
    assert status == 1
    assert any("migrations: at revision 0001, behind " in line and "onevisit migrate" in line for line in said)
    assert all(line.startswith("records does not start: ") for line in said)


def test_a_demonstration_listens_to_nobody_but_this_machine() -> None:
    status, said = start("gateway", "--host", "0.0.0.0", **URLS, issuer="http://127.0.0.1", profile="embedded")  # noqa: S104
    assert status == 1
    assert said == [
        "gateway does not start: the embedded profile is for a demonstration on this machine: listen on 127.0.0.1"
    ]


def test_with_seal_keys_that_anybody_can_use(secrets: dict[str, str], tmp_path: Path) -> None:
    init(KeyDesk.of(tmp_path / "seals", passphrase=None), [HEALTH], at=AT)
    reached = {
        "database_url": "postgresql+asyncpg://nobody@127.0.0.1:1/certificates",
        "nats_url": "tls://127.0.0.1:1",
        "nats_user": "nats-certificates",
        "nats_password": PASSWORD,
    }
    told = {**URLS, **reached, **secrets, "issuer": "https://onevisit.example"}
    status, said = start("certificates", **told, seal_directory=str(tmp_path / "seals"))
    assert (status, len(said)) == (1, 1)
    assert said[0].startswith("certificates does not start: ")
    assert "onevisit keys protect" in said[0]
