"""Closed-loop load: so many callers, each sending its next request when the last is answered. Loopback only."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from statistics import median

Call = Callable[[], Awaitable[None]]


@dataclass
class Figures:
    """What one side did in all its slices."""

    seconds: float = 0.0
    failures: int = 0
    latencies: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers per second, the median of the slices."""
        return median(self.rates) if self.rates else 0.0

    def percentile_ms(self, share: float) -> float:
        """The latency that this share of the answers kept within, in milliseconds."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


async def slice_of(call: Call, figures: Figures, *, callers: int, seconds: float) -> None:
    """Load one side for some seconds and add what it did."""
    until = time.perf_counter() + seconds
    done = 0

    async def caller() -> None:
        nonlocal done
        while (started := time.perf_counter()) < until:
            try:
                await call()
            except Exception:  # noqa: BLE001 - counted and reported; the load goes on
                figures.failures += 1
            else:
                done += 1
                figures.latencies.append(time.perf_counter() - started)

    begun = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(callers)))
    elapsed = time.perf_counter() - begun
    figures.seconds += elapsed
    figures.rates.append(done / elapsed)


async def side_by_side(
    ours: Call, floor: Call, *, callers: int, seconds: float, slices: int
) -> tuple[Figures, Figures]:
    """Both in turn, slice by slice, so that a machine that slows down slows both. The first slice warms up."""
    figures = Figures(), Figures()
    for call in (ours, floor):
        await slice_of(call, Figures(), callers=callers, seconds=min(seconds, 2.0))
    for _ in range(slices):
        for call, side in zip((ours, floor), figures, strict=True):
            await slice_of(call, side, callers=callers, seconds=seconds)
    return figures
