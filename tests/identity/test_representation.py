"""Who may act for whom: the rules alone, then the signed statement."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from identity.parties.queries import add_relation
from identity.representation.rules import Kin, family_of, wards_of
from shared.contracts.representation import Relation, RepresentationStatement
from shared.ids import new_id
from shared.jose import verify_jws
from tests.identity.world import MOTHER_NUMBER, NEWBORN_NUMBER, World
from tests.support.clock import FrozenClock

MOTHER, FATHER, CHILD, GRANDMOTHER = uuid4(), uuid4(), uuid4(), uuid4()
BIRTHDAY = date(2044, 3, 11)
KIN = [
    Kin("mother", MOTHER, CHILD, BIRTHDAY),
    Kin("father", FATHER, CHILD, BIRTHDAY),
    Kin("spouse", FATHER, MOTHER, None),
    Kin("mother", GRANDMOTHER, MOTHER, None),
]


class TestRules:
    @pytest.mark.parametrize("parent", [MOTHER, FATHER])
    def test_parents_act_for_their_minor_child(self, parent: UUID) -> None:
        assert wards_of(parent, KIN, on=date(2026, 3, 11)) == {CHILD: BIRTHDAY}

    @pytest.mark.parametrize(("on", "wards"), [(date(2044, 3, 10), 1), (date(2044, 3, 11), 0), (date(2044, 3, 12), 0)])
    def test_a11_from_the_eighteenth_birthday_the_child_acts_alone(self, on: date, wards: int) -> None:
        assert len(wards_of(MOTHER, KIN, on=on)) == wards

    @pytest.mark.parametrize("person", [CHILD, GRANDMOTHER])
    def test_nobody_acts_for_parents_spouses_or_grown_children(self, person: UUID) -> None:
        assert wards_of(person, KIN, on=date(2026, 3, 11)) == {}

    def test_a_family_is_the_spouse_and_the_parents_of_the_wards(self) -> None:
        assert set(family_of(MOTHER, KIN, wards={CHILD})) == {
            Relation(party=MOTHER, kind="mother", of=CHILD),
            Relation(party=FATHER, kind="father", of=CHILD),
            Relation(party=FATHER, kind="spouse", of=MOTHER),
            Relation(party=MOTHER, kind="spouse", of=FATHER),
        }

    def test_without_wards_only_the_spouse_is_named(self) -> None:
        assert {relation.kind for relation in family_of(MOTHER, KIN, wards=())} == {"spouse"}


async def state(world: World, name: str) -> tuple[list[dict[str, object]], RepresentationStatement]:
    answer = await world.http.get("/v1/me/representations", headers=await world.person(name))
    assert answer.status_code == 200, answer.text
    claims = await verify_jws(answer.json()["statement"], keys=world.service.keyring, typ="representation+jwt")
    return answer.json()["items"], RepresentationStatement.model_validate(claims)


class TestStatement:
    async def test_a_mother_acts_for_her_newborn(self, world: World) -> None:
        mother, father = world.people["mother"], world.people["father"]
        child = UUID((await world.register(mother)).json()["id"])
        items, statement = await state(world, "mother")
        assert items == [
            {"party": str(mother), "role": "self", "basis": "self", "until": None},
            {"party": str(child), "role": "child", "basis": "guardian-of-minor", "until": "2044-03-11"},
        ]
        assert (statement.sub, statement.may_act_for) == (mother, (mother, child))
        assert statement.unnumbered == (child,)
        assert set(statement.family) == {
            Relation(party=mother, kind="mother", of=child),
            Relation(party=father, kind="spouse", of=mother),
            Relation(party=mother, kind="spouse", of=father),
        }
        assert statement.regions == {mother: "330782", child: "330782", father: "330102"}

    async def test_it_holds_for_five_minutes(self, world: World) -> None:
        _, statement = await state(world, "mother")
        assert statement.exp - statement.iat == 300
        assert statement.iss == "https://onevisit.test"

    async def test_the_father_of_record_is_the_spouse_and_acts_for_nobody_yet(self, world: World) -> None:
        await world.register(world.people["mother"])
        items, statement = await state(world, "father")
        assert [item["role"] for item in items] == ["self"]
        assert statement.may_act_for == (world.people["father"],)
        assert statement.unnumbered == ()

    async def test_a_numbered_child_is_no_longer_unnumbered(self, world: World) -> None:
        child = (await world.register(world.people["mother"])).json()["id"]
        await world.assign(child, NEWBORN_NUMBER)
        _, statement = await state(world, "mother")
        assert statement.unnumbered == ()

    async def test_a11_a_grown_child_is_gone_from_the_statement(self, world: World) -> None:
        await world.register(world.people["mother"], born_on="2008-03-11")
        items, statement = await state(world, "mother")
        assert [item["role"] for item in items] == ["self"]
        assert {relation.kind for relation in statement.family} == {"spouse"}

    async def test_the_day_is_that_of_the_place(self, world: World, clock: FrozenClock) -> None:
        await world.register(world.people["mother"], born_on="2008-03-12")
        # 16:00 UTC on the eve is midnight in Shanghai.
        clock.set(clock.at.replace(hour=15, minute=59))
        assert len((await state(world, "mother"))[0]) == 2
        clock.advance(minutes=1)
        assert len((await state(world, "mother"))[0]) == 1

    async def test_a_marriage_that_ended_makes_no_family(self, world: World, clock: FrozenClock) -> None:
        async with world.service.database.transaction() as conn:
            await conn.execute(text("UPDATE relations SET valid_until = '2026-03-10'"))
        _, statement = await state(world, "mother")
        assert statement.family == ()

    async def test_the_other_parent_of_a_child_is_family_without_a_marriage(self, world: World) -> None:
        mother, father = world.people["mother"], world.people["father"]
        child = UUID((await world.register(mother)).json()["id"])
        async with world.service.database.transaction() as conn:
            await conn.execute(text("DELETE FROM relations WHERE kind = 'spouse'"))
            await add_relation(
                conn,
                relation=new_id(),
                kind="father",
                party=father,
                of=child,
                valid_from=date(2026, 3, 11),
                minor_until=date(2044, 3, 11),
            )
        _, of_mother = await state(world, "mother")
        _, of_father = await state(world, "father")
        assert of_father.may_act_for == (father, child)
        assert set(of_mother.family) == set(of_father.family)
        assert {relation.party for relation in of_mother.family} == {mother, father}

    async def test_it_holds_no_number(self, world: World) -> None:
        _, statement = await state(world, "mother")
        assert MOTHER_NUMBER not in statement.model_dump_json()
