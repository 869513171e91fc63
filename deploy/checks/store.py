"""Whether the store of NATS keeps what it acknowledges, and has room: only the system's user may ask."""

from collections.abc import Iterator
from typing import Any

import orjson

from deploy.checks.connecting import SECONDS, connected
from deploy.checks.finding import Finding, found
from shared.messaging.jetstream import BUS_ERRORS
from shared.settings import ServiceSettings

_MOST_FULL = 0.8


async def check_store(settings: ServiceSettings) -> list[Finding]:
    """What the server says of its store, where the service has a user who may ask: identity has."""
    user, password = getattr(settings, "nats_system_user", None), getattr(settings, "nats_system_password", None)
    if settings.nats_url is None or user is None or password is None:
        return []
    try:
        client = await connected(settings.nats_url, user, password.get_secret_value())
    except BUS_ERRORS:
        mend = "ONEVISIT_NATS_SYSTEM_USER and its password must be those of its configuration"
        return [Finding("sync_interval", "not known: the system's user is refused", mend)]
    try:
        answer = await client.request("$SYS.REQ.SERVER.PING.JSZ", b'{"config": true}', timeout=SECONDS)
    except BUS_ERRORS:
        return [Finding("sync_interval", "not known: the server does not say", "look into its configuration")]
    finally:
        await client.close()
    return list(judge_store(orjson.loads(answer.data).get("data", {})))


def judge_store(said: dict[str, Any]) -> Iterator[Finding]:
    """`said`: what JSZ answers, with the configuration."""
    config = said.get("config", {})
    yield found(
        "sync_interval",
        "always" if config.get("sync_always") else "now and then",
        wrong=not config.get("sync_always"),
        mend="set jetstream { sync_interval: always }: what it acknowledges would be lost with the power",
        stops=True,
    )
    most, used = config.get("max_storage", 0), said.get("storage", 0)
    if most > 0:
        yield found(
            "store of NATS",
            f"{used / most:.0%} full",
            wrong=used > most * _MOST_FULL,
            mend="raise jetstream { max_file_store }, or give it a larger disk: what it refuses waits in PostgreSQL",
        )
