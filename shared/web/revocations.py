"""A revocation reaches the tokens that are out already: each process asks identity whose tokens are good no more."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

from shared.auth import Revocations, TokenVerifier
from shared.freshness import kept_fresh

Ask = Callable[[], Awaitable[Revocations]]


def heeded(verifier: TokenVerifier, ask: Ask, *, seconds: float) -> AbstractAsyncContextManager[None]:
    """The verifier refuses whoever was revoked, so many seconds later at most, while the block lasts.

    While nobody answers, it goes by what it was told last, and by nothing before it was told anything: a service
    starts, and goes on, without identity. Until then a revoked client's token is good for what is left of its life.
    """

    async def refresh() -> None:
        verifier.heed(await ask())

    return kept_fresh("revocations", refresh, seconds=seconds)
