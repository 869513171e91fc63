"""An inbox in one SQLite file, for effects that are elsewhere or in the same file."""

import sqlite3
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from onevisit_client.chain import GENESIS, link
from onevisit_client.errors import AlreadyApplied, EventNotValid
from onevisit_client.events import Event
from onevisit_client.inbox import Head, Waiting

BUSY_SECONDS = 30.0


class SqliteInbox:
    """`path` is made if it is missing, for its owner alone; several processes may have it open, one subscriber at once.

    What an effect writes with (`run_within`) is a connection to this file, inside the transaction of the note: tables
    of the department's own may live beside these. It must not commit.

    A commit does not wait for the disk: a machine that loses its power may forget the last events, with their
    effects in this file. The next reconciliation names them and the feed gives them again. `wait_for_disk=True`
    waits, for effects that are elsewhere and should not be repeated.
    """

    def __init__(self, path: str | Path, *, wait_for_disk: bool = False) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if str(path) != ":memory:":
            # Who was born, wed or moved, and where, is in it. SQLite gives the files beside it the same mode.
            Path(path).touch(mode=0o600)
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)
        self._execute = self._connection.execute
        self._execute("PRAGMA journal_mode = WAL")
        self._execute(f"PRAGMA synchronous = {'FULL' if wait_for_disk else 'NORMAL'}")
        for statement in _TABLES:
            self._execute(statement)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the file."""
        self._connection.close()

    async def head(self, source: str, topic: str) -> Head:
        """How far this topic is held."""
        row = self._execute("SELECT sequence, hash FROM lines WHERE source = ? AND topic = ?", (source, topic))
        found = row.fetchone()
        return Head(*found) if found else Head()

    async def heads(self) -> Mapping[tuple[str, str], Head]:
        """The same of every (source, topic)."""
        rows = self._execute("SELECT source, topic, sequence, hash FROM lines")
        return {(source, topic): Head(sequence, value) for source, topic, sequence, value in rows}

    async def recorded(self, source: str, topic: str, sequence: int) -> tuple[str, bytes] | None:
        """Id and running hash of an event that is held."""
        found: tuple[str, bytes] | None = self._execute(_RECORDED, (source, topic, sequence)).fetchone()
        return found

    @asynccontextmanager
    async def applying(self, event: Event) -> AsyncGenerator[sqlite3.Connection]:
        """The note that an event is done, and what an effect writes meanwhile, in one transaction."""
        self._execute("BEGIN IMMEDIATE")
        try:
            was_waiting = self._execute("DELETE FROM waiting WHERE id = ?", (event.id,)).rowcount
            if not was_waiting:
                self._hold(event)
            yield self._connection
            self._execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._execute("ROLLBACK")
            raise

    async def set_aside(self, event: Event, *, reason: str | None = None, retry_at: datetime | None = None) -> None:
        """The event is held and waits; one that waits already has failed once more."""
        due = None if retry_at is None else retry_at.timestamp()
        self._execute("BEGIN IMMEDIATE")
        try:
            failed_again = self._execute(_FAILED_AGAIN, (reason, due, event.id)).rowcount
            if not failed_again:
                self._hold(event)
                attempts = 0 if reason is None else 1
                now = datetime.now(UTC).timestamp()
                place = (event.id, event.source, event.subject, event.position)
                self._execute(_SET_ASIDE, (*place, event.to_json(), attempts, reason, due, now))
            self._execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._execute("ROLLBACK")
            raise

    async def is_blocked(self, source: str, subject: str) -> bool:
        """Whether an event of this entity waits."""
        row = self._execute("SELECT 1 FROM waiting WHERE source = ? AND subject = ? LIMIT 1", (source, subject))
        return row.fetchone() is not None

    async def due(self, *, at: datetime, limit: int) -> Sequence[Waiting]:
        """The first waiting event of each entity, where its time has come."""
        return [_waiting(row) for row in self._execute(_DUE, (at.timestamp(), limit))]

    async def waiting(self) -> Sequence[Waiting]:
        """All that waits, each entity's in order."""
        rows = self._execute("SELECT * FROM waiting ORDER BY source, subject, position")
        return [_waiting(row) for row in rows]

    async def parked(self) -> Sequence[Waiting]:
        """What waits for a person; `waiting()` lists those behind it as well."""
        return [waiting for waiting in await self.waiting() if waiting.parked]

    async def redrive(self, *, subject: str | None = None) -> int:
        """What is parked is tried again by the subscriber, now or when it runs; answers how many were parked."""
        return self._execute(_REDRIVE, (subject, subject)).rowcount

    async def skip(self, event_id: str) -> bool:
        """A person decided that this waiting event shall have no effect; those behind it go on."""
        return bool(self._execute("DELETE FROM waiting WHERE id = ?", (event_id,)).rowcount)

    async def cursor(self, name: str) -> str | None:
        """Where reading the feed goes on."""
        found = self._execute("SELECT cursor FROM cursors WHERE name = ?", (name,)).fetchone()
        return str(found[0]) if found else None

    async def save_cursor(self, name: str, cursor: str) -> None:
        """Remember where reading the feed goes on."""
        self._execute("INSERT OR REPLACE INTO cursors (name, cursor) VALUES (?, ?)", (name, cursor))

    def _hold(self, event: Event) -> None:
        """The head of the topic moves on to this event, which must be the next one."""
        found = self._execute(_LINE, (event.source, event.topic)).fetchone()
        line, sequence, previous = found or (None, 0, GENESIS)
        if event.sequence != sequence + 1:
            raise AlreadyApplied(f"{event.source} {event.topic} is held to {sequence}; this is {event.sequence}")
        try:
            value = link(previous, event.id, event.data)
        except ValueError as error:
            raise EventNotValid(str(error)) from None
        if line is None:
            line = self._execute(_NEW_LINE, (event.source, event.topic, event.sequence, value)).lastrowid
        else:
            self._execute("UPDATE lines SET sequence = ?, hash = ? WHERE line = ?", (event.sequence, value, line))
        self._execute("INSERT INTO seen VALUES (?, ?, ?, ?)", (line, event.sequence, event.id, value))


