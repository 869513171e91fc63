"""JSON with one byte representation (RFC 8785), and digests over it."""

from hashlib import sha256

import rfc8785
from pydantic import JsonValue


def canonical_json(value: JsonValue) -> bytes:
    """The only bytes that stand for this value. Refuses what JSON cannot say (NaN, integers beyond 2**53)."""
    return rfc8785.dumps(value)


def digest(value: JsonValue) -> str:
    """`sha256:<hex>` over the canonical bytes."""
    return "sha256:" + sha256(canonical_json(value)).hexdigest()
