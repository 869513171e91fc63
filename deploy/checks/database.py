"""Whether a service's PostgreSQL keeps what is committed, is at the right revision, and lets the service do no more
than it needs.
"""

from collections.abc import Iterator
from typing import Any

from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError

from deploy.checks.clocks import check_clock
from deploy.checks.finding import Finding, found
from deploy.migration import revisions_of
from shared.clock import now, seconds_apart
from shared.database import Database
from shared.settings import ServiceSettings

OLDEST = 170000
CONNECT = "PostgreSQL"
_MOST_PENDING_SECONDS = 60
_MOST_UNPUBLISHED = 1000
# A commit is acknowledged once it is on disk here, or here and elsewhere.
_DURABLE = {"on", "remote_write", "remote_apply"}
_UTC = {"UTC", "Etc/UTC"}
Row = Any


async def check_database(service: str, settings: ServiceSettings) -> list[Finding]:
    """All that can be seen with the service's own role."""
    address = settings.database_address()
    if address is None:
        return []
    try:
        database = Database(address, pool_size=2)
    except (SQLAlchemyError, ValueError):
        return [_unreachable("ONEVISIT_DATABASE_URL is no address of a PostgreSQL", "postgresql+asyncpg://…")]
    try:
        async with database.read() as conn:
            before = now()
            state = (await conn.execute(_STATE)).one()
            apart = seconds_apart(state.clock, before=before, after=now())
            revision = (await conn.execute(_REVISION)).scalar() if state.has_revision else None
            backlog = (await conn.execute(_BACKLOG)).one() if state.has_relay else None
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        return [_unreachable(*_reason(error, make_url(address).username))]
    finally:
        await database.close()
    return [
        _version(state),
        *_durable(state),
        _order(state),
        *_role(state),
        *_reading(state),
        check_clock("PostgreSQL", apart, stops=True),
        check_pool(settings.database_pool, of=state.max_connections - state.reserved),
        _revision(revisions_of(service), revision),
        *_backlog(backlog),
    ]


def _unreachable(says: str, mend: str) -> Finding:
    return Finding(CONNECT, says, mend, stops=True)


def _reason(error: Exception, role: str | None) -> tuple[str, str]:
    state = str(getattr(getattr(error, "orig", error), "sqlstate", None) or "")
    if state.startswith("28"):
        return (
            f"refuses the password of {role}",
            "ONEVISIT_DATABASE_PASSWORD must be the one that onevisit provision set",
        )
    if state == "3D000":
        return "has no such database", "make it: onevisit provision"
    if state == "53300":
        return "has no connection left", "raise max_connections, or lower ONEVISIT_DATABASE_POOL"
    return "cannot be reached", "look whether it runs, and at ONEVISIT_DATABASE_URL"


def _version(state: Row) -> Finding:
    wrong = state.version_number < OLDEST
    return found("PostgreSQL", state.version, wrong=wrong, mend="use 17 or later", stops=True)


def _durable(state: Row) -> Iterator[Finding]:
    for name, right in (("fsync", {"on"}), ("full_page_writes", {"on"}), ("synchronous_commit", _DURABLE)):
        value = getattr(state, name)
        mend = f"set {name} = on: what is acknowledged would be lost with the power"
        yield found(name, value, wrong=value not in right, mend=mend, stops=True)
    yield found(
        "data_checksums",
        state.data_checksums,
        wrong=state.data_checksums != "on",
        mend="pg_checksums --enable: a page that rots would be believed",
        stops=True,
    )


def _order(state: Row) -> Finding:
    """A unique index that was sorted by other rules than today's lets in what it has already (after a restore, or a new
    C library).
    """
    return found(
        "collation",
        "as when its indexes were made" if state.collation_is_known else "not the one by which its indexes were made",
        wrong=not state.collation_is_known,
        mend="REINDEX DATABASE, then ALTER DATABASE … REFRESH COLLATION VERSION",
        stops=True,
    )


def _role(state: Row) -> Iterator[Finding]:
    roles = [
        (state.is_superuser, "is a superuser"),
        (state.bypasses, "bypasses row security"),
        (state.owned > 0, f"owns {state.owned} tables"),
    ]
    wrong = [what for holds, what in roles if holds]
    yield found(
        "role",
        f"{state.role} {' and '.join(wrong)}" if wrong else f"{state.role} owns nothing",
        wrong=bool(wrong),
        mend="connect as the service's own role, not as the owner: onevisit provision makes it",
        stops=True,
    )


