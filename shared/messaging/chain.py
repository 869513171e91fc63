"""The running hash of a topic: its head proves everything before it, and anybody can recompute it. Pure."""

from hashlib import sha256
from uuid import UUID

GENESIS = bytes(32)


def link(previous: bytes, event_id: UUID, data: str) -> bytes:
    """sha256 over the hash before, the id as text, and the data as canonical JSON (RFC 8785)."""
    return sha256(previous + str(event_id).encode() + data.encode()).digest()