def _waiting(row: Sequence[Any]) -> Waiting:
    _, _, _, _, event, attempts, reason, retry_at, since = row
    due = None if retry_at is None else datetime.fromtimestamp(retry_at, UTC)
    return Waiting(Event.parse(event), attempts, reason, due, datetime.fromtimestamp(since, UTC))


_TABLES = (
    """
CREATE TABLE IF NOT EXISTS lines (
    line INTEGER PRIMARY KEY, source TEXT NOT NULL, topic TEXT NOT NULL, sequence INTEGER NOT NULL, hash BLOB NOT NULL,
    UNIQUE (source, topic)
)""",
    """
CREATE TABLE IF NOT EXISTS seen (
    line INTEGER NOT NULL, sequence INTEGER NOT NULL, id TEXT NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (line, sequence)
) WITHOUT ROWID""",
    """
CREATE TABLE IF NOT EXISTS waiting (
    id TEXT PRIMARY KEY, source TEXT NOT NULL, subject TEXT NOT NULL, position INTEGER NOT NULL, event TEXT NOT NULL,
    attempts INTEGER NOT NULL, reason TEXT, retry_at REAL, since REAL NOT NULL
)""",
    "CREATE INDEX IF NOT EXISTS waiting_by_entity ON waiting (source, subject, position)",
    "CREATE TABLE IF NOT EXISTS cursors (name TEXT PRIMARY KEY, cursor TEXT NOT NULL)",
)
_LINE = "SELECT line, sequence, hash FROM lines WHERE source = ? AND topic = ?"
_NEW_LINE = "INSERT INTO lines (source, topic, sequence, hash) VALUES (?, ?, ?, ?)"
_RECORDED = """
SELECT seen.id, seen.hash FROM seen JOIN lines USING (line)
WHERE source = ? AND topic = ? AND seen.sequence = ?
"""
_SET_ASIDE = "INSERT INTO waiting VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_FAILED_AGAIN = "UPDATE waiting SET attempts = attempts + 1, reason = ?, retry_at = ? WHERE id = ?"
# attempts = 0: it only stood behind another, which is gone, or was redriven.
_DUE = """
SELECT * FROM waiting AS first
WHERE (attempts = 0 OR retry_at <= ?)
  AND NOT EXISTS (SELECT 1 FROM waiting WHERE source = first.source AND subject = first.subject
                  AND position < first.position)
ORDER BY since LIMIT ?
"""
_REDRIVE = "UPDATE waiting SET attempts = 0 WHERE attempts > 0 AND retry_at IS NULL AND (? IS NULL OR subject = ?)"
