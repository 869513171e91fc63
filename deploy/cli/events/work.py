"""Subscribers, replays and reconciliations, as the commands of `onevisit events` run them; on `onevisit_client`."""

import asyncio
import signal
import sys
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.cli.events.command import Handler, handler_of, shown
from deploy.cli.events.parking import stuck
from deploy.cli.events.subscribers import Kept, Subscribers
from deploy.embedded.errors import LaunchError
from deploy.world import World
from onevisit_client import (
    Event,
    Inbox,
    Platform,
    PlatformRefused,
    PlatformUnavailable,
    Report,
    Retrying,
    SqliteInbox,
    Subscriber,
    reconcile,
)

LOOK_SECONDS = 0.2
WAIT_SECONDS = 20
PAUSE_SECONDS = 1.0


@dataclass(frozen=True)
class Ends:
    """When a subscriber ends by itself: with what there was at its start, or after so many quiet seconds."""

    once: bool = False
    idle_seconds: float | None = None


@asynccontextmanager
async def platform_of(directory: Path, department: str) -> AsyncGenerator[Platform]:
    """The running platform, as this department; its refusals are one clear line."""
    async with World.open(directory) as world:
        if department not in world.departments:
            raise LaunchError(f"{department} is no department; there are: {', '.join(world.departments)}")

        async def token() -> str:
            try:
                return await world.token(department)
            except LaunchError as error:
                raise PlatformUnavailable(str(error)) from None

        try:
            async with Platform(world.gateway, token, trust_env=world.is_elsewhere) as platform:
                yield platform
        except PlatformRefused as refusal:
            raise LaunchError(_told(refusal)) from None
        except PlatformUnavailable as failure:
            raise LaunchError(str(failure)) from None


async def subscribe(directory: Path, subscribers: Subscribers, kept: Kept, *, ends: Ends, as_json: bool) -> int:
    """Every event is handled until a signal or `ends`; answers how many wait for a person then."""
    async with platform_of(directory, kept.department) as platform:
        subscription = await platform.subscribe(kept.name, kept.topics)
        subscribers.remember(kept)
        # Effects of a command are elsewhere: what was done is on the disk before the event is acknowledged.
        async with SqliteInbox(subscribers.inbox(kept.name), wait_for_disk=True) as inbox:
            busy = _Busy(handler_of(kept.command, as_json=as_json, to=sys.stdout))
            retrying = Retrying(attempts=kept.retries + 1)
            subscriber = Subscriber(platform, kept.name, kept.topics, inbox, retrying=retrying)
            lag = "an unknown number of" if subscription.lag is None else subscription.lag
            sys.stderr.write(f"onevisit: {kept.name} is subscribed; {lag} events wait; Ctrl-C ends\n")
            heads = (await platform.heads(kept.topics)).topics if ends.once else []
            wanted = {(head.source, head.topic): head.sequence for head in heads}
            watch = asyncio.create_task(_watch(subscriber, inbox, busy, ends, wanted))
            try:
                await subscriber.run(busy)
            finally:
                watch.cancel()
            return sum(waiting.parked for waiting in await inbox.waiting())


async def tail(directory: Path, department: str, topics: Sequence[str], *, as_json: bool) -> None:
    """Every event from now on is printed, until a signal."""
    async with platform_of(directory, department) as platform:
        after = await _end_of_feed(platform, topics)
        sys.stderr.write("onevisit: from now on; Ctrl-C ends\n")
        while True:
            try:
                page = await platform.events(topics, after=after, wait=WAIT_SECONDS)
            except PlatformUnavailable as failure:
                await asyncio.sleep(failure.retry_after or PAUSE_SECONDS)
                continue
            _write(page.items, as_json=as_json)
            after = page.next


async def replay(
    directory: Path, department: str, topics: Sequence[str], *, after: str | None, as_json: bool
) -> tuple[int, str | None]:
    """Every event so far is printed, a page at a time; answers how many, and the cursor behind the last."""
    count = 0
    async with platform_of(directory, department) as platform:
        heads = await platform.heads(topics)
        total = None if after or heads.unavailable else sum(head.sequence for head in heads.topics)
        with _progress() as progress:
            bar = progress.add_task("replayed", total=total)
            while True:
                try:
                    page = await platform.events(topics, after=after)
                except PlatformUnavailable as failure:
                    await asyncio.sleep(failure.retry_after or PAUSE_SECONDS)
                    continue
                _write(page.items, as_json=as_json)
                # A page may be empty before the end: the platform looks only so far at a time.
                ended = page.next == after and not page.unavailable
                after, count = page.next, count + len(page.items)
                progress.update(bar, completed=count)
                if ended or count == total:
                    return count, after


