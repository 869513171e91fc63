"""Waiting for processes that are not our children, by event and not by looking again and again."""

import os
import select
from collections.abc import Iterable


def await_end(pids: Iterable[int], *, seconds: float = 30) -> list[int]:
    """The processes that still run after the time; none is the answer hoped for."""
    return [pid for pid in pids if not _ended(pid, seconds)]


def _ended(pid: int, seconds: float) -> bool:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(seconds * 1000))
    finally:
        os.close(descriptor)
