"""What is missing is read from the feed, which tells each source's events in the order of their positions: an entity's
events stand on several topics, and keep their order only where all of these are read together.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence

from onevisit_client.events import Event
from onevisit_client.inbox import Inbox
from onevisit_client.shapes import Gap, Page

ReadFeed = Callable[[Sequence[str], str | None], Awaitable[Page]]

# The feed has no way in but a cursor and its beginning. So few topics with so few events are read from the beginning.
FEW_TOPICS = 16
FEW_EVENTS = 5000
# The platform may look through a long stretch of its log and find nothing. What is sought stands at a known position:
# it was passed after so many such answers, each of at least this stretch, however fast the log grows meanwhile.
EMPTY_PAGES = 200
SHORTEST_STRETCH = 1000


class Healing:
    """Reads the feed; whatever is the next event of its topic there is given to `admit`."""

    def __init__(
        self,
        inbox: Inbox,
        topics: Sequence[str],
        read_feed: ReadFeed,
        *,
        admit: Callable[[Event], Awaitable[None]],
        stopping: Callable[[], bool],
    ) -> None:
        self._inbox = inbox
        self._topics = topics
        self._read_feed = read_feed
        self._admit = admit
        self._stopping = stopping
        self.silent: set[str] = set()

    async def before(self, event: Event) -> None:
        """Everything that the feed has before this event of its source, and is not held, took its turn."""

        def is_reached(found: Event) -> bool:
            return found.source == event.source and found.position >= event.position

        cursor = await self._inbox.cursor(cursor_name(self._topics))
        await self._read(self._topics, cursor, is_reached, until=event.position)
        held = (await self._inbox.head(event.source, event.topic)).sequence
        if cursor is not None and held < event.sequence - 1:
            await self._read([event.topic], None, is_reached, until=event.position)

    async def close(self, gaps: Collection[Gap]) -> None:
        """Of these gaps nothing is missing any more that the feed has."""
        topics = sorted({gap.topic for gap in gaps})
        cursor = await self._inbox.cursor(cursor_name(self._topics))
        passes: list[tuple[Sequence[str], str | None]] = [(self._topics, cursor), (self._topics, None)]
        if len(topics) <= FEW_TOPICS:
            is_near = cursor is None or sum(gap.last for gap in gaps) <= FEW_EVENTS
            passes = [(topics, None)] if is_near else [(self._topics, cursor), (topics, None)]
        for chosen, after in dict.fromkeys((tuple(each), start) for each, start in passes):
            missing = {(gap.source, gap.topic): gap.last for gap in gaps if await self._is_open(gap)}
            await self._read(chosen, after, _all_passed(missing), until=max(gap.position for gap in gaps))

    async def _is_open(self, gap: Gap) -> bool:
        return (await self._inbox.head(gap.source, gap.topic)).sequence < gap.last

    async def _read(
        self, topics: Sequence[str], after: str | None, is_reached: Callable[[Event], bool] | None, *, until: int
    ) -> None:
        empty, most = 0, EMPTY_PAGES + until // SHORTEST_STRETCH
        while is_reached is not None and empty < most and not self._stopping():
            page = await self._read_feed(topics, after)
            self.silent.update(page.unavailable)
            for event in page.items:
                await self._take(event)
                if is_reached(event) or self._stopping():
                    return
            if page.next == after:
                return
            empty = 0 if page.items else empty + 1
            after = page.next
            # Reading may go on from here the next time, if everything before is held.
            if list(topics) == list(self._topics) and not page.unavailable and await self._is_held(page):
                await self._inbox.save_cursor(cursor_name(topics), after)

    async def _take(self, event: Event) -> None:
        if event.sequence == (await self._inbox.head(event.source, event.topic)).sequence + 1:
            await self._admit(event)

    async def _is_held(self, page: Page) -> bool:
        last = {(event.source, event.topic): event.sequence for event in page.items}
        return all([sequence <= (await self._inbox.head(*place)).sequence for place, sequence in last.items()])


def _all_passed(missing: dict[tuple[str, str], int]) -> Callable[[Event], bool] | None:
    if not missing:
        return None

    def is_reached(event: Event) -> bool:
        place = (event.source, event.topic)
        if place in missing and event.sequence >= missing[place]:
            del missing[place]
        return not missing

    return is_reached


def cursor_name(topics: Collection[str]) -> str:
    """Under which the inbox keeps where reading the feed of these topics goes on: everything before it is held."""
    return "feed " + " ".join(sorted(set(topics)))
