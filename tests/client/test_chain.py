"""The running hash, computed by a department, is the platform's."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onevisit_client import GENESIS, canonical, link
from shared.canonical import canonical_json
from shared.messaging import chain

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
INTEGERS = st.integers(min_value=-(2**53) + 1, max_value=2**53 - 1)
# With keys on either side of the surrogates, where UTF-16 and code points are ordered differently.
KEYS = st.one_of(TEXT, st.sampled_from(["\ue000", "\U00010000", "\uffff", "é", "a", ""]))
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), INTEGERS, TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)


@given(VALUES)
def test_canonical_json_is_the_platforms(value: Any) -> None:
    assert canonical(value) == canonical_json(value)


@given(st.lists(st.tuples(st.uuids(), st.dictionaries(KEYS, VALUES, max_size=4)), max_size=4))
def test_the_running_hash_is_the_platforms(events: list[tuple[UUID, dict[str, Any]]]) -> None:
    here = there = GENESIS
    for event_id, data in events:
        here = link(here, str(event_id), data)
        there = chain.link(there, event_id, canonical_json(data).decode())
    assert (here, GENESIS) == (there, chain.GENESIS)


@pytest.mark.parametrize("value", [0.5, {"a": [1.0]}, 2**53, -(2**60), float("nan")])
def test_what_has_no_one_representation_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="no floats"):
        link(GENESIS, str(uuid4()), value)