@dataclass(frozen=True)
class Reconciled:
    """What a reconciliation found, and how many events are held and yet without effect."""

    report: Report
    waiting: int

    @property
    def proven(self) -> bool:
        """Every event that the platform counts is here, as it was, and had its effect."""
        return self.report.complete and not self.waiting


async def reconcile_now(directory: Path, subscribers: Subscribers, kept: Kept, *, as_json: bool) -> Reconciled:
    """The inbox is compared with the heads, and what is missing is handled as if it had come in time.

    Where the subscriber runs, it is that one which handles what is put into its inbox here.
    """
    async with (
        platform_of(directory, kept.department) as platform,
        SqliteInbox(subscribers.inbox(kept.name), wait_for_disk=True) as inbox,
    ):
        if subscribers.is_held(kept.name):
            report = await reconcile(platform, kept.topics, inbox)
            await _leave_to_subscriber(inbox)
        else:
            with subscribers.held(kept.name):
                # The report is alone on standard output where a program reads it.
                handler = handler_of(kept.command, as_json=as_json, to=sys.stderr if as_json else sys.stdout)
                retrying = Retrying(attempts=kept.retries + 1)
                report = await reconcile(platform, kept.topics, inbox, handler, retrying=retrying)
        return Reconciled(report, len(await inbox.waiting()))


async def _leave_to_subscriber(inbox: Inbox) -> None:
    """It has had the time to handle what is due."""
    for _ in range(int(WAIT_SECONDS / LOOK_SECONDS)):
        if not await inbox.due(at=datetime.now(UTC), limit=1):
            return
        await asyncio.sleep(LOOK_SECONDS)


class _Busy:
    """A handler that knows when it last had something to do."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._in_hand = False
        self._last = time.monotonic()

    async def __call__(self, event: Event) -> None:
        self._in_hand = True
        try:
            await self._handler(event)
        finally:
            self._in_hand, self._last = False, time.monotonic()

    @property
    def idle_seconds(self) -> float:
        """For how long nothing was done."""
        return 0.0 if self._in_hand else time.monotonic() - self._last


async def _watch(
    subscriber: Subscriber, inbox: Inbox, busy: _Busy, ends: Ends, wanted: Mapping[tuple[str, str], int]
) -> None:
    """Stops the subscriber when it is time to; what is in hand is finished first."""
    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    while not asked.is_set():
        if ends.once and await _has_all(inbox, wanted):
            break
        if ends.idle_seconds is not None and busy.idle_seconds >= ends.idle_seconds:
            break
        await asyncio.sleep(LOOK_SECONDS)
    await subscriber.stop()


async def _has_all(inbox: Inbox, wanted: Mapping[tuple[str, str], int]) -> bool:
    """Everything up to these heads had its effect, or waits behind an event that is parked."""
    held = await inbox.heads()
    if any(place not in held or held[place].sequence < sequence for place, sequence in wanted.items()):
        return False
    waiting = await inbox.waiting()
    return len(stuck(waiting)) == len(waiting)


async def _end_of_feed(platform: Platform, topics: Sequence[str]) -> str:
    """Where what has not happened yet will come."""
    while True:
        try:
            heads = await platform.heads(topics)
        except PlatformUnavailable as failure:
            await asyncio.sleep(failure.retry_after or PAUSE_SECONDS)
            continue
        if heads.next is not None:
            return heads.next
        sys.stderr.write(f"onevisit: waiting for {', '.join(heads.unavailable)}\n")
        await asyncio.sleep(PAUSE_SECONDS)


def _write(events: Sequence[Event], *, as_json: bool) -> None:
    sys.stdout.writelines(shown(event, as_json=as_json) + "\n" for event in events)
    sys.stdout.flush()


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), MofNCompleteColumn(), TextColumn("events"), TimeElapsedColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, disable=not console.is_terminal)


def _told(refusal: PlatformRefused) -> str:
    """The refusal with all that it says beyond its title."""
    known = {"type", "title", "status", "code", "correlation_id"}
    more = "; ".join(f"{name}: {_listed(value)}" for name, value in refusal.body.items() if name not in known)
    return f"{refusal.title} ({refusal.code}){'; ' if more else ''}{more}"


def _listed(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
