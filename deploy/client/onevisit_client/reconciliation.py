"""Nothing is missing and nothing differs: proven against the heads, or said."""

from collections.abc import Callable, Mapping, Sequence

from onevisit_client.healing import ReadFeed, cursor_name
from onevisit_client.inbox import Head, Inbox
from onevisit_client.intake import Effect, Handler, Intake, Retrying
from onevisit_client.platform import Platform
from onevisit_client.roads import read_feed
from onevisit_client.shapes import Alarm, Gap, Heads, Page, Report, TopicHead

NOTHING = Head()

IsDue = Callable[[TopicHead], bool]
Held = Mapping[tuple[str, str], Head]


async def reconcile(
    platform: Platform,
    topics: Sequence[str],
    inbox: Inbox,
    handler: Handler | None = None,
    *,
    retrying: Retrying | None = None,
) -> Report:
    """Compare what the inbox holds of these topics with the platform's heads; name every gap, and heal it.

    What is missing is read from the feed and handled as if it had come in time: by `handler`, with retries and
    parking. Without a handler it is put into the inbox, for the subscriber to hand out when it runs. Not to be given
    a handler while a subscriber works on the same inbox.
    """
    effect = None if handler is None else Effect(inbox, handler=handler)
    intake = Intake(inbox, topics, feed_of(platform), effect, say_nothing, retrying or Retrying())
    report = await Reconciliation(platform, intake).run()
    while effect is not None and await intake.retry_due():
        pass  # what stood behind an event that is done now
    return report


def feed_of(platform: Platform) -> ReadFeed:
    """How missing events are read."""

    async def read(topics: Sequence[str], after: str | None) -> Page:
        return await read_feed(platform, topics, after)

    return read


async def say_nothing(alarm: Alarm) -> None:
    """The report names every alarm, and so does the log."""


def always(_: TopicHead) -> bool:
    """Nothing is on its way any more: whatever is missing is a gap."""
    return True


class Reconciliation:
    """One comparison of the inbox with the platform."""

    def __init__(self, platform: Platform, intake: Intake) -> None:
        self._platform = platform
        self._topics = intake.topics
        self._intake = intake
        self._inbox = intake.inbox

    async def run(self, *, is_due: IsDue = always) -> Report:
        """Every gap is named and, where it can be, healed. `is_due`: whether what is missing will not come anyway."""
        # Before the platform is asked: what is held now was published by then, so the platform must count it.
        held = await self._inbox.heads()
        heads = await self._platform.heads(self._topics)
        report = Report(
            unavailable=list(heads.unavailable),
            topics=len(heads.topics),
            events=sum(head.sequence for head in heads.topics),
        )
        here = await self._inbox.heads()
        if _gaps(heads, here, is_due):
            # Also what may be on its way: of one entity, it may come before what is not.
            report.gaps.extend(_gaps(heads, here))
        report.healed.extend(await self._intake.heal(report.gaps))
        report.unhealed.extend(_left(report.gaps, report.healed))
        report.alarms.extend([*await self._behind(heads, held), *await self._differing(heads)])
        if heads.next is not None and not report.alarms and not _gaps(heads, await self._inbox.heads()):
            # Everything before is held: from here the feed is read where the bus fails, or something is missing.
            await self._inbox.save_cursor(cursor_name(self._topics), heads.next)
        return report

    async def _behind(self, heads: Heads, held: Held) -> list[Alarm]:
        """The platform counts fewer events than it gave us: it was put back to an earlier state."""
        counted = {(head.source, head.topic): head.sequence for head in heads.topics}
        return [
            await self._intake.alarm("platform-behind", source, topic, here.sequence, f"it counts {counted_there}")
            for (source, topic), here in held.items()
            if source in heads.as_of and any(matches(each, topic) for each in self._topics)
            if (counted_there := counted.get((source, topic), 0)) < here.sequence
        ]

    async def _differing(self, heads: Heads) -> list[Alarm]:
        """The running hash here, where the platform's head is, is another: some event is not what it was."""
        alarms = []
        for head in heads.topics:
            recorded = await self._inbox.recorded(head.source, head.topic, head.sequence)
            if recorded is not None and recorded[1] != head.hash:
                detail = f"{recorded[1].hex()} here, {head.hash.hex()} there"
                alarms.append(await self._intake.alarm("hash-differs", head.source, head.topic, head.sequence, detail))
        return alarms


def matches(topic_filter: str, topic: str) -> bool:
    """Whether a topic is one of this filter, as NATS reads it: `*` is one token, a final `>` one or more."""
    wanted, tokens = topic_filter.split("."), topic.split(".")
    if wanted[-1] == ">":
        wanted = wanted[:-1]
        if len(tokens) <= len(wanted):
            return False
        tokens = tokens[: len(wanted)]
    return len(wanted) == len(tokens) and all(part in ("*", token) for part, token in zip(wanted, tokens, strict=True))


def _gaps(heads: Heads, held: Held, is_due: IsDue = always) -> list[Gap]:
    found = []
    for head in heads.topics:
        here = held.get((head.source, head.topic), NOTHING)
        if here.sequence < head.sequence and is_due(head):
            found.append(Gap(head.source, head.topic, here.sequence + 1, head.sequence, head.position))
    return found


def _left(gaps: Sequence[Gap], healed: Sequence[Gap]) -> list[Gap]:
    reached = {(gap.source, gap.topic): gap.last for gap in healed}
    left = []
    for gap in gaps:
        first = reached.get((gap.source, gap.topic), gap.first - 1) + 1
        if first <= gap.last:
            left.append(Gap(gap.source, gap.topic, first, gap.last))
    return left
