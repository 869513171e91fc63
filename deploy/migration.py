"""Brings a service's tables up to date: its numbered Alembic revisions, run as the owner of its database.

Each service keeps only `migrations/versions/`; the environment they run in is the same for all and lives here.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, pool
from sqlalchemy.ext.asyncio import create_async_engine

from shared.servers import Servers


async def migrate(service: str, owner_url: str) -> str | None:
    """The database is at the newest revision; answers which that is, None where the service has none."""
    script = revisions_of(service)
    engine = create_async_engine(owner_url, poolclass=pool.NullPool, async_creator=Servers(owner_url).connect)
    try:
        async with engine.begin() as conn:
            await conn.run_sync(_upgrade_with(script))
    finally:
        await engine.dispose()
    return script.get_current_head()


def revisions_of(service: str) -> ScriptDirectory:
    """The numbered revisions that the service ships."""
    package = import_module(service)
    migrations = Path(str(package.__file__)).parent / "migrations"
    config = Config()
    # ConfigParser reads % as the start of a reference.
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    return ScriptDirectory.from_config(config)


def knows(service: str, revision: str | None) -> bool:
    """Whether this program has the revision, and so can bring the tables from there to its own."""
    try:
        revisions_of(service).get_revision(revision or "base")
    except CommandError:
        return False
    return True


def _upgrade_with(script: ScriptDirectory) -> Callable[[Connection], None]:
    def upgrade(connection: Connection) -> None:
        def steps(revision: tuple[str, ...], _: MigrationContext) -> list[object]:
            return script._upgrade_revs("heads", revision)  # type: ignore[arg-type,return-value] # noqa: SLF001

        with EnvironmentContext(Config(), script, fn=steps) as environment:
            environment.configure(connection=connection, transaction_per_migration=False)
            with environment.begin_transaction():
                environment.run_migrations()

    return upgrade
