"""Who is let onto the bus, and who is put out again: tokens, revocations, and identity's own outages."""

import asyncio
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from identity.bus.callout import Callout
from identity.bus.connections import Connections
from identity.bus.nkeys import AccountKey
from identity.subscriptions.queries import consumers_of
from shared.background import running
from shared.clock import now
from shared.ids import new_id
from shared.jose import SigningKey
from tests.identity.guarded import OURS, TOPIC, Guarded, Visitor, assert_not_let_in, said_to, visiting
from tests.identity.world import OFFICERS
from tests.support.tokens import ISSUER

SEVERAL_CHECKS_SECONDS = 4.0
NOBODY_ID = "019a0000-0000-7000-8000-0000000000ff"
# What a good token does not say: one of these at a time.
OTHERWISE: list[dict[str, Any]] = [
    {"exp": 1_700_000_000},
    {"iat": None, "nbf": int(now().timestamp()) + 3600},
    {"aud": "licensing"},
    {"aud": None},
    {"iss": "https://another.test"},
    {"scope": "cases evidence"},
    {"scope": None},
    {"kind": "person", "sub": NOBODY_ID},
    {"kind": "app"},
    {"kind": "ops"},
    {"kind": "service", "sub": "service:licensing"},
    {"kind": "nonsense"},
    {"act": None},
    {"act": {"sub": "nobody"}},
    {"act": {"sub": NOBODY_ID}},
    {"act": {"sub": str(OFFICERS["public-security"])}},
    {"department": None},
    {"department": "medical-insurance"},
    {"department": "hospital.>"},
    {"client_id": "nobody"},
    {"client_id": "medical-insurance"},
    {"client_id": "hospital/medical-insurance"},
    {"typ": "identification+jwt"},
]
ALMOST_AN_HOUR = timedelta(minutes=59, seconds=58)


async def token_with(guarded: Guarded, *, typ: str = "at+jwt", **claims: Any) -> str:
    """A token of identity's own signing key, good for the hospital's door but for `claims`; None leaves one out."""
    filled = hospital_claims() | claims
    return await guarded.world.service.keyring.sign({k: v for k, v in filled.items() if v is not None}, typ=typ)


def hospital_claims() -> dict[str, Any]:
    at = int(now().timestamp())
    return {
        "iss": ISSUER,
        "aud": "onevisit",
        "sub": "department:hospital",
        "kind": "department",
        "client_id": "hospital",
        "department": "hospital",
        "region": "330782",
        "scope": "events",
        "act": {"sub": str(OFFICERS["hospital"])},
        "iat": at,
        "exp": at + 600,
        "jti": str(new_id()),
    }


async def closed(visitor: Visitor, *, seconds: float = SEVERAL_CHECKS_SECONDS) -> bool:
    """Whether the bus ends the connection within the time."""
    with suppress(TimeoutError):
        await asyncio.wait_for(visitor.gone.wait(), seconds)
    return visitor.gone.is_set()


async def execute(guarded: Guarded, statement: str) -> None:
    """Something happens in another process, which tells this one nothing."""
    async with guarded.world.service.database.transaction() as conn:
        await conn.execute(text(statement))


class TestTokens:
    async def test_the_token_that_opens_rest_opens_the_bus(self, guarded: Guarded) -> None:
        token = await guarded.token("hospital")
        headers = {"authorization": f"Bearer {token}"}
        assert (await guarded.world.http.get(f"/v1/events?topic={TOPIC}", headers=headers)).status_code == 200
        async with visiting(guarded.bus.url, token=token, inbox_prefix="_INBOX_hospital") as hospital:
            assert (await hospital.client.jetstream().consumer_info("EVT", OURS)).name == OURS

    async def test_the_measure_of_the_refusals_below(self, guarded: Guarded) -> None:
        async with visiting(guarded.bus.url, token=await token_with(guarded)) as hospital:
            assert hospital.client.is_connected

    async def test_a_token_that_says_otherwise_is_refused(self, guarded: Guarded) -> None:
        for claims in OTHERWISE:
            token = await token_with(guarded, **claims)
            await assert_not_let_in(guarded.bus.url, token=token)

    async def test_everybody_else_is_refused(self, guarded: Guarded) -> None:
        url = guarded.bus.url
        await assert_not_let_in(url)
        for token in ("", "x", "a.b.c", "é" * 50, "x" * 3000, "\x00", "../../dev/null"):
            await assert_not_let_in(url, token=token)
        forged = SigningKey.generate().sign(hospital_claims(), typ="at+jwt")
        await assert_not_let_in(url, token=forged)
        for client in ("app", "auditor", "ops", "public-security"):
            await assert_not_let_in(url, token=await guarded.token(client))
        person = (await guarded.world.person("mother"))["authorization"].removeprefix("Bearer ")
        await assert_not_let_in(url, token=person)
        await assert_not_let_in(url, token=await guarded.token("hospital", scope="parties:resolve"))
        await assert_not_let_in(url, token=await guarded.token("licensing", audience="identity"))

    async def test_nobody_passes_for_a_service(self, guarded: Guarded) -> None:
        url, token = guarded.bus.url, await guarded.token("hospital")
        for user in ("nats-identity", "nats-licensing", "nats-system", "nats-operator"):
            await assert_not_let_in(url, user=user, password="guess")
            await assert_not_let_in(url, user=user, password="guess", token=token)

    async def test_no_token_reaches_a_log(self, guarded: Guarded, caplog: pytest.LogCaptureFixture) -> None:
        good, bad = await guarded.token("hospital"), await guarded.token("app")
        async with visiting(guarded.bus.url, token=good):
            pass
        await assert_not_let_in(guarded.bus.url, token=bad)
        written = caplog.text + guarded.bus.server.log.read_text()
        assert "let onto the bus" in written
        assert "refused at the bus" in written
        for token in (good, bad):
            assert not any(part in written for part in token.split("."))


