"""Whether NATS is new enough, keeps what it acknowledges, knows us, and how far our consumers are behind."""

from collections.abc import Iterator
from datetime import datetime

import nats.errors
import nats.js.errors
import orjson
from nats.aio.client import Client
from nats.js.api import ConsumerInfo, DiscardPolicy, StreamInfo

from deploy.checks.clocks import check_clock
from deploy.checks.connecting import SECONDS, connected
from deploy.checks.finding import Finding, found
from deploy.checks.store import check_store
from shared.clock import now, seconds_apart
from shared.messaging.jetstream import BUS_ERRORS, OLDEST_SERVER, STREAM, TooOld, check_version
from shared.settings import ServiceSettings

_MOST_BEHIND = 1000
# None: the server was told nothing, and then does not give up either.
_NEVER_GIVES_UP = (-1, 0, None)


async def check_bus(service: str, settings: ServiceSettings) -> list[Finding]:
    """All that can be seen as the service's own user; and as the system's, where the service has one."""
    if settings.nats_url is None:
        return []
    password = settings.nats_password.get_secret_value() if settings.nats_password else None
    try:
        client = await connected(settings.nats_url, settings.nats_user, password)
    except nats.errors.AuthorizationError:
        mend = "ONEVISIT_NATS_PASSWORD must be the one of its configuration"
        return [Finding("NATS", f"refuses the password of {settings.nats_user}", mend, stops=True)]
    except BUS_ERRORS:
        # A service starts without it: events wait in PostgreSQL.
        return [Finding("NATS", "cannot be reached", "look whether it runs, and at ONEVISIT_NATS_URL")]
    try:
        return [
            _version(client),
            _access(client),
            *await _stream(service, client),
            *(await check_store(settings)),
        ]
    finally:
        await client.close()


def _version(client: Client) -> Finding:
    version = client.connected_server_version
    says = f"{version.major}.{version.minor}.{version.patch}"
    try:
        check_version(client)
    except TooOld:
        mend = f"use {'.'.join(map(str, OLDEST_SERVER))} or later"
        return Finding("NATS", f"{says} is too old", mend, stops=True)
    return Finding("NATS", says)


def _access(client: Client) -> Finding:
    # The library keeps what the server says of itself to itself.
    is_guarded = bool(client._server_info.get("auth_required"))  # noqa: SLF001
    return found(
        "users of NATS",
        "only those it knows" if is_guarded else "whoever comes",
        wrong=not is_guarded,
        mend="give it the accounts and users that onevisit provision nats prints",
        stops=True,
    )


async def _stream(service: str, client: Client) -> list[Finding]:
    manager = client.jetstream(timeout=SECONDS)
    try:
        clock = await _clock(client)
        info = await manager.stream_info(STREAM)
        consumers = [each for each in await manager.consumers_info(STREAM) if each.name.startswith(f"{service}-")]
    except nats.js.errors.NotFoundError:
        return [Finding("stream", "not made yet: the first service that starts makes it")]
    except BUS_ERRORS as error:
        return [Finding("stream", f"cannot be looked at ({type(error).__name__})", "look whether JetStream is on")]
    ordered = sorted(consumers, key=lambda each: each.name)
    return [*clock, *_keeping(info), *map(_giving_up, ordered), *map(_lagging, ordered)]


async def _clock(client: Client) -> list[Finding]:
    before = now()
    answer = await client.request(f"$JS.API.STREAM.INFO.{STREAM}", timeout=SECONDS)
    after = now()
    said = orjson.loads(answer.data).get("ts")
    if said is None:
        return []
    return [check_clock("NATS", seconds_apart(datetime.fromisoformat(said), before=before, after=after))]


def _giving_up(consumer: ConsumerInfo) -> Finding:
    most = consumer.config.max_deliver
    return found(
        f"attempts of {consumer.name}",
        "until it is done" if most in _NEVER_GIVES_UP else f"{most}, then the event is dropped",
        wrong=most not in _NEVER_GIVES_UP,
        mend=f"remove the consumer (nats consumer rm {STREAM} {consumer.name}); the service makes it anew",
        stops=True,
    )


def _lagging(consumer: ConsumerInfo) -> Finding:
    behind = (consumer.num_pending or 0) + (consumer.num_ack_pending or 0)
    return found(
        f"consumer {consumer.name}",
        f"{behind} events behind",
        wrong=behind > _MOST_BEHIND,
        mend="look why it stands still: the service's log, and onevisit_parked",
    )


def _keeping(info: StreamInfo) -> Iterator[Finding]:
    config = info.config
    is_kept = config.discard == DiscardPolicy.NEW and bool(config.deny_delete and config.deny_purge)
    yield found(
        "stream",
        f"{info.state.messages} events, {'refuses' if is_kept else 'may drop'} what it has no room for",
        wrong=not is_kept,
        mend="remove the stream; it is made anew and fed from PostgreSQL",
        stops=True,
    )
    nodes = len(info.cluster.replicas or ()) + 1 if info.cluster else 1
    copies = config.num_replicas or 1
    yield found(
        "copies",
        f"{copies} on {nodes} servers" if nodes > 1 else "1, on the only server: no high availability",
        wrong=nodes >= 3 > copies,
        mend="nats stream edit EVT --replicas 3",
    )
