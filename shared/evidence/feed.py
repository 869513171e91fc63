"""Who may read which events: one policy for the feeds of all services, and for subscriptions."""

from collections.abc import Awaitable, Callable

from shared.auth import Caller
from shared.evidence.rules import SharingTable
from shared.messaging.api import Policy
from shared.messaging.topics import Reach


def feed_policy(sharing: Callable[[], Awaitable[SharingTable]]) -> Policy:
    """The policy by the rules in force: departments follow what these let them, all others nothing."""

    async def reach_of(caller: Caller) -> Reach:
        if caller.kind != "department" or caller.department is None:
            return Reach()
        return (await sharing()).reach(caller.department, caller.region)

    return reach_of
