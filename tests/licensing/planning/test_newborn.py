"""The published newborn thing, planned for a mother in Yiwu: what the project promises, in one page."""

from collections.abc import Mapping
from uuid import UUID

from pydantic import JsonValue

from licensing.catalogue.lint import judge
from licensing.catalogue.load import DATA, read_files
from licensing.planning.model import Element, Evidence, Inputs, Material, Plan
from licensing.planning.plan import known_values, needed_evidence, plan, suggested_claims
from tests.licensing.planning.factories import TODAY, evidence

MOTHER, CHILD, FATHER = UUID(int=1), UUID(int=2), UUID(int=3)
FAMILY = {"applicant": MOTHER, "child": CHILD, "mother": MOTHER, "father": FATHER}
CATALOGUE, _ = judge(read_files(DATA)[0])
NEWBORN = CATALOGUE.definition("newborn")

BIRTH: Mapping[str, JsonValue] = {
    "sex": "female",
    "birth-date": "2026-03-09",
    "birth-time": "04:10",
    "birth-place": "Yiwu",
    "birth-weight-grams": 3250,
    "gestation-weeks": 39,
    "hospital-name": "Yiwu Model Hospital",
}


def held_about(number: int, party: UUID, address: str) -> list[Evidence]:
    identity = {
        "name": f"Parent {number}",
        "sex": "female",
        "birth-date": "1890-01-01",
        "ethnicity": "汉",
        "nationality": "中国",
    }
    household = {"household-number": f"H{number}", "household-address": address, "household-type": "family"}
    return [
        evidence(number + 1, "resident-identity", party, claims=identity),
        evidence(number + 2, "household-registration", party, claims=household),
    ]


HELD = (
    evidence(1, "birth-record", CHILD, claims=BIRTH),
    *held_about(10, MOTHER, "1 North Street"),
    *held_about(20, FATHER, "2 South Street"),
    evidence(30, "marriage-registration", MOTHER, claims={"marriage-date": "1912-05-01", "marriage-number": "J1"}),
)


def planned(
    *,
    answers: Mapping[str, JsonValue] | None = None,
    situation: Mapping[str, str] | None = None,
    held: tuple[Evidence, ...] = HELD,
) -> Plan:
    return plan(
        Inputs(
            NEWBORN,
            FAMILY,
            TODAY,
            held,
            answers={Element.parse(element): value for element, value in (answers or {}).items()},
            situation=situation or {},
        )
    )


def asked(made: Plan) -> set[str]:
    return {str(field.element) for field in made.fields if field.asked}


def test_exactly_three_things_are_asked() -> None:
    made = planned()

    assert asked(made) == {"child.name", "child.household-parent", "applicant.delivery-address"}
    assert made.counts._asdict() == {"elements": 25, "asked": 3, "reused": 22, "materials": 4, "materials_asked": 0}
    assert made.visits == 0


def test_maternity_benefit_asks_for_the_bank_account_as_well() -> None:
    made = planned(situation={"claim-maternity-benefit": "yes"})

    assert asked(made) - asked(planned()) == {"applicant.bank-account"}


def test_every_question_says_why_in_both_languages() -> None:
    assert all(field.why and field.why.zh and field.why.en for field in planned().fields if field.asked)


def test_insurance_and_card_run_in_parallel_after_the_register_which_waits_for_the_birth_certificate() -> None:
    waits = {step.item: step.waits_for for step in planned(situation={"claim-maternity-benefit": "yes"}).steps}

    assert waits == {
        "birth-medical-certificate": (),
        "household-registration": ("birth-medical-certificate",),
        "maternity-benefit": ("birth-medical-certificate",),
        "resident-medical-insurance": ("household-registration",),
        "social-security-card": ("household-registration",),
    }


def test_the_certificate_of_one_department_is_the_material_of_the_next() -> None:
    states = {m.material: (m.state, m.from_item) for m in planned().materials}

    assert states == {
        Material("birth-record", "child"): ("held", None),
        Material("birth-medical-certificate", "child"): ("awaited", "birth-medical-certificate"),
        Material("marriage-registration", "mother"): ("held", None),
        Material("household-register-page", "child"): ("awaited", "household-registration"),
    }


def test_a_birth_certificate_that_exists_is_not_waited_for() -> None:
    made = planned(held=(*HELD, evidence(40, "birth-medical-certificate", CHILD, claims={"name": "Ada"})))

    assert {step.item: step.waits_for for step in made.steps}["household-registration"] == ()


def test_a_child_without_a_father_is_registered_all_the_same() -> None:
    bindings = {role: party for role, party in FAMILY.items() if role != "father"}
    made = plan(Inputs(NEWBORN, bindings, TODAY, HELD))

    assert asked(made) == asked(planned())
    assert not any(field.element.role == "father" for field in made.fields)


def test_nobody_is_looked_up_further_than_the_items_need() -> None:
    assert needed_evidence(NEWBORN, bindings=FAMILY, situation={}) == {
        CHILD: {"birth-record", "birth-medical-certificate", "household-register-page"},
        MOTHER: {"resident-identity", "household-registration", "marriage-registration"},
        FATHER: {"resident-identity", "household-registration"},
    }


def test_the_child_joins_the_household_of_the_parent_who_was_chosen() -> None:
    made = planned(
        answers={"child.name": "Ada", "child.household-parent": "father", "applicant.delivery-address": "Yiwu 1"}
    )
    (register,) = (item for item in NEWBORN.items if item.code == "household-registration")

    claims = suggested_claims(register.yields[0], known=known_values(made))

    assert asked(made) == set()
    assert (claims["name"], claims["household-address"], claims["household-number"]) == ("Ada", "2 South Street", "H20")


def test_a_second_thing_needs_no_code_and_asks_one_thing() -> None:
    definition = CATALOGUE.definition("social-security-card")
    made = plan(Inputs(definition, {"applicant": MOTHER}, TODAY, HELD))

    assert asked(made) == {"applicant.delivery-address"}
    assert made.counts.reused == 4
