"""A connection to NATS for one look at it, which gives up where the service's own never does."""

import asyncio

import nats
import nats.errors
from nats.aio.client import Client

from shared.messaging.jetstream import BUS_ERRORS, servers_of

SECONDS = 3.0


async def connected(url: str, user: str | None, password: str | None) -> Client:
    """Raises AuthorizationError where we are refused, another of `BUS_ERRORS` where nobody answers."""
    refused: list[Exception] = []

    async def note(error: Exception) -> None:
        refused.append(error)

    try:
        # The client itself goes on for ever where a server that should encrypt is not there.
        async with asyncio.timeout(2 * SECONDS):
            return await nats.connect(
                servers_of(url),
                user=user,
                password=password,
                allow_reconnect=False,
                connect_timeout=SECONDS,
                error_cb=note,
            )
    except BUS_ERRORS as error:
        if "authorization" in f"{error!r} {refused!r}".lower():
            raise nats.errors.AuthorizationError from None
        raise
