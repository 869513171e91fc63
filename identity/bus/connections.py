"""Departments' connections that are open now; those that may not stay are cut off.

The servers of the bus are asked again and again, because a connection outlives the token that opened it: a client may
be revoked meanwhile, an officer dismissed, a scope withdrawn.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
import structlog
from nats.aio.client import Client as Bus

from identity.bus import rules
from identity.bus.login import Connection, Login
from identity.bus.rules import BusUser, NotAdmitted
from identity.tokens.queries import find_clients, find_officers
from shared.cancellation import going_on
from shared.database import Database

# An answer of this many connections stays well below the greatest message.
PAGE = 256
# Every server answers; how many there are, nobody says.
FIRST_ANSWER_SECONDS, NEXT_ANSWER_SECONDS = 2.0, 0.3
log = structlog.get_logger(__name__)


class Open(NamedTuple):
    """One connection."""

    server: str
    cid: int
    user: str
    since: datetime


class Connections:
    """Looks at every connection once in `seconds`, and at once when told."""

    def __init__(self, database: Database, *, seconds: float) -> None:
        self._database = database
        self._seconds = seconds
        self._told = asyncio.Event()

    def look_now(self) -> None:
        """Somebody may have lost the right to be connected."""
        self._told.set()

    async def run(self, login: Login) -> None:
        """Until cancelled, or until the connection closes for good."""
        async with login.connected("identity-connections") as bus:
            while going_on() and not bus.closed.is_set():
                self._told.clear()
                await self._look(bus)
                try:
                    await asyncio.wait_for(self._told.wait(), self._seconds)
                except TimeoutError:
                    continue

    async def _look(self, bus: Connection) -> None:
        if bus.client.is_connected:
            await self.cut_off(bus.client)

    async def cut_off(self, bus: Bus) -> None:
        """Whoever may not stay is connected no more."""
        for connection, reason in await self._fallen(await _open_connections(bus)):
            log.warning("cut off from the bus", user=connection.user, reason=reason)
            subject = f"$SYS.REQ.SERVER.{connection.server}.KICK"
            # The server does nothing for whom it cannot answer. What the answer is, the next look shows.
            await bus.publish(subject, orjson.dumps({"cid": connection.cid}), reply=bus.new_inbox())
        await bus.flush()

    async def _fallen(self, connections: Sequence[Open]) -> list[tuple[Open, str]]:
        if not connections:
            return []
        users = [user for user in map(_user, connections) if user is not None]
        async with self._database.read() as conn:
            clients = await find_clients(conn, {user.client_id for user in users})
            officers = await find_officers(conn, {user.officer for user in users})
        fallen = []
        for connection in connections:
            try:
                user = BusUser.parse(connection.user)
                rules.check_standing(
                    user, clients.get(user.client_id), officers.get(user.officer), since=connection.since
                )
            except NotAdmitted as refusal:
                fallen.append((connection, refusal.reason))
        return fallen


async def _open_connections(bus: Bus) -> list[Open]:
    found: list[Open] = []
    for offset in range(0, 1_000_000, PAGE):
        asked = {"auth": True, "limit": PAGE, "offset": offset}
        pages = await _ask_all(bus, "$SYS.REQ.SERVER.PING.CONNZ", asked)
        if not pages:
            # To whoever reads no further it would look as if nobody were connected.
            log.error("the bus does not say who is connected; nobody can be cut off")
        found += [
            Open(
                page["server"]["id"],
                int(each["cid"]),
                str(each.get("authorized_user", "")),
                datetime.fromisoformat(each["start"]),
            )
            for page in pages
            for each in page["data"]["connections"]
            if str(each.get("account", "")).startswith(rules.DEPARTMENT)
        ]
        if all(page["data"]["total"] <= offset + PAGE for page in pages):
            break
    return found


async def _ask_all(bus: Bus, subject: str, question: dict[str, Any]) -> list[dict[str, Any]]:
    """What every server answers that answers in time."""
    inbox = bus.new_inbox()
    answers: list[dict[str, Any]] = []
    subscription = await bus.subscribe(inbox)
    try:
        await bus.publish(subject, orjson.dumps(question), reply=inbox)
        while True:
            message = await subscription.next_msg(NEXT_ANSWER_SECONDS if answers else FIRST_ANSWER_SECONDS)
            answers.append(orjson.loads(message.data))
    except TimeoutError:
        return answers
    finally:
        await subscription.unsubscribe()


def _connection(server: str, each: Mapping[str, Any]) -> Open:
    since = datetime.fromisoformat(each["start"])
    return Open(server, int(each["cid"]), str(each.get("authorized_user", "")), since)


def _user(connection: Open) -> BusUser | None:
    try:
        return BusUser.parse(connection.user)
    except NotAdmitted:
        return None
