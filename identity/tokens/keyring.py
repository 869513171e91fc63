"""The keys by which this process signs and verifies: the database's, read again when they may have changed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc.jwk import ECKey, Key

from identity.tokens import queries
from identity.vault import Vault
from shared.clock import Clock
from shared.database import Database
from shared.errors import Unavailable
from shared.jose import SigningKey, import_jwks

# A key that was retired elsewhere may sign here for this long: `rules.PUBLISHED_AFTER_RETIREMENT` allows for it.
REREAD_AFTER = timedelta(seconds=30)
# An unknown `kid` costs a read at most this often.
REREAD_UNKNOWN_AFTER = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Keys:
    """What was read, and when."""

    signing: SigningKey
    public: tuple[dict[str, Any], ...]
    by_kid: dict[str, Key]
    read_at: datetime


class KeyRing:
    """Signs with the current key; finds the public keys of all that are published."""

    def __init__(self, database: Callable[[], Database], vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._keys: Keys | None = None

    async def sign(self, claims: dict[str, Any], *, typ: str) -> str:
        """A compact JWS by the current key."""
        return (await self._read(REREAD_AFTER)).signing.sign(claims, typ=typ)

    async def find(self, kid: str) -> Key | None:
        keys = await self._read(REREAD_AFTER)
        if kid not in keys.by_kid:
            keys = await self._read(REREAD_UNKNOWN_AFTER)
        return keys.by_kid.get(kid)

    async def jwks(self) -> dict[str, Any]:
        """The JWK set (RFC 7517) of all keys whose tokens may still be in use, and of the next one."""
        return {"keys": [*(await self._read(REREAD_AFTER)).public]}

    async def _read(self, older_than: timedelta) -> Keys:
        at = self._clock()
        if self._keys is None or at - self._keys.read_at >= older_than:
            async with self._database().read() as conn:
                rows = await queries.list_published_keys(conn, at=at)
            signing = next((row for row in rows if row.state == "current"), None)
            if signing is None:
                raise Unavailable(missing="signing-keys", retry_after=5)
            public = tuple(row.public_jwk for row in rows)
            secret = self._vault.open(signing.sealed, purpose=f"signing-key:{signing.kid}")
            self._keys = Keys(
                signing=SigningKey(ECKey.import_key(secret)),
                public=public,
                by_kid=import_jwks({"keys": public}),
                read_at=at,
            )
        return self._keys
