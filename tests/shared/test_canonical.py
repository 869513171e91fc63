"""One value, one byte string (RFC 8785)."""

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import JsonValue

from shared.canonical import canonical_json, digest


def test_order_and_space_do_not_matter() -> None:
    assert canonical_json({"b": 1, "a": ["é", None]}) == b'{"a":["\xc3\xa9",null],"b":1}'
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})


def test_another_value_has_another_digest() -> None:
    assert digest({"a": 1}) != digest({"a": "1"})


def test_what_json_cannot_say_is_refused() -> None:
    with pytest.raises(ValueError, match=r"NaN|nan|out of range"):
        canonical_json(float("nan"))


_SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["null", ",1e5", "[1."])
)


@given(st.recursive(_SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20))
@example({"\ue000": 1, "\U00010000": 2})  # their order in UTF-16 is not that in UTF-8
@example([float("nan"), None])
@example({"a": 2**53})
@example([1e16, 5e-324, -0.0, 1.0])
@example('\x00\x1f\x7f\b\t\n\f\r"\\/\u2028é')
def test_the_bytes_are_those_of_rfc_8785(value: JsonValue) -> None:
    try:
        expected = rfc8785.dumps(value)
    except ValueError:
        with pytest.raises(ValueError, match=r"."):
            canonical_json(value)
    else:
        assert canonical_json(value) == expected