class TestPuttingOut:
    async def test_a_revoked_client_is_cut_off_at_once_and_gets_in_no_more(self, guarded: Guarded) -> None:
        token = await guarded.token("hospital")
        async with guarded.visit("medical-insurance") as other, guarded.visit("hospital") as hospital:
            ops = await guarded.world.bearer("ops")
            answer = await guarded.world.http.post("/v1/clients/hospital/revocation", headers=ops)
            assert answer.status_code == 200
            assert await closed(hospital)
            assert other.client.is_connected
        await assert_not_let_in(guarded.bus.url, token=token)

    @pytest.mark.parametrize(
        "happened",
        [
            "UPDATE clients SET revoked_at = now(), revoked_by = 'ops:ops' WHERE client_id = 'hospital'",
            "UPDATE clients SET refused_before = now() WHERE client_id = 'hospital'",
            "UPDATE clients SET scopes = '{cases}' WHERE client_id = 'hospital'",
            "UPDATE officers SET dismissed_at = now() WHERE department = 'hospital'",
            "UPDATE officers SET department = 'public-security' WHERE department = 'hospital'",
        ],
    )
    async def test_what_happened_elsewhere_is_found_at_the_next_look(self, guarded: Guarded, happened: str) -> None:
        token = await guarded.token("hospital")
        async with guarded.visit("medical-insurance") as other, guarded.visit("hospital") as hospital:
            await execute(guarded, happened)
            assert await closed(hospital)
            assert other.client.is_connected
        await assert_not_let_in(guarded.bus.url, token=token)

    async def test_all_of_many_connections_are_found(self, guarded: Guarded) -> None:
        token = await guarded.token("hospital")
        async with AsyncExitStack() as stack:
            many = [await stack.enter_async_context(visiting(guarded.bus.url, token=token)) for _ in range(300)]
            await execute(guarded, "UPDATE officers SET dismissed_at = now() WHERE department = 'hospital'")
            assert all([await closed(each, seconds=15) for each in many])

    async def test_not_to_be_told_who_is_connected_is_noticed(
        self, guarded: Guarded, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Otherwise nobody would be cut off any more, and nobody would know."""
        may_not_ask = await guarded.bus.connect("licensing")
        async with guarded.visit("hospital") as hospital:
            await Connections(guarded.world.service.database, seconds=1).cut_off(may_not_ask)
            assert hospital.client.is_connected
        await may_not_ask.close()
        assert "nobody can be cut off" in caplog.text

    async def test_who_may_stay_stays(self, guarded: Guarded) -> None:
        async with guarded.visit("hospital") as hospital:
            assert not await closed(hospital, seconds=1.5)

    async def test_the_bus_puts_out_when_the_hour_is_over(self, guarded: Guarded) -> None:
        service, key = guarded.world.service, AccountKey.load(guarded.bus.seed)
        slow = Callout(service.database, service.verifier, key, consumers_of, lambda: now() - ALMOST_AN_HOUR)
        async with guarded.identity_away(), running({"slow": partial(slow.run, guarded.login)}):
            await guarded.await_open()
            async with guarded.visit("hospital") as hospital:
                assert hospital.client.is_connected
                assert await closed(hospital)


class TestWithoutIdentity:
    async def test_connections_go_on_new_ones_are_refused_and_services_do_not_notice(self, guarded: Guarded) -> None:
        async with guarded.visit("hospital") as hospital:
            subscription = await hospital.client.jetstream().pull_subscribe_bind(OURS, "EVT")
            token = await guarded.token("medical-insurance")
            async with guarded.identity_away():
                assert (await said_to(guarded.bus.url, token)).startswith(b"-ERR")
                relay = await guarded.bus.connect("identity")
                await relay.jetstream().publish(TOPIC, b"{}")
                await relay.close()
                [message] = await subscription.fetch(1, timeout=5)
                await message.ack_sync()
            assert hospital.refused == []
        assert await said_to(guarded.bus.url, token) == b"PONG"
        async with visiting(guarded.bus.url, token=token) as other:
            assert other.client.is_connected
