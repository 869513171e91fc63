"""Where a reader of the feed stands: a signed position per service, good for the filters that it was given for."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import orjson

from shared.pagination import CursorNotValid

SIGNATURE_BYTES = 16
MAX_LENGTH = 1024


@dataclass(frozen=True, slots=True)
class CursorKey:
    """Signs and reads cursors. The same secret in every service: the gateway merges what they answer."""

    secret: bytes

    @classmethod
    def load(cls, path: Path) -> "CursorKey":
        """From a file of at least 32 random bytes."""
        secret = path.read_bytes()
        if len(secret) < 32:
            raise ValueError(f"{path} must hold at least 32 random bytes")
        return cls(secret)

    def sign(self, positions: Mapping[str, int], *, filters: Collection[str]) -> str:
        """A cursor that says how far each service's log was read for these filters."""
        payload = orjson.dumps([_digest(filters), dict(positions)], option=orjson.OPT_SORT_KEYS)
        return urlsafe_b64encode(self._signature(payload) + payload).decode().rstrip("=")

    def read(self, cursor: str | None, *, filters: Collection[str]) -> dict[str, int]:
        """The positions; none where there is no cursor. `CursorNotValid` if we did not give it for these filters."""
        if cursor is None:
            return {}
        try:
            signed = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except ValueError:
            raise CursorNotValid from None
        signature, payload = signed[:SIGNATURE_BYTES], signed[SIGNATURE_BYTES:]
        if len(cursor) > MAX_LENGTH or not hmac.compare_digest(signature, self._signature(payload)):
            raise CursorNotValid
        given_for, positions = orjson.loads(payload)
        if given_for != _digest(filters):
            raise CursorNotValid("The cursor was given for another filter.")
        return {str(service): int(position) for service, position in positions.items()}

    def _signature(self, payload: bytes) -> bytes:
        return hmac.digest(self.secret, payload, "sha256")[:SIGNATURE_BYTES]


def _digest(filters: Collection[str]) -> str:
    return sha256("\n".join(sorted(set(filters))).encode()).hexdigest()[:16]
