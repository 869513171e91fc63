"""One value, one byte string (RFC 8785)."""

import pytest

from shared.canonical import canonical_json, digest


def test_order_and_space_do_not_matter() -> None:
    assert canonical_json({"b": 1, "a": ["é", None]}) == b'{"a":["\xc3\xa9",null],"b":1}'
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})


def test_another_value_has_another_digest() -> None:
    assert digest({"a": 1}) != digest({"a": "1"})


def test_what_json_cannot_say_is_refused() -> None:
    with pytest.raises(ValueError, match=r"NaN|nan|out of range"):
        canonical_json(float("nan"))
