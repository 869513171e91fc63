"""Who may read a source's events: what the sharing rules let a department read, it may also hear of."""

from shared.auth import Caller
from shared.evidence.sharing import SharingPolicy
from shared.messaging.api import Policy


def feed_policy(sharing: SharingPolicy, *, entity: str) -> Policy:
    """The policy of the feed of a source whose events are about `entity`. Our own services may hear everything."""

    async def may_read(caller: Caller, topics: str) -> bool:
        if caller.kind == "service":
            return True
        return caller.department is not None and sharing.table.may_follow(caller.department, topics, entity=entity)

    return may_read
