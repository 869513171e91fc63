"""Answers the bus when somebody wants in (NATS auth callout): the access token is verified as every service does it.

Services are static users of the bus and never come here, so that identity's outage stops no relay; departments that
are connected stay, and new ones are refused until identity answers again.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import structlog
from nats.aio.msg import Msg
from sqlalchemy.ext.asyncio import AsyncConnection

from identity.bus import rules
from identity.bus.login import Login
from identity.bus.nkeys import AccountKey, read_unverified
from identity.bus.queries import give_account
from identity.bus.rules import BusUser, NotAdmitted
from identity.tokens.queries import find_client, find_officer
from shared.auth import TokenVerifier
from shared.clock import Clock
from shared.database import DATABASE_ERRORS, Database
from shared.errors import ServiceError
from shared.ids import new_id

# Only identity may listen here, and only the server can speak: the configuration of the bus sees to both.
SUBJECT = "$SYS.REQ.USER.AUTH"
# Of several processes of identity one answers.
QUEUE = "identity"
REFUSED = "not admitted"
# So many of a department's are answered one after the other before the server gives up waiting.
MAX_IN_HAND = 100
ConsumersOf = Callable[[AsyncConnection, str], Awaitable[Sequence[str]]]
log = structlog.get_logger(__name__)


class Callout:
    """Who is let in, and as whom. `consumers_of` names the consumers that are a department's own."""

    def __init__(
        self, database: Database, verifier: TokenVerifier, issuer: AccountKey, consumers_of: ConsumersOf, clock: Clock
    ) -> None:
        self._database = database
        self._verifier = verifier
        self._issuer = issuer
        self._consumers_of = consumers_of
        self._clock = clock
        # A department's logins wait for one another, and nobody else's for them.
        self._in_hand = Counter[str]()
        self._turns = defaultdict[str, asyncio.Lock](asyncio.Lock)
        # Given for good, so asked for once.
        self._accounts = dict[str, int]()

    async def run(self, login: Login) -> None:
        """Answers until cancelled, or until the connection closes for good."""
        async with login.connected("identity-callout") as bus, asyncio.TaskGroup() as answers:

            async def on_request(message: Msg) -> None:
                answers.create_task(self._on_request(message))

            await bus.client.subscribe(SUBJECT, queue=QUEUE, cb=on_request)
            await bus.closed.wait()

    async def answer(self, request: bytes) -> bytes | None:
        """The signed answer to a request of the server: a user, or a refusal that says nothing more than no.

        None where nobody waits for the answer any more, or nobody can have asked.
        """
        try:
            claims = read_unverified(request)
            asked: dict[str, Any] = claims["nats"]
            server, nkey, expires = asked["server_id"]["id"], asked["user_nkey"], claims["exp"]
        except (KeyError, TypeError, ValueError):
            log.warning("not a request of the bus")
            return None
        if self._clock().timestamp() > expires:
            return None
        try:
            given = {"jwt": await self._admit(asked.get("connect_opts", {}), nkey=nkey, expires=expires)}
        except NotAdmitted as refusal:
            log.info("refused at the bus", reason=refusal.reason)
            given = {"error": REFUSED}
        answer = {"jti": str(new_id()), "aud": server, "sub": nkey, "iat": int(self._clock().timestamp())}
        return self._issuer.sign({**answer, "nats": {**given, "type": "authorization_response", "version": 2}}).encode()

    async def _admit(self, options: Mapping[str, Any], *, nkey: str, expires: float) -> str:
        try:
            caller = await self._verifier.verify(str(options.get("auth_token", "")))
            user = rules.bus_user(caller)
            since = datetime.fromtimestamp(caller.issued, UTC)
            account, consumers = await self._in_turn(user, since=since, expires=expires)
        except ServiceError as refusal:
            raise NotAdmitted(refusal.code) from None
        except DATABASE_ERRORS as error:
            raise NotAdmitted(type(error).__name__) from None
        claims = rules.user_claims(user, account=account, nkey=nkey, consumers=consumers, at=self._clock())
        log.info("let onto the bus", department=user.department, client=user.client_id, consumers=len(consumers))
        return self._issuer.sign(claims)

    async def _in_turn(self, user: BusUser, *, since: datetime, expires: float) -> tuple[str, Sequence[str]]:
        if self._in_hand[user.department] >= MAX_IN_HAND:
            raise NotAdmitted("too many logins of the department at once")
        self._in_hand[user.department] += 1
        try:
            async with self._turns[user.department]:
                if self._clock().timestamp() > expires:
                    raise NotAdmitted("the bus waits no more")
                return await self._standing(user, since)
        finally:
            self._in_hand[user.department] -= 1

    async def _standing(self, user: BusUser, since: datetime) -> tuple[str, Sequence[str]]:
        async with self._database.read() as conn:
            client, officer = await find_client(conn, user.client_id), await find_officer(conn, user.officer)
            rules.check_standing(user, client, officer, since=since)
            consumers = await self._consumers_of(conn, user.department)
        return rules.account(await self._account_of(user.department)), consumers

    async def _account_of(self, department: str) -> int:
        """Who comes for the first time gets an account of its own, for good."""
        if department not in self._accounts:
            async with self._database.transaction() as conn:
                self._accounts[department] = await give_account(conn, department)
        return self._accounts[department]

    async def _on_request(self, message: Msg) -> None:
        try:
            answer = await self.answer(message.data)
            if answer is not None:
                await message.respond(answer)
        except Exception:
            # Whatever one of them sent, the others are answered.
            log.exception("a login was not answered")
