"""Child processes of the bench: started, stopped, and what they take of the machine."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil

_TICKS = os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def child(module: Sequence[str], environment: Mapping[str, str]) -> AsyncGenerator[int]:
    """A module of ours runs with these arguments while the block does; answers its process id."""
    # Standard output is for the figures alone.
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *module, env=dict(environment), stdout=sys.stderr
    )
    try:
        yield process.pid
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


class Memory:
    """What processes hold, in MiB, each time that somebody looked."""

    def __init__(self, processes: Mapping[str, int]) -> None:
        self._processes = processes
        self._seen: list[dict[str, float]] = []

    def look(self) -> None:
        """Note what they hold now."""
        self._seen.append({name: resident_mib(pid) for name, pid in self._processes.items()})

    def growth(self) -> dict[str, tuple[float, float]]:
        """At the first look and at the last."""
        return {name: (self._seen[0][name], self._seen[-1][name]) for name in self._processes}

    def extremes(self) -> dict[str, tuple[float, float, float]]:
        """At the first look, at most, and at the last."""
        return {
            name: (self._seen[0][name], max(seen[name] for seen in self._seen), self._seen[-1][name])
            for name in self._processes
        }


def by_program(ancestor: int, names: Collection[str]) -> dict[str, int]:
    """The processes under this one that are called so."""
    children = psutil.Process(ancestor).children(recursive=True)
    named = {child.name().removeprefix("ov-"): child.pid for child in children}
    return {name: named[name] for name in names if name in named}


def resident_mib(pid: int) -> float:
    """What a process holds in memory; nothing where there is no /proc, or no such process any more."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS")), 0.0)


def cpu_by_program(ancestor: int) -> dict[str, float]:
    """Processor time of all processes under this one, ended ones included, by the name of their program."""
    stats: dict[int, tuple[str, int, float]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            head, _, tail = path.read_text(encoding="utf-8").rpartition(")")
            fields = tail.split()
            seconds = sum(map(int, fields[11:15])) / _TICKS
            stats[int(path.parent.name)] = head.partition("(")[2], int(fields[1]), seconds
    found: dict[str, float] = {}
    for pid, (name, parent, seconds) in stats.items():
        above = parent
        while above != ancestor and above in stats:
            above = stats[above][1]
        if above == ancestor and pid != ancestor:
            found[name] = found.get(name, 0.0) + seconds
    return found


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has taken so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
