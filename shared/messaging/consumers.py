"""Consumers of others on the stream: those from which a department pulls. Made here, kept true elsewhere."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import nats.js.errors
from nats.js.api import AckPolicy, ConsumerConfig, ConsumerInfo, DeliverPolicy

from shared.messaging.jetstream import ACK_WAIT_SECONDS, MAX_UNACKNOWLEDGED, STREAM, JetStream

# Codes have no underscore: whose a consumer is can be told from its name, and a service's is no department's.
_NAME = re.compile(r"[a-z][a-z0-9-]*_[a-z][a-z0-9-]*")


def consumer_of(department: str, name: str) -> str:
    """The consumer of a department's subscription; no other department can have one of this name."""
    return f"{department}_{name}"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a consumer stands. `delivered` and `acknowledged` are places in the stream: up to there, all were.

    `waiting` counts the events on its topics that are not acknowledged: to be delivered, or in somebody's hands.
    """

    topics: tuple[str, ...]
    delivered: int
    acknowledged: int
    waiting: int


class Consumers:
    """Departments' consumers, by the connection of our own service. Every call may raise one of `BUS_ERRORS`."""

    def __init__(self, bus: JetStream) -> None:
        self._bus = bus

    async def all(self) -> dict[str, Standing]:
        """Every consumer of a department that there is, by name; a page of 256 at a time."""
        found: dict[str, Standing] = {}
        seen = 0
        try:
            while page := await self._bus.manager().consumers_info(STREAM, offset=seen):
                seen += len(page)
                found |= {info.name: _standing(info) for info in page if _NAME.fullmatch(info.name)}
        except nats.js.errors.NotFoundError:
            return {}  # the stream is gone, and they with it
        return found

    async def find(self, name: str) -> Standing | None:
        """How this one stands; None where there is none."""
        try:
            return _standing(await self._bus.manager().consumer_info(STREAM, name))
        except nats.js.errors.NotFoundError:
            return None

    async def end_of_stream(self) -> int:
        """The place of the last event, of whatever topic; 0 before the first."""
        try:
            return await self._bus.last_sequence()
        except nats.js.errors.NotFoundError:
            return 0

    async def make(self, name: str, *, topics: Sequence[str], after: int = 0) -> None:
        """There is a consumer that delivers what comes after this place, in order. The same again changes nothing."""
        start = DeliverPolicy.BY_START_SEQUENCE if after else DeliverPolicy.ALL
        config = ConsumerConfig(
            name=name,
            durable_name=name,
            # A list, even of one: a single filter would be part of the request's subject.
            filter_subjects=sorted(topics),
            deliver_policy=start,
            opt_start_seq=after + 1 if after else None,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=ACK_WAIT_SECONDS,
            max_ack_pending=MAX_UNACKNOWLEDGED,
            max_deliver=-1,  # with any other, the server drops silently what was delivered so often
        )
        try:
            await self._bus.manager().add_consumer(STREAM, config)
        except nats.js.errors.NotFoundError:
            await self._bus.ensure_stream()
            await self._bus.manager().add_consumer(STREAM, config)

    async def remove(self, name: str) -> None:
        """There is none of this name; what it had delivered and nobody acknowledged is its business no more."""
        try:
            await self._bus.manager().delete_consumer(STREAM, name)
        except nats.js.errors.NotFoundError:
            return


def _standing(info: ConsumerInfo) -> Standing:
    config = info.config
    topics = config.filter_subjects or ([config.filter_subject] if config.filter_subject else [])
    return Standing(
        topics=tuple(sorted(topics)),
        delivered=info.delivered.stream_seq if info.delivered else 0,
        acknowledged=info.ack_floor.stream_seq if info.ack_floor else 0,
        waiting=(info.num_pending or 0) + (info.num_ack_pending or 0),
    )
