"""The bus's door for departments, as one part of identity's process: who is let in, and who is put out."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial

from pydantic import SecretStr

from identity.bus.callout import Callout, ConsumersOf
from identity.bus.connections import Connections
from identity.bus.login import Login
from identity.bus.nkeys import AccountKey
from identity.settings import IdentitySettings
from shared.auth import TokenVerifier
from shared.background import Part, running
from shared.clock import Clock
from shared.database import Database


class BusDoor:
    """Needs the issuer's seed to let in, and the system user to put out; without them it does neither."""

    def __init__(
        self,
        settings: IdentitySettings,
        database: Database,
        verifier: TokenVerifier,
        consumers_of: ConsumersOf,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._connections = Connections(database, seconds=settings.nats_check_seconds)
        seed = settings.nats_issuer_seed_file
        self._callout = (
            Callout(database, verifier, AccountKey.load(seed), consumers_of, clock) if seed is not None else None
        )

    def look_now(self) -> None:
        """Somebody may have lost the right to be connected; whoever did is put out at once."""
        self._connections.look_now()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """The door is kept while the block lasts."""
        settings, work = self._settings, dict[str, Part]()
        assert settings.nats_url is not None
        if self._callout is not None:
            login = Login(settings.nats_url, settings.nats_user, _revealed(settings.nats_password))
            work["bus-callout"] = partial(self._callout.run, login)
        if settings.nats_system_user is not None:
            login = Login(settings.nats_url, settings.nats_system_user, _revealed(settings.nats_system_password))
            work["bus-connections"] = partial(self._connections.run, login)
        async with running(work):
            yield


def _revealed(password: SecretStr | None) -> str | None:
    return None if password is None else password.get_secret_value()
