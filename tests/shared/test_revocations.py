"""A token is good no more once its client was revoked, or its officer dismissed: the rule, and how it reaches us."""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from shared.auth import Caller, Revocations, TokenVerifier
from shared.auth.revocations import is_revoked
from shared.errors import NotAuthenticated, Unavailable
from shared.jose import LEEWAY_SECONDS
from shared.web.revocations import heeded
from tests.support.clock import START, FrozenClock
from tests.support.tokens import OFFICER, Headers, Issuer

DEPARTMENT = Caller("department:tax", "department", "tax", "token", act=str(OFFICER))
PERSON = Caller(str(uuid4()), "person", "app", "token", act="app")
ISSUED = START.timestamp()


@pytest.mark.parametrize(
    ("caller", "revocations", "revoked"),
    [
        (DEPARTMENT, Revocations(), False),
        (DEPARTMENT, Revocations(clients={"tax": START}), True),
        (DEPARTMENT, Revocations(clients={"hospital": START}), False),
        (DEPARTMENT, Revocations(officers={str(OFFICER): START}), True),
        (DEPARTMENT, Revocations(officers={str(uuid4()): START}), False),
        (DEPARTMENT, Revocations(clients={str(OFFICER): START}, officers={"tax": START}), False),
        # What a person does is done through the client that identified them; their officer is nobody.
        (PERSON, Revocations(clients={"app": START}), True),
        (PERSON, Revocations(officers={"app": START}), False),
    ],
)
def test_a_token_dies_with_its_client_and_with_its_officer(
    caller: Caller, revocations: Revocations, revoked: bool
) -> None:
    assert is_revoked(caller, issued=ISSUED, revocations=revocations) == revoked


@pytest.mark.parametrize(
    ("since", "revoked"),
    [(START + timedelta(minutes=9), True), (START, True), (START - timedelta(seconds=LEEWAY_SECONDS + 1), False)],
)
def test_a_token_from_after_the_revocation_is_good(since: datetime, revoked: bool) -> None:
    told = Revocations(officers={str(OFFICER): since})
    assert is_revoked(DEPARTMENT, issued=ISSUED, revocations=told) == revoked


class Identity:
    """Says what the test says; None: does not answer."""

    def __init__(self, says: Revocations | None) -> None:
        self.says = says
        self.asked = asyncio.Event()

    async def __call__(self) -> Revocations:
        self.asked.set()
        if self.says is None:
            raise Unavailable(service="identity", retry_after=1)
        return self.says

    async def asked_again(self) -> None:
        """An answer from after now has been heeded."""
        async with asyncio.timeout(10):
            for _ in range(2):
                self.asked.clear()
                await self.asked.wait()


async def is_good(verifier: TokenVerifier, headers: Headers) -> bool:
    try:
        await verifier.verify(headers["authorization"].removeprefix("Bearer "))
    except NotAuthenticated:
        return False
    return True


async def test_who_was_verified_before_is_refused_once_identity_says_so(issuer: Issuer) -> None:
    verifier, identity = issuer.verifier(), Identity(Revocations())
    ours, others = issuer.department("tax"), issuer.department("hospital", officer=uuid4())
    async with heeded(verifier, identity, seconds=0.02):
        assert await is_good(verifier, ours)
        identity.says = Revocations(clients={"tax": START})
        await identity.asked_again()
        assert (await is_good(verifier, ours), await is_good(verifier, others)) == (False, True)


async def test_while_identity_is_away_what_it_said_last_holds(issuer: Issuer, clock: FrozenClock) -> None:
    verifier, identity = issuer.verifier(), Identity(None)
    ours, others = issuer.department("tax"), issuer.department("hospital", officer=uuid4())
    async with heeded(verifier, identity, seconds=0.02):
        await identity.asked_again()
        assert await is_good(verifier, ours)
        identity.says = Revocations(clients={"tax": clock()})
        await identity.asked_again()
        identity.says = None
        await identity.asked_again()
        assert (await is_good(verifier, ours), await is_good(verifier, others)) == (False, True)


async def test_a_token_that_does_not_say_when_it_was_issued_is_older_than_every_revocation(issuer: Issuer) -> None:
    verifier, nbf = issuer.verifier(), int(START.timestamp())
    signed = issuer.token(sub="app:app", kind="app", client_id="app", iat=None, nbf=nbf)
    token = {"authorization": f"Bearer {signed}"}
    assert await is_good(verifier, token)
    verifier.heed(Revocations(clients={"app": START - timedelta(minutes=5)}))
    assert not await is_good(verifier, token)
