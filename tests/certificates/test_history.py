"""The checker of histories: it knows the good from the bad, and says what is wrong."""

from itertools import permutations
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.certificates.history import NOTHING, Operation, certificates_step, judge

Told = tuple[str, str, str, float, float]


def history(*told: Told) -> list[Operation]:
    return [Operation(*each) for each in told]


def holds(*told: Told) -> bool:
    return judge(history(*told), certificates_step, NOTHING).holds


ISSUED: Told = ("issue", "", "c1", 0, 1)
GOOD: dict[str, list[Told]] = {
    "nothing happened": [],
    "one after the other": [ISSUED, ("verify", "c1", "valid", 2, 3), ("revoke", "c1", "revoked", 4, 5)],
    "a question while it is revoked may be answered either way": [
        ISSUED,
        ("revoke", "c1", "revoked", 2, 9),
        ("verify", "c1", "revoked", 3, 4),
        ("verify", "c1", "revoked", 5, 6),
    ],
    "a question before its end may still be answered the old way": [
        ISSUED,
        ("revoke", "c1", "revoked", 2, 9),
        ("verify", "c1", "valid", 3, 4),
        ("verify", "c1", "revoked", 5, 6),
    ],
    "who comes second is refused": [
        ISSUED,
        ("revoke", "c1", "revoked", 2, 5),
        ("withhold", "c1", "refused: revoked", 3, 4),
    ],
    "two new cards make a chain": [
        ISSUED,
        ("issue", "", "c2", 2, 5),
        ("issue", "", "c3", 3, 4),
        ("list", "", "c1=expired c2=valid c3=expired", 6, 7),
    ],
    "what nobody heard of took effect long after": [
        ISSUED,
        ("revoke", "c1", "revoked", 2, inf),
        ("verify", "c1", "valid", 8, 9),
        ("verify", "c1", "revoked", 10, 11),
    ],
    "a withheld card is replaced by a withheld one": [
        ISSUED,
        ("withhold", "c1", "withheld", 2, 3),
        ("issue", "", "c2", 4, 5),
        ("list", "", "c1=expired c2=withheld", 6, 7),
    ],
}
BAD: dict[str, list[Told]] = {
    "valid after a revocation was answered": [
        ISSUED,
        ("revoke", "c1", "revoked", 2, 3),
        ("verify", "c1", "valid", 4, 5),
    ],
    "valid again after somebody saw it revoked": [
        ISSUED,
        ("revoke", "c1", "revoked", 2, 9),
        ("verify", "c1", "revoked", 3, 4),
        ("verify", "c1", "valid", 5, 6),
    ],
    "two in force": [ISSUED, ("issue", "", "c2", 2, 3), ("list", "", "c1=valid c2=valid", 4, 5)],
    "none in force while one hands over to the other": [
        ISSUED,
        ("renew", "c1", "c2", 2, 9),
        ("list", "", "c1=expired", 3, 4),
    ],
    "renewed twice": [ISSUED, ("renew", "c1", "c2", 2, 5), ("renew", "c1", "c3", 3, 4)],
    "renewed and revoked": [ISSUED, ("renew", "c1", "c2", 2, 5), ("revoke", "c1", "revoked", 3, 4)],
    "refused for a state that it never had": [ISSUED, ("withhold", "c1", "refused: withheld", 2, 3)],
    "known before it was issued": [("verify", "c1", "valid", 0, 1), ("issue", "", "c1", 2, 3)],
    "a withholding that was lost": [
        ISSUED,
        ("withhold", "c1", "withheld", 2, 3),
        ("verify", "c1", "valid", 4, 5),
        ("reinstate", "c1", "valid", 6, 7),
    ],
    "a withholding lifted by a new card": [
        ISSUED,
        ("withhold", "c1", "withheld", 2, 3),
        ("issue", "", "c2", 4, 5),
        ("list", "", "c1=expired c2=valid", 6, 7),
    ],
}


@pytest.mark.parametrize("told", GOOD.values(), ids=GOOD)
def test_a_history_that_one_clerk_could_have_made_is_accepted(told: list[Told]) -> None:
    assert holds(*told)


@pytest.mark.parametrize("told", BAD.values(), ids=BAD)
def test_a_history_that_no_clerk_could_have_made_is_refused(told: list[Told]) -> None:
    assert not holds(*told)


def test_a_refusal_shows_what_nothing_explains() -> None:
    verdict = judge(history(*BAD["valid after a revocation was answered"]), certificates_step, NOTHING)
    assert [operation.name for operation in verdict.order] == ["issue", "revoke"]
    assert "[4, 5] verify c1 -> valid" in str(verdict)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_it_agrees_with_trying_every_order(data: st.DataObject) -> None:
    """A register that is written and read: what it says is drawn, so that most histories are wrong."""
    told = []
    for _ in range(data.draw(st.integers(1, 5))):
        called = data.draw(st.integers(0, 8))
        returned = data.draw(st.integers(called + 1, 10) | st.just(inf))
        name, value = data.draw(st.sampled_from(["read", "write"])), data.draw(st.sampled_from("ab"))
        told.append(Operation(name, "", value, called, returned))
    assert judge(told, _register, "a").holds == any(_explains(order) for order in permutations(told))


def _register(value: str, operation: Operation) -> str | None:
    if operation.name == "write":
        return operation.answer
    return value if operation.answer == value else None


def _explains(order: tuple[Operation, ...]) -> bool:
    value: str | None = "a"
    for place, operation in enumerate(order):
        if any(later.returned < operation.called for later in order[place + 1 :]):
            return False
        value = _register(value or "", operation)
        if value is None:
            return False
    return True


def test_a_long_history_of_many_clients_is_judged_in_time() -> None:
    """Eight clients at a time, each of whose operations overlaps all the others': thousands, and nothing explodes."""
    told = [ISSUED]
    for turn in range(500):
        begin = 10.0 * turn + 10
        told += [("withhold", "c1", "withheld", begin, begin + 8), ("reinstate", "c1", "valid", begin + 1, begin + 9)]
        told += [("verify", "c1", "valid", begin + 2 + client / 10, begin + 7) for client in range(6)]
    verdict = judge(history(*told), certificates_step, NOTHING)
    assert verdict.holds
    assert verdict.tried < 100 * len(told)
