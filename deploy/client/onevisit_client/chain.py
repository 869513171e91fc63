"""The running hash of a topic: whoever computes the hash of its head has every event, and each as it was. Pure."""

import json
from hashlib import sha256
from typing import Any

GENESIS = bytes(32)
LARGEST_INTEGER = 2**53 - 1


def link(previous: bytes, event_id: str, data: object) -> bytes:
    """sha256 over the hash before, the id as text, and the data as canonical JSON; `ValueError` if it has none."""
    return sha256(previous + event_id.encode() + canonical(data)).digest()


def canonical(value: object) -> bytes:
    """JSON with one byte representation (RFC 8785), of what events carry: no floats, no integers beyond 2**53."""
    _check(value)
    text = _dump(value, sort_keys=True)
    if not text.isascii():
        # Keys are ordered by UTF-16, which differs from Python's order beyond the first plane.
        text = _dump(_sorted(value), sort_keys=False)
    return text.encode()


def _dump(value: object, *, sort_keys: bool) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=sort_keys)


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value, key=lambda key: key.encode("utf-16-be"))}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _check(value: object) -> None:
    if isinstance(value, dict):
        for item in value.values():
            _check(item)
    elif isinstance(value, list):
        for item in value:
            _check(item)
    elif isinstance(value, float) or (isinstance(value, int) and abs(value) > LARGEST_INTEGER):
        raise ValueError("events carry no floats and no integers beyond 2**53")
