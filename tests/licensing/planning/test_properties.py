"""What holds for every thing, whatever is held, answered, disputed or silent."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from licensing.planning.model import (
    Decided,
    Element,
    ElementNeed,
    Evidence,
    EvidenceKind,
    EvidenceNeed,
    Inputs,
    ItemNeeds,
    Material,
    Plan,
    ThingDefinition,
    Yield,
)
from licensing.planning.plan import needed_evidence, plan
from tests.licensing.planning.factories import TODAY, item, kind, thing

ROLES = ("applicant", "child", "father")
ATTRIBUTES = ("a", "b", "c")
KINDS = ("k", "l", "m", "n")
PARTIES = (UUID(int=1), UUID(int=2))  # fewer than roles: the applicant may be the child's father
VALUES = ("x", "y")
ELEMENTS = [Element(role, attribute) for role in ROLES for attribute in ATTRIBUTES]
MATERIALS = [Material(code, role) for code in KINDS for role in ROLES]

subsets_of_kinds = st.frozensets(st.sampled_from(KINDS))
DAYS_AGO = st.sampled_from([0, 100])
# No deadline: how long one example takes says more of the machine than of planning.
PATIENT = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def kinds(draw: st.DrawFn, code: str) -> EvidenceKind:
    carried = draw(st.sets(st.sampled_from(ATTRIBUTES), min_size=1))
    best = draw(st.sets(st.sampled_from(sorted(carried))))
    fresh = draw(st.sampled_from([None, 30]))
    return kind(code, *sorted(carried), rank=draw(st.integers(1, 2)), best=sorted(best), fresh_days=fresh)


@st.composite
def things(draw: st.DrawFn) -> ThingDefinition:
    """Up to four items. None needs what a later one yields, so that there is an order; they are listed in any."""
    defined = {code: draw(kinds(code)) for code in KINDS}
    given_by: list[list[Yield]] = [
        [
            Yield(made.kind, "record", made.role, dict.fromkeys(sorted(defined[made.kind].attributes), Decided()))
            for made in draw(st.lists(st.sampled_from(MATERIALS), max_size=2, unique=True))
        ]
        for _ in range(draw(st.integers(1, 4)))
    ]
    items = [draw(_items(number, given_by, defined)) for number in range(len(given_by))]
    return thing(*draw(st.permutations(items)), kinds=list(defined.values()), roles=ROLES)


@st.composite
def _items(
    draw: st.DrawFn, number: int, given_by: Sequence[Sequence[Yield]], defined: Mapping[str, EvidenceKind]
) -> ItemNeeds:
    later = [result for results in given_by[number + 1 :] for result in results]
    not_yet = {element for result in later for element in result.elements} | {result.material for result in later}
    elements = [e for e in draw(st.lists(st.sampled_from(ELEMENTS), max_size=4, unique=True)) if e not in not_yet]
    materials = [m for m in draw(st.lists(st.sampled_from(MATERIALS), max_size=2, unique=True)) if m not in not_yet]
    wanted: list[ElementNeed | EvidenceNeed] = [
        ElementNeed(
            element,
            frozenset(k for k in draw(subsets_of_kinds) if element.attribute in defined[k].attributes),
            always_ask=draw(st.booleans()) and draw(st.booleans()),
        )
        for element in elements
    ]
    wanted += [EvidenceNeed(material, commitment=draw(st.booleans())) for material in materials]
    return item(f"item-{number}", *wanted, gives=given_by[number])


@st.composite
def pieces(draw: st.DrawFn, definition: ThingDefinition, number: int) -> Evidence:
    code = draw(st.sampled_from(KINDS))
    carried = sorted(definition.kinds[code].attributes)
    said = draw(st.dictionaries(st.sampled_from(carried), st.sampled_from(VALUES)))
    return Evidence(
        id=UUID(int=100 + number),
        type="record",
        kind=code,
        party=draw(st.sampled_from(PARTIES)),
        issuer="registry",
        as_of=TODAY - timedelta(days=draw(DAYS_AGO)),
        claims=dict(said),
        in_force=draw(st.integers(0, 4)) > 0,
    )


@st.composite
def situations(draw: st.DrawFn) -> Inputs:
    definition = draw(things())
    others = {role: draw(st.sampled_from(PARTIES)) for role in draw(st.sets(st.sampled_from(ROLES[1:])))}
    answers: dict[Element, JsonValue] = dict(draw(st.dictionaries(st.sampled_from(ELEMENTS), st.sampled_from(VALUES))))
    return Inputs(
        thing=definition,
        bindings={"applicant": PARTIES[0], **others},
        on=TODAY,
        evidence=tuple(draw(pieces(definition, number)) for number in range(draw(st.integers(0, 6)))),
        unavailable=draw(subsets_of_kinds),
        answers=answers,
        disputes=draw(st.frozensets(st.sampled_from(ELEMENTS), max_size=2)),
        commitments=draw(st.frozensets(st.sampled_from(MATERIALS))),
    )


@st.composite
def agreeing(draw: st.DrawFn, known: Inputs) -> Evidence:
    """One more piece that contradicts nothing of what is held about its party."""
    piece = replace(draw(pieces(known.thing, 99)), in_force=True)
    claims: dict[str, JsonValue] = {}
    for attribute in sorted(known.thing.kinds[piece.kind].attributes):
        said = {str(e.claims[attribute]) for e in known.evidence if e.party == piece.party and attribute in e.claims}
        if len(said) < 2:
            claims[attribute] = said.pop() if said else draw(st.sampled_from(VALUES))
    return replace(piece, claims=claims)


def asked(made: Plan) -> set[Element | Material]:
    fields: set[Element | Material] = {field.element for field in made.fields if field.asked}
    return fields | {planned.material for planned in made.materials if planned.state == "asked"}


@PATIENT
@given(situations())
def test_every_need_of_every_item_is_met_exactly_once(known: Inputs) -> None:
    expected: list[tuple[str, Element | Material]] = []
    for each in known.thing.items:
        expected += [(each.code, need.element) for need in each.elements if need.element.role in known.bindings]
        expected += [(each.code, need.material) for need in each.evidence if need.material.role in known.bindings]

    assert sorted((need.item, need.target) for need in plan(known).needs) == sorted(expected)


@PATIENT
@given(situations())
def test_nothing_is_asked_twice(known: Inputs) -> None:
    made = plan(known)
    elements, materials = [field.element for field in made.fields], [planned.material for planned in made.materials]

    assert len(elements) == len(set(elements))
    assert len(materials) == len(set(materials))


@PATIENT
@given(situations())
def test_steps_stand_in_an_order_in_which_they_can_be_done(known: Inputs) -> None:
    made = plan(known)
    done: set[str] = set()
    for step in made.steps:
        assert set(step.waits_for) <= done
        assert {need.reference for need in made.needs if need.item == step.item and need.met_by == "item"} == set(
            step.waits_for
        )
        done.add(step.item)
    assert done == {item.code for item in known.thing.items}


@PATIENT
@given(situations(), st.data())
def test_more_agreeing_evidence_never_asks_more(known: Inputs, data: st.DataObject) -> None:
    piece = data.draw(agreeing(known))

    assert asked(plan(replace(known, evidence=(*known.evidence, piece)))) <= asked(plan(known))


@PATIENT
@given(situations(), st.data())
def test_the_order_of_what_is_known_changes_nothing(known: Inputs, data: st.DataObject) -> None:
    evidence = data.draw(st.permutations(known.evidence))
    answers = data.draw(st.permutations(list(known.answers.items())))

    assert plan(replace(known, evidence=tuple(evidence), answers=dict(answers))) == plan(known)


@PATIENT
@given(situations(), st.data())
def test_the_order_of_the_items_changes_nothing_that_is_asked(known: Inputs, data: st.DataObject) -> None:
    items = data.draw(st.permutations(known.thing.items))

    assert asked(plan(replace(known, thing=replace(known.thing, items=tuple(items))))) == asked(plan(known))


@PATIENT
@given(situations())
def test_what_was_answered_is_never_asked_again(known: Inputs) -> None:
    assert not asked(plan(known)) & known.answers.keys()


@PATIENT
@given(situations())
def test_what_is_disputed_never_shows_the_sources_value(known: Inputs) -> None:
    for field in plan(known).fields:
        if field.element in known.disputes:
            assert field.value == known.answers.get(field.element)
            assert field.source is None or field.source.kind == "applicant"


@PATIENT
@given(situations())
def test_nothing_is_used_that_was_not_asked_of_the_sources(known: Inputs) -> None:
    wanted = needed_evidence(known.thing, bindings=known.bindings, situation={})
    held = {piece.id: piece for piece in known.evidence}
    for need in plan(known).needs:
        if need.met_by == "evidence" and isinstance(need.reference, UUID):
            piece = held[need.reference]
            assert piece.kind in wanted[piece.party]


@PATIENT
@given(situations())
def test_counts_add_up(known: Inputs) -> None:
    made = plan(known)
    unavailable = sum(field.state == "unavailable" for field in made.fields)

    assert made.counts.elements == made.counts.asked + made.counts.reused + unavailable
    assert made.counts.materials == len(made.materials)
