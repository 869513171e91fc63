"""Counters in this process: constant work per request, bounded memory whoever asks, and nobody queues.

`limits` gives the notation (`600/minute`); its memory storage starts a task over all keys at every hit, which with
many clients is the overload that limits are there to prevent.
"""

from collections import Counter, OrderedDict
from collections.abc import Generator
from contextlib import contextmanager
from types import TracebackType

from gateway.limits.errors import TooManyOpen, TooMuchAtOnce

MAX_KEYS = 100_000


class Windows:
    """Fixed windows per key. The least recently counted key gives way when `max_keys` are known."""

    def __init__(self, *, max_keys: int = MAX_KEYS) -> None:
        self._max_keys = max_keys
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def count(self, key: str, *, seconds: int, at: float) -> tuple[int, float]:
        """Count one, opening a window where none is open; how many are in it, and when it ends."""
        ends, count = self._windows.pop(key, (0.0, 0))
        if ends <= at:
            ends, count = at + seconds, 0
            if len(self._windows) >= self._max_keys:
                self._windows.popitem(last=False)
        self._windows[key] = (ends, count + 1)
        return count + 1, ends


class Bulkhead:
    """At most `capacity` at once, used as a context. Beyond it the answer is a fast 503, not a slow queue."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.used = 0

    def __enter__(self) -> None:
        if self.used >= self.capacity:
            raise TooMuchAtOnce(service="gateway", retry_after=1)
        self.used += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.used -= 1


class Shares:
    """At most `capacity` at once for each asker, so that none of them fills what is there for all."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._used: Counter[str] = Counter()

    @contextmanager
    def taken_by(self, asker: str) -> Generator[None]:
        """One more while the context lasts; `TooManyOpen` (429) beyond the asker's share."""
        if self._used[asker] >= self.capacity:
            raise TooManyOpen(retry_after=1, limit=self.capacity)
        self._used[asker] += 1
        try:
            yield
        finally:
            self._used[asker] -= 1
            if not self._used[asker]:
                del self._used[asker]
