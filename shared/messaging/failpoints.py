"""Named places where a test may stop the world. In production they do nothing: none can be armed at run time.

`ONEVISIT_FAILPOINT=<name>:crash` (or `<name>:stop`, which waits to be continued) arms one at the start of a process.
"""

import os
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager

NAMES = frozenset(
    {
        "relay.leading",
        "numbering.fenced",
        "numbering.taken",
        "numbering.written",
        "numbering.committed",
        "publishing.compared",
        "publishing.lowered",
        "publishing.read",
        "publishing.sent",
        "publishing.advanced",
        "subscriber.received",
        "subscriber.prepared",
        "subscriber.handled",
        "subscriber.committed",
        "subscriber.acknowledged",
    }
)
_armed: dict[str, Callable[[], None]] = {}


def _crash() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _stop() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


_name, _, _act = os.environ.get("ONEVISIT_FAILPOINT", "").partition(":")
if _name in NAMES:
    _armed[_name] = {"crash": _crash, "stop": _stop}[_act]


def failpoint(name: str) -> None:
    """Between two steps: whatever happens here, no event may be lost, invented, or out of order."""
    if _armed and (act := _armed.get(name)):
        act()


@contextmanager
def armed(name: str, act: Callable[[], None]) -> Generator[None]:
    """For tests in this process."""
    assert name in NAMES, name
    _armed[name] = act
    try:
        yield
    finally:
        del _armed[name]
