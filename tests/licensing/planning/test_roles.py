"""Who is meant by child, mother and father, from the family that identity states."""

from collections.abc import Sequence
from uuid import UUID

import pytest

from licensing.catalogue.lint import judge
from licensing.catalogue.load import DATA, read_files
from licensing.planning.errors import RoleAmbiguous, RoleNotOffered, RoleUnresolved
from licensing.planning.model import RoleRule, RoleSpec
from licensing.planning.roles import resolve_roles
from shared.contracts.representation import Kinship, Relation, RepresentationStatement
from tests.licensing.planning.factories import text

MOTHER, FATHER, CHILD, TWIN, ELDER, AUNT = (UUID(int=number) for number in range(1, 7))
NEWBORN = judge(read_files(DATA)[0])[0].definition("newborn").roles

MARRIED: list[tuple[UUID, Kinship, UUID]] = [(FATHER, "spouse", MOTHER)]
BORN: list[tuple[UUID, Kinship, UUID]] = [(MOTHER, "mother", CHILD)]


def stated(
    *family: tuple[UUID, Kinship, UUID], by: UUID = MOTHER, unnumbered: Sequence[UUID] = (CHILD, TWIN)
) -> RepresentationStatement:
    return RepresentationStatement(
        iss="identity",
        sub=by,
        iat=0,
        exp=300,
        may_act_for=(by, CHILD),
        family=tuple(Relation(party=party, kind=kind, of=of) for party, kind, of in family),
        unnumbered=tuple(unnumbered),
    )


class TestNewborn:
    def test_the_mother_applies_for_her_child_and_its_father_is_her_husband(self) -> None:
        bindings = resolve_roles(NEWBORN, statement=stated(*BORN, *MARRIED), chosen={})

        assert bindings == {"applicant": MOTHER, "child": CHILD, "mother": MOTHER, "father": FATHER}

    def test_a_registered_father_comes_before_the_husband(self) -> None:
        bindings = resolve_roles(NEWBORN, statement=stated(*BORN, *MARRIED, (AUNT, "father", CHILD)), chosen={})

        assert bindings["father"] == AUNT

    def test_the_father_may_apply(self) -> None:
        statement = stated(*BORN, (FATHER, "father", CHILD), by=FATHER)

        assert resolve_roles(NEWBORN, statement=statement, chosen={})["mother"] == MOTHER

    def test_a_child_without_a_known_father_has_no_father(self) -> None:
        assert "father" not in resolve_roles(NEWBORN, statement=stated(*BORN), chosen={})

    def test_an_elder_child_that_has_a_number_is_not_meant(self) -> None:
        bindings = resolve_roles(NEWBORN, statement=stated(*BORN, (MOTHER, "mother", ELDER)), chosen={})

        assert bindings["child"] == CHILD

    def test_twins_must_be_told_apart_by_the_applicant(self) -> None:
        with pytest.raises(RoleAmbiguous) as refusal:
            resolve_roles(NEWBORN, statement=stated(*BORN, (MOTHER, "mother", TWIN)), chosen={})

        assert (refusal.value.role, refusal.value.options) == ("child", (CHILD, TWIN))

    def test_a_chosen_twin_is_the_child(self) -> None:
        statement = stated(*BORN, (MOTHER, "mother", TWIN))

        assert resolve_roles(NEWBORN, statement=statement, chosen={"child": TWIN})["child"] == TWIN

    def test_somebody_elses_child_cannot_be_chosen(self) -> None:
        with pytest.raises(RoleNotOffered):
            resolve_roles(NEWBORN, statement=stated(*BORN, (AUNT, "mother", TWIN)), chosen={"child": TWIN})

    def test_a_role_that_the_thing_does_not_have_cannot_be_chosen(self) -> None:
        with pytest.raises(RoleNotOffered):
            resolve_roles(NEWBORN, statement=stated(*BORN), chosen={"company": AUNT})

    def test_without_a_newborn_nothing_can_be_applied_for(self) -> None:
        with pytest.raises(RoleUnresolved) as refusal:
            resolve_roles(NEWBORN, statement=stated(*MARRIED), chosen={})

        assert refusal.value.role == "child"


def test_nobody_is_found_through_a_role_that_nobody_takes() -> None:
    specs = [
        RoleSpec("mother", text("mother"), (RoleRule(absent=True),)),
        RoleSpec("father", text("father"), (RoleRule(kind="spouse", of="mother"), RoleRule(absent=True))),
    ]

    assert resolve_roles(specs, statement=stated(*MARRIED), chosen={}) == {}


def test_an_agent_may_take_only_a_party_that_they_may_act_for() -> None:
    specs = [RoleSpec("applicant", text("applicant"), (RoleRule(represented=True),))]

    assert resolve_roles(specs, statement=stated(), chosen={}) == {"applicant": CHILD}
    with pytest.raises(RoleNotOffered):
        resolve_roles(specs, statement=stated(), chosen={"applicant": AUNT})
