"""The checker can see: each kind of harm, done to a history by hand, is counted as what it is."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from tests.faults import checker, gather, load, plan
from tests.faults.checker import Fact, Found, Logged, Orders, Tally, compare, judge

TOPIC = "evt.fact.noted.birth.33.07.82"
# Two entities, three versions each, in turn; order n wrote fact n.
FACTS = [Fact(f"{number}/0", f"entity-{number % 2}", number // 2 + 1) for number in range(6)]


def history() -> Found:
    log, head = [], bytes(32)
    for position, fact in enumerate(FACTS, start=1):
        data = f'{{"value":"{fact.value}"}}'
        head = sha256(head + f"id-{position}".encode() + data.encode()).digest()
        log.append(Logged(position, TOPIC, position, f"id-{position}", data, head, fact.entity, fact.version))
    entities = {fact.entity for fact in FACTS}
    return Found(
        orders=Orders(ordered=set(range(8)), acknowledged={n: [FACTS[n]] for n in range(5)}, rolled_back={6}),
        rows={fact: number for number, fact in enumerate(FACTS)},
        log=log,
        heads={TOPIC: (6, head)},
        stream=[event._replace(hash=b"") for event in log],
        applied={"platform": FACTS, "registry": [fact for fact in FACTS if fact.entity == "entity-0"]},
        entitled={"platform": entities, "registry": {"entity-0"}},
        left_over={"parked": 0},
    )


def test_a_history_without_harm_is_clean() -> None:
    """Order 5 is committed and nobody was told; order 7 is neither committed nor answered: both may be."""
    verdict = judge(history())
    assert verdict.is_clean
    assert verdict.tallies["registry"] == Tally(expected=3, found=3)


def test_what_is_published_twice_and_applied_once_is_clean() -> None:
    found = history()
    assert judge(replace(found, stream=[*found.stream[:3], *found.stream])).is_clean


def test_what_a_paused_leader_repeats_late_is_not_out_of_order() -> None:
    found = history()
    assert judge(replace(found, stream=[*found.stream, found.stream[0]])).is_clean


def test_what_first_stood_behind_its_successor_is_out_of_order_however_often_it_is_repeated() -> None:
    found = history()
    assert judge(replace(found, stream=[found.stream[2], *found.stream])).tallies["stream"].out_of_order > 0


@pytest.mark.parametrize(
    ("missing", "counted"),
    [(0, (1, 0, 0)), (2, (0, 1, 0)), (5, (0, 0, 1))],
    ids=["prefix", "middle", "tail"],
)
def test_what_is_lost_is_counted_where_it_was(missing: int, counted: tuple[int, int, int]) -> None:
    tally = compare(FACTS, FACTS[:missing] + FACTS[missing + 1 :])
    assert (tally.lost_prefix, tally.lost_middle, tally.lost_tail) == counted
    assert not tally.is_clean


def test_all_lost_is_lost() -> None:
    assert compare(FACTS, []).lost_tail + compare(FACTS, []).lost_prefix == len(FACTS)


def test_what_was_never_committed_is_a_phantom() -> None:
    assert compare(FACTS, [*FACTS, Fact("9/0", "entity-9", 1)]) == Tally(expected=6, found=7, phantom=1)


def test_a_second_effect_is_a_double() -> None:
    tally = compare(FACTS, [*FACTS, FACTS[5]])
    assert (tally.double, tally.phantom, tally.is_clean) == (1, 0, False)


def test_an_entity_out_of_order_is_seen_and_two_entities_are_not_compared() -> None:
    assert compare(FACTS, [FACTS[1], FACTS[0], *FACTS[2:]]).out_of_order == 0
    assert compare(FACTS, [FACTS[2], FACTS[0], *FACTS[3:], FACTS[1]]).out_of_order > 0


def test_what_was_acknowledged_and_is_gone_is_lost() -> None:
    found = history()
    verdict = judge(replace(found, rows={fact: order for fact, order in found.rows.items() if order != 3}))
    assert verdict.tallies["acknowledged"].lost_middle == 1


def test_what_was_rolled_back_and_is_there_is_a_phantom() -> None:
    found = history()
    verdict = judge(replace(found, rows={**found.rows, Fact("6/0", "entity-7", 1): 6}))
    assert verdict.tallies["acknowledged"].phantom == 1


def test_a_row_that_nobody_ordered_is_a_phantom() -> None:
    found = history()
    verdict = judge(replace(found, rows={**found.rows, Fact("99/0", "entity-7", 1): 99}))
    assert verdict.tallies["acknowledged"].phantom == 1


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"position": 9}, "gaps in the log"),
        ({"sequence": 9}, "gaps in the log"),
        ({"hash": bytes(32)}, "broken links"),
        ({"data": '{"value":"2/0"} '}, "broken links"),
        ({"event_id": "another"}, "broken links"),
    ],
)
def test_a_log_that_does_not_hold_together_is_seen(changed: dict[str, object], wrong: str) -> None:
    found = history()
    log = [*found.log[:2], found.log[2]._replace(**changed), *found.log[3:]]  # type: ignore[arg-type]
    assert judge(replace(found, log=log)).wrong[wrong] > 0


def test_a_head_that_is_not_the_log_s_is_seen() -> None:
    assert judge(replace(history(), heads={TOPIC: (6, bytes(32))})).wrong["heads that differ from the log"] == 1


def test_a_number_told_of_another_event_is_seen() -> None:
    found = history()
    stream = [found.stream[0]._replace(position=2), *found.stream]
    assert judge(replace(found, stream=stream)).wrong["published and not so in the log"] == 1


def test_what_is_left_over_is_no_clean_end() -> None:
    assert not judge(replace(history(), left_over={"parked": 1})).is_clean


def test_neither_checker_nor_callers_share_code_with_the_platform() -> None:
    for module in (checker, gather, load):
        source = Path(str(module.__file__)).read_text("utf-8")
        imported = [line for line in source.splitlines() if line.startswith(("import ", "from "))]
        ours = ("shared", "deploy", "identity", "licensing", "certificates", "records", "gateway")
        assert not [line for line in imported if line.split()[1].split(".")[0] in ours], module.__name__


@pytest.mark.parametrize("seconds", [190.0, 1690.0], ids=["short", "long"])
def test_a_plan_is_drawn_from_its_seed_and_holds_every_fault(seconds: float) -> None:
    for seed in range(20):
        faults = plan.draw(seed, seconds=seconds)
        assert faults == plan.draw(seed, seconds=seconds)
        assert {fault.kind for fault in faults} == {*plan.ROUND, "stop department"}
        assert max(fault.at + fault.undone_after for fault in faults) < seconds
        pauses = [fault for fault in faults if fault.kind == "pause relay leader"]
        assert all(fault.undone_after > plan.LEASE_SECONDS for fault in pauses)
