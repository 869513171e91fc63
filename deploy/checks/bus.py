"""Whether NATS is new enough, keeps what it acknowledges, knows us, and how far our consumers are behind."""

import asyncio
from collections.abc import Iterator
from typing import Any

import nats
import nats.errors
import nats.js.errors
import orjson
from nats.aio.client import Client
from nats.js.api import DiscardPolicy, StreamInfo

from deploy.checks.finding import Finding, found
from shared.messaging.jetstream import BUS_ERRORS, OLDEST_SERVER, STREAM, TooOld, check_version
from shared.settings import ServiceSettings

SECONDS = 3.0
_MOST_BEHIND = 1000


async def check_bus(service: str, settings: ServiceSettings) -> list[Finding]:
    """All that can be seen as the service's own user; and as the system's, where the service has one."""
    if settings.nats_url is None:
        return []
    password = settings.nats_password.get_secret_value() if settings.nats_password else None
    try:
        client = await _connected(settings.nats_url, settings.nats_user, password)
    except nats.errors.AuthorizationError:
        mend = "ONEVISIT_NATS_PASSWORD must be the one of its configuration"
        return [Finding("NATS", f"refuses the password of {settings.nats_user}", mend, stops=True)]
    except BUS_ERRORS:
        # A service starts without it: events wait in PostgreSQL.
        return [Finding("NATS", "cannot be reached", "look whether it runs, and at ONEVISIT_NATS_URL")]
    try:
        return [_version(client), *await _stream(service, client), *await _server(settings)]
    finally:
        await client.close()


async def _connected(url: str, user: str | None, password: str | None) -> Client:
    refused: list[Exception] = []

    async def note(error: Exception) -> None:
        refused.append(error)

    try:
        # The client itself goes on for ever where a server that should encrypt is not there.
        async with asyncio.timeout(2 * SECONDS):
            return await nats.connect(
                url, user=user, password=password, allow_reconnect=False, connect_timeout=SECONDS, error_cb=note
            )
    except BUS_ERRORS as error:
        if "authorization" in f"{error!r} {refused!r}".lower():
            raise nats.errors.AuthorizationError from None
        raise


def _version(client: Client) -> Finding:
    version = client.connected_server_version
    says = f"{version.major}.{version.minor}.{version.patch}"
    try:
        check_version(client)
    except TooOld:
        mend = f"use {'.'.join(map(str, OLDEST_SERVER))} or later"
        return Finding("NATS", f"{says} is too old", mend, stops=True)
    return Finding("NATS", says)


async def _stream(service: str, client: Client) -> list[Finding]:
    manager = client.jetstream(timeout=SECONDS)
    try:
        info = await manager.stream_info(STREAM)
        consumers = [each for each in await manager.consumers_info(STREAM) if each.name.startswith(f"{service}-")]
    except nats.js.errors.NotFoundError:
        return [Finding("stream", "not made yet: the first service that starts makes it")]
    except BUS_ERRORS as error:
        return [Finding("stream", f"cannot be looked at ({type(error).__name__})", "look whether JetStream is on")]
    lag = {each.name: (each.num_pending or 0) + (each.num_ack_pending or 0) for each in consumers}
    return [
        *_keeping(info),
        *(
            found(
                f"consumer {name}",
                f"{behind} events behind",
                wrong=behind > _MOST_BEHIND,
                mend="look why it stands still: the service's log, and onevisit_parked",
            )
            for name, behind in sorted(lag.items())
        ),
    ]


def _keeping(info: StreamInfo) -> Iterator[Finding]:
    config = info.config
    is_kept = config.discard == DiscardPolicy.NEW and bool(config.deny_delete and config.deny_purge)
    yield found(
        "stream",
        f"{info.state.messages} events, {'refuses' if is_kept else 'may drop'} what it has no room for",
        wrong=not is_kept,
        mend="remove the stream; it is made anew and fed from PostgreSQL",
    )
    nodes = len(info.cluster.replicas or ()) + 1 if info.cluster else 1
    copies = config.num_replicas or 1
    yield found(
        "copies",
        f"{copies} on {nodes} servers" if nodes > 1 else "1, on the only server: no high availability",
        wrong=nodes >= 3 > copies,
        mend="nats stream edit EVT --replicas 3",
    )


async def _server(settings: ServiceSettings) -> list[Finding]:
    """Whether it flushes to disk before it acknowledges: only the system's user may ask."""
    user, password = getattr(settings, "nats_system_user", None), getattr(settings, "nats_system_password", None)
    if settings.nats_url is None or user is None or password is None:
        return []
    try:
        client = await _connected(settings.nats_url, user, password.get_secret_value())
    except BUS_ERRORS:
        mend = "ONEVISIT_NATS_SYSTEM_USER and its password must be those of its configuration"
        return [Finding("sync_interval", "not known: the system's user is refused", mend)]
    try:
        answer = await client.request("$SYS.REQ.SERVER.PING.JSZ", b'{"config": true}', timeout=SECONDS)
        config: dict[str, Any] = orjson.loads(answer.data).get("data", {}).get("config", {})
    except BUS_ERRORS:
        return [Finding("sync_interval", "not known: the server does not say", "look into its configuration")]
    finally:
        await client.close()
    return [
        found(
            "sync_interval",
            "always" if config.get("sync_always") else "now and then",
            wrong=not config.get("sync_always"),
            mend="set jetstream { sync_interval: always }: what it acknowledges would be lost with the power",
        )
    ]
