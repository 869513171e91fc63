"""`onevisit doctor` on a platform that is well, and on one that is not."""

import json

from sqlalchemy import text

from deploy import services
from deploy.embedded.environment import Addresses, owner_url
from deploy.embedded.home import Home
from shared.database import Database
from tests.journeys.conftest import Platform


def test_a_platform_that_is_well_has_nothing_to_mend(platform: Platform) -> None:
    result = platform.onevisit("doctor", "--json")
    report = json.loads(result.stdout)
    assert [(name, each) for name, found in report["found"].items() for each in found if each["mend"]] == []
    assert (result.returncode, report["in_order"], report["running"]) == (0, True, True)
    assert set(report["found"]) == {"installed", "machine", *services.ALL}
    said = {each["what"]: each["says"] for each in report["found"]["identity"]}
    assert (said["fsync"], said["synchronous_commit"], said["data_checksums"]) == ("on", "on", "on")
    assert said["sync_interval"] == "always"
    assert said["role"] == "identity owns nothing"


async def test_one_that_is_not_says_what_to_do(platform: Platform) -> None:
    home = Home(platform.directory)
    database = Database(owner_url(home, Addresses.of(home.running()), "records"), pool_size=2)
    async with database.transaction() as conn:
        (head,) = (await conn.execute(text("SELECT version_num FROM alembic_version"))).scalars()
        await conn.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    try:
        result = platform.onevisit("doctor")
    finally:
        async with database.transaction() as conn:
            await conn.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": head})
        await database.close()
    assert result.returncode == 1
    assert f"  MEND  migrations: at revision 0001, behind {head}\n        run: onevisit migrate\n" in result.stdout
    assert result.stdout.count("MEND") == 1
