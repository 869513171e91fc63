"""The connection to NATS, which never gives up: the stream, publishing, consumers. `pulling` speaks NATS too.

The settings differ from the client's defaults where those lose events or give up; each says why.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import nats.errors
import nats.js.errors
import orjson
import structlog
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, ConsumerInfo, DeliverPolicy, DiscardPolicy, StorageType, StreamConfig

from shared.cancellation import going_on
from shared.ids import random_id
from shared.messaging.envelope import CONTENT_TYPE
from shared.messaging.pulling import Pull, PullStalled

STREAM = "EVT"
SUBJECTS = ("evt.>", "int.>", "to.>")
DUPLICATE_WINDOW_SECONDS = 120
ACK_WAIT_SECONDS = 30
MAX_UNACKNOWLEDGED = 1000
REQUEST_SECONDS = 5.0
# The first that stores a batch whole or not at all (ADR-50).
OLDEST_SERVER = (2, 12)
BUS_ERRORS = (nats.errors.Error, OSError, TimeoutError, PullStalled)
log = structlog.get_logger(__name__)


class NotStored(nats.errors.Error):
    """The bus did not say that it stored these messages; perhaps it did."""


class TooOld(nats.errors.Error):
    """This server cannot do what the platform promises."""

    def __init__(self, version: str) -> None:
        super().__init__(f"NATS {version} is too old, {'.'.join(map(str, OLDEST_SERVER))} or later is needed")


@dataclass(frozen=True, slots=True)
class Message:
    """One event on its way out. `traceparent` names the span that sends it, where there is one; what is in the body
    names the one that recorded it, and is the same wherever the event is read (CloudEvents, distributed tracing).
    """

    topic: str
    id: str
    body: bytes
    traceparent: str | None = None


class JetStream:
    """The connection. `generation` rises with every (re)connection: what was learnt in an earlier one is not known."""

    def __init__(
        self, url: str, *, name: str, user: str | None = None, password: str | None = None, replicas: int = 1
    ) -> None:
        self._servers = servers_of(url)
        self._replicas = replicas
        self._name = name
        self._user = user
        self._password = password
        self._client = Client()
        self._connected = asyncio.Event()
        self._closed = asyncio.Event()
        self._pulls: set[Pull] = set()
        self.generation = 0
        # Whether it was ever connected, and why it is not.
        self.was_reached = False
        self.trouble: str | None = None

    async def run(self) -> None:
        """Stay connected until cancelled."""
        while going_on():
            self._closed.clear()
            try:
                await self._connect()
                if going_on():
                    await self._closed.wait()
            except BUS_ERRORS as error:
                self.trouble = _in_words(error)
                log.warning("no connection to the bus", exc_info=True)
            finally:
                await self._lose()
                with suppress(*BUS_ERRORS):
                    await self._client.close()
            await asyncio.sleep(1)

    @property
    def is_connected(self) -> bool:
        """Whether the server answers now, as far as is known."""
        return self._connected.is_set()

    async def connected(self) -> int:
        """Wait for a connection; answers its generation."""
        await self._connected.wait()
        return self.generation

    async def ensure_stream(self) -> str:
        """The stream is there with our settings; answers when it was created, which tells it from a successor."""
        manager = self._context()
        config = StreamConfig(
            name=STREAM,
            subjects=list(SUBJECTS),
            storage=StorageType.FILE,
            # A full store refuses what is new, and the relay keeps it; it never drops what a department has not read.
            discard=DiscardPolicy.NEW,
            deny_delete=True,
            deny_purge=True,
            allow_atomic=True,
            duplicate_window=DUPLICATE_WINDOW_SECONDS,
            num_replicas=self._replicas,
        )
        try:
            info = await manager.stream_info(STREAM)
            # Copies are added here and never taken away: services that are told differently must not take turns.
            if not info.config.allow_atomic or (info.config.num_replicas or 1) < self._replicas:
                await manager.update_stream(config)
        except nats.js.errors.NotFoundError:
            info = await manager.add_stream(config)
        return str(info.created)

    async def last_sequence(self) -> int:
        """The sequence of the stream's last message."""
        return (await self._context().stream_info(STREAM)).state.last_seq

    async def message_id(self, sequence: int) -> str | None:
        """Under which id the stream holds a message; None if it does not."""
        try:
            message = await self._context().get_msg(STREAM, sequence)
        except nats.js.errors.NotFoundError:
            return None
        return None if message.headers is None else message.headers.get("Nats-Msg-Id")

    async def event_id(self, sequence: int) -> str | None:
        """Which event the stream holds there; None if none."""
        try:
            message = await self._context().get_msg(STREAM, sequence)
            return str(orjson.loads(message.data or b"")["id"])
        except (nats.js.errors.NotFoundError, orjson.JSONDecodeError, KeyError, TypeError):
            return None

    async def publish(self, messages: Sequence[Message], *, generation: int) -> int:
        """All are stored, next to each other and in this order, or none is. Answers the sequence of the last.

        Raises where that is not certain, also if the connection is another than the one of `generation`.
        """
        batch = random_id().hex
        client = self._client
        if generation != self.generation:
            raise NotStored
        for number, message in enumerate(messages[:-1], start=1):
            await client.publish(message.topic, message.body, headers=_headers(message, batch, number))
        last = messages[-1]
        headers = _headers(last, batch, len(messages)) | {"Nats-Batch-Commit": "1"}
        ack = await self._context(client).publish(last.topic, last.body, headers=headers, stream=STREAM)
        # Some servers have answered "duplicate", with sequence 0, for what they had not stored.
        if not ack.seq or ack.duplicate or generation != self.generation:
            raise NotStored
        return ack.seq

    async def pull(self, consumer: str, *, topics: Sequence[str]) -> Pull:
        """A session with a durable consumer, made if it is missing. It begins with the first event that nobody has
        acknowledged, and goes on in the order of the stream.
        """
        manager = self._context()
        config = ConsumerConfig(
            durable_name=consumer,
            filter_subjects=sorted(topics),
            deliver_policy=DeliverPolicy.ALL,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=ACK_WAIT_SECONDS,
            max_ack_pending=MAX_UNACKNOWLEDGED,
            max_deliver=-1,  # attempts are counted in our tables; the server would silently drop the event
        )
        info = await self._consumer(config)
        if info.num_ack_pending:
            # A session before this one ended with events in its hands. Only a new consumer delivers them first.
            floor = info.ack_floor.stream_seq if info.ack_floor else 0
            await manager.delete_consumer(STREAM, consumer)
            config.deliver_policy, config.opt_start_seq = DeliverPolicy.BY_START_SEQUENCE, floor + 1
            info = await manager.add_consumer(STREAM, config)
        pull = Pull(self._client, stream=STREAM, consumer=consumer)
        delivered = info.delivered.consumer_seq if info.delivered else 0
        await pull.open(after=delivered, on_close=self._pulls.discard)
        self._pulls.add(pull)
        return pull

    async def _consumer(self, config: ConsumerConfig) -> ConsumerInfo:
        manager = self._context()
        try:
            info: ConsumerInfo = await manager.consumer_info(STREAM, str(config.durable_name))
        except nats.js.errors.NotFoundError:
            await self.ensure_stream()
            return await manager.add_consumer(STREAM, config)
        current: ConsumerConfig = info.config
        if sorted(_filters(current)) != config.filter_subjects:
            changed = current.evolve(filter_subject=None, filter_subjects=config.filter_subjects)
            return await manager.add_consumer(STREAM, changed)
        return info

    async def waiting_for(self, consumer: str) -> int:
        """How many events this consumer has not acknowledged; all of the stream where it was not made yet."""
        try:
            info = await self._context().consumer_info(STREAM, consumer)
        except nats.js.errors.NotFoundError:
            return await self.last_sequence()
        return (info.num_pending or 0) + (info.num_ack_pending or 0)

    def manager(self) -> JetStreamContext:
        """To ask the server about consumers, and to make them. Raises one of `BUS_ERRORS` where it does not answer."""
        return self._context()

    def _context(self, client: Client | None = None) -> JetStreamContext:
        return (client or self._client).jetstream(timeout=REQUEST_SECONDS)

    async def _connect(self) -> None:
        self._client = Client()
        await self._client.connect(
            self._servers,
            name=self._name,
            user=self._user,
            password=self._password,
            max_reconnect_attempts=-1,  # the default gives up for good after 60
            reconnect_time_wait=1,
            connect_timeout=5,
            ping_interval=10,
            max_outstanding_pings=2,
            pending_size=-1,  # publishing while disconnected raises; it would seem to succeed otherwise
            disconnected_cb=self._lose,
            reconnected_cb=self._gain,
            closed_cb=self._close,
            error_cb=self._note,
        )
        check_version(self._client)
        await self._gain()

    async def _gain(self) -> None:
        self.generation += 1
        self.was_reached, self.trouble = True, None
        self._connected.set()
        log.info("connected to the bus", generation=self.generation)

    async def _lose(self) -> None:
        self.generation += 1
        self._connected.clear()
        for pull in list(self._pulls):
            pull.lose()

    async def _close(self) -> None:
        self._closed.set()

    async def _note(self, error: Exception) -> None:
        self.trouble = _in_words(error)
        log.warning("bus", error=repr(error))


def servers_of(url: str) -> list[str]:
    """The servers of the bus that a setting names, comma-separated."""
    return [server.strip() for server in url.split(",") if server.strip()]


def check_version(client: Client) -> None:
    """Raises `TooOld` where the server that the client is connected to cannot do what is needed."""
    version = client.connected_server_version
    if (version.major, version.minor) < OLDEST_SERVER:
        raise TooOld(f"{version.major}.{version.minor}.{version.patch}")


def _in_words(error: BaseException) -> str:
    if isinstance(error, TooOld):
        return str(error)
    is_refused = "authorization" in str(error).lower()
    return "NATS refuses our user or password" if is_refused else "NATS does not answer"


def _headers(message: Message, batch: str, number: int) -> dict[str, str]:
    traced = {"traceparent": message.traceparent} if message.traceparent else {}
    return {
        **traced,
        "Nats-Msg-Id": message.id,
        "Nats-Batch-Id": batch,
        "Nats-Batch-Sequence": str(number),
        "content-type": CONTENT_TYPE,
    }


def _filters(config: ConsumerConfig) -> list[str]:
    return config.filter_subjects or ([config.filter_subject] if config.filter_subject else [])
