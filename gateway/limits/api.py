"""Counts every request against the allowance of who asks: a party, a client, or else the address it comes from.

Only a valid token names anybody. With an invalid one the address is counted, and the service refuses the token.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from limits import RateLimitItem, parse

from gateway.limits.errors import AllowanceSpent
from gateway.limits.model import Windows
from shared.auth import Caller, TokenVerifier
from shared.errors import NotAuthenticated, Unavailable

Header = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Admission:
    """Who was let in, if they said, and what is left of the narrowest allowance they drew on."""

    caller: Caller | None
    budget: str
    quota: int
    left: int
    seconds: int

    def headers(self) -> list[Header]:
        """`RateLimit` fields of the IETF draft draft-ietf-httpapi-ratelimit-headers."""
        return [(b"ratelimit", f'"{self.budget}";r={self.left};t={self.seconds}'.encode())]


class Limiter:
    """Knows the allowances, by budget and by kind of asker."""

    def __init__(
        self,
        verifier: TokenVerifier,
        *,
        allowances: Mapping[Any, Mapping[Any, str]],
        seconds_now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._verifier = verifier
        self._now = seconds_now
        self._windows = Windows()
        self._allowances: dict[tuple[str, str], RateLimitItem] = {
            (budget, asker): parse(text) for budget, of in allowances.items() for asker, text in of.items()
        }

    async def admit(self, budget: str, *, authorization: bytes | None, address: str) -> Admission:
        """Count the request; `AllowanceSpent` (429) where an allowance is used up."""
        caller = await self._caller(authorization)
        return min((self._draw(budget, *asker, caller) for asker in _askers(caller, address)), key=lambda a: a.left)

    def _draw(self, budget: str, asker: str, name: str, caller: Caller | None) -> Admission:
        allowance = self._allowances[budget, asker]
        now = self._now()
        count, ends = self._windows.count(f"{budget}/{asker}/{name}", seconds=allowance.get_expiry(), at=now)
        seconds = max(1, ceil(ends - now))
        if count > allowance.amount:
            raise AllowanceSpent(retry_after=seconds, limit=allowance.amount, per_seconds=allowance.get_expiry())
        return Admission(caller, budget, allowance.amount, allowance.amount - count, seconds)

    async def _caller(self, authorization: bytes | None) -> Caller | None:
        if authorization is None or authorization[:7].lower() != b"bearer ":
            return None
        try:
            return await self._verifier.verify(authorization[7:].decode("latin-1"))
        except (NotAuthenticated, Unavailable):
            return None


def _askers(caller: Caller | None, address: str) -> Iterator[tuple[str, str]]:
    if caller is None:
        yield "address", address
    elif caller.kind == "person":
        yield "party", caller.sub
        yield "client", caller.act or caller.client_id
    else:
        yield "client", caller.sub