def _reading(state: Row) -> Iterator[Finding]:
    """What is read is what was written: the same characters, the same instants."""
    yield found(
        "encoding",
        state.encoding,
        wrong=state.encoding != "UTF8",
        mend="make the database anew with ENCODING UTF8, and restore into it",
        stops=True,
    )
    yield found(
        "time zone",
        state.time_zone,
        wrong=state.time_zone not in _UTC,
        mend="ALTER DATABASE … SET timezone = 'UTC', for every role",
        stops=True,
    )


def check_pool(pool: int, *, of: int) -> Finding:
    """A process needs its pool, and one connection more that listens."""
    return found(
        "connections",
        f"{pool + 1} of {of} for this process",
        wrong=pool + 1 > of,
        mend="raise max_connections, or lower ONEVISIT_DATABASE_POOL",
        stops=True,
    )


def _revision(script: ScriptDirectory, revision: str | None) -> Finding:
    head = script.get_current_head()
    if revision == head:
        return Finding("migrations", f"at revision {head}, the newest")
    try:
        known = revision is None or script.get_revision(revision) is not None
    except CommandError:
        known = False
    if known:
        says = f"at revision {revision or 'none'}, behind {head}"
        return Finding("migrations", says, "run: onevisit migrate", stops=True)
    says = f"at revision {revision}, ahead of {head}"
    return Finding("migrations", says, "start the release that migrated it", stops=True)


def _backlog(backlog: Row | None) -> Iterator[Finding]:
    if backlog is None:
        return
    yield found(
        "outbox",
        f"{backlog.pending} events wait for a number, the oldest for {backlog.oldest_seconds:.0f} s",
        wrong=backlog.oldest_seconds > _MOST_PENDING_SECONDS,
        mend="look why no worker of this service leads: its log, part relay",
    )
    yield found(
        "relay",
        f"{backlog.unpublished} events wait for the bus",
        wrong=backlog.unpublished > _MOST_UNPUBLISHED,
        mend="look whether NATS runs and takes what is new: its log",
    )
    yield found(
        "parked",
        f"{backlog.parked} events wait for a person",
        wrong=backlog.parked > 0,
        mend="onevisit events parked says which, and why",
    )


_STATE = text("""
SELECT clock_timestamp() AS clock,
       current_setting('server_version') AS version,
       current_setting('server_version_num')::int AS version_number,
       current_setting('fsync') AS fsync,
       current_setting('full_page_writes') AS full_page_writes,
       current_setting('synchronous_commit') AS synchronous_commit,
       current_setting('data_checksums') AS data_checksums,
       current_setting('server_encoding') AS encoding,
       current_setting('timezone') AS time_zone,
       current_setting('max_connections')::int AS max_connections,
       current_setting('superuser_reserved_connections')::int AS reserved,
       current_user AS role,
       role.rolsuper AS is_superuser,
       role.rolbypassrls AS bypasses,
       (SELECT count(*) FROM pg_class JOIN pg_namespace AS space ON space.oid = relnamespace
        WHERE relowner = role.oid AND relkind IN ('r', 'p') AND space.nspname = 'public') AS owned,
       database.datcollversion IS NOT DISTINCT FROM pg_database_collation_actual_version(database.oid)
           AS collation_is_known,
       to_regclass('public.alembic_version') IS NOT NULL AS has_revision,
       to_regclass('public.relay_state') IS NOT NULL AS has_relay
FROM pg_roles AS role, pg_database AS database
WHERE role.rolname = current_user AND database.datname = current_database()
""")
_REVISION = text("SELECT version_num FROM alembic_version")
_BACKLOG = text("""
SELECT (SELECT count(*) FROM outbox) AS pending,
       coalesce((SELECT extract(epoch FROM clock_timestamp() - min(recorded_at)) FROM outbox), 0) AS oldest_seconds,
       last_position - published_through AS unpublished,
       (SELECT count(*) FROM parked WHERE attempts > 0 AND retry_at IS NULL) AS parked
FROM relay_state
""")
