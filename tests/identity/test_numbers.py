"""Identity numbers: what is accepted, what is refused and why. Synthetic numbers only."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from identity.parties.errors import NumberNotValid
from identity.parties.rules import adult_on, any_number, number_of, organisation_number, person_number

TODAY = date(2026, 11, 22)

RESIDENTS = [
    "11010519491231002X",
    "440524188001010014",
    "330102188808080018",
    "330102188808080026",
    "330782188808080012",
    "331121188808080018",
    "330903188808080018",
    "33020318880808001X",
]
ORGANISATIONS = [
    "11100000000013338W",
    "11330105002500287C",
    "91330100799655058B",
    "11430000006122244L",
    "11330000002500001Q",
    "113301000025000021",
    "91330100MA2TEXT01G",
    "91350100M000100Y43",
]
REFUSED = {
    "I1 17 digits": ("11010519491231002", "length"),
    "I2 19 digits": ("1101051949123100211", "length"),
    "I3 wrong check digit": ("110105194912310021", "check-digit"),
    "I5 30 February": ("110105200002300015", "birth-date"),
    "I6 1900 was no leap year": ("110105190002290017", "birth-date"),
    "I8 born in the future": ("110105209901010012", "birth-date"),
    "I9 older than anybody": ("110105185001010013", "age"),
    "I10 no such province": ("000000199001010018", "region"),
    "I10 no such province either": ("999999199001010016", "region"),
    "I13 the old 15 digits": ("110105491231002", "old-form"),
    "I14 full-width digits": ("１１０１０５１９４９１２３１００２Ｘ", "characters"),
    "I15 Arabic-Indic digits": ("١١٠١٠٥١٩٤٩١٢٣١٠٠٢X", "characters"),
    "I15 a superscript": ("1101051949123100²X", "characters"),
    "I15 a Roman numeral ten": ("11010519491231002Ⅹ", "characters"),
    "I16 a space inside": ("110105 9491231002X", "characters"),
    "I16 a no-break space": ("11010519491231002X\u00a0", "length"),
    "I16 a zero-width space": ("110105\u200b9491231002X", "characters"),
    "I16 a byte order mark": ("\ufeff11010519491231002X", "length"),
    "I16 a trailing space": ("11010519491231002X ", "length"),
    "I16 a leading space": (" 11010519491231002X", "length"),
    "I18 a line feed at the end": ("11010519491231002X\n", "length"),
    "I18 a line feed as check digit": ("11010519491231002\n", "characters"),
    "I19 NUL inside": ("110105\x009491231002X", "characters"),
    "empty": ("", "length"),
}


def reason_for(text: str, *, max_age_years: int = 150) -> str:
    with pytest.raises(NumberNotValid) as refusal:
        person_number(text, today=TODAY, max_age_years=max_age_years)
    return refusal.value.reason


@pytest.mark.parametrize("text", RESIDENTS)
def test_a_resident_number_is_accepted(text: str) -> None:
    number = person_number(text, today=TODAY, max_age_years=150)
    assert (number.type, number.value) == ("resident", text)


@pytest.mark.parametrize(("text", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_resident_number_is_refused_with_its_reason(text: str, reason: str) -> None:
    assert reason_for(text) == reason


def test_a_small_x_is_the_same_person_as_a_capital_one() -> None:
    assert number_of("person", "11010519491231002x", today=TODAY, max_age_years=150).value == RESIDENTS[0]


def test_29_february_of_a_leap_year_is_a_birthday() -> None:
    assert person_number("110105200002290013", today=TODAY, max_age_years=150).type == "resident"


def test_a_county_that_exists_no_more_does_not_invalidate_its_people() -> None:
    # 330103 (Xiacheng) was abolished in 2021.
    assert person_number("330103188808080014", today=TODAY, max_age_years=150).type == "resident"


def test_a_residence_permit_is_its_own_type() -> None:
    assert person_number("810000199001010019", today=TODAY, max_age_years=150).type == "residence-permit"


def test_the_bound_on_age_is_a_parameter() -> None:
    assert reason_for("330102188808080018", max_age_years=130) == "age"


def test_no_bound_on_age_reaches_before_1850() -> None:
    assert reason_for("110105184912310012", max_age_years=1000) == "birth-date"


@pytest.mark.parametrize("text", ORGANISATIONS)
def test_a_credit_code_is_accepted(text: str) -> None:
    assert organisation_number(text).value == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("91350100M000100Y44", "check-digit"),
        ("91350100I000100Y43", "characters"),
        ("91350100O000100Y43", "characters"),
        ("91350100S000100Y43", "characters"),
        ("91350100V000100Y43", "characters"),
        ("91350100Z000100Y43", "characters"),
        ("91350100m000100y43", "characters"),
        ("91350100M000100Y4", "length"),
    ],
)
def test_what_is_no_credit_code_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(NumberNotValid) as refusal:
        number_of("organisation", text, today=TODAY, max_age_years=150)
    assert refusal.value.reason == reason


def test_a_number_of_either_kind_finds_its_type() -> None:
    found = [any_number(text, today=TODAY, max_age_years=150).type for text in (*RESIDENTS, *ORGANISATIONS)]
    assert found == ["resident"] * len(RESIDENTS) + ["uscc"] * len(ORGANISATIONS)


def test_a_refusal_of_either_kind_gives_the_reason_of_the_kind_it_looks_like() -> None:
    for text, reason in (("110105194912310021", "check-digit"), ("91350100M000100Y44", "check-digit")):
        with pytest.raises(NumberNotValid) as refusal:
            any_number(text, today=TODAY, max_age_years=150)
        assert refusal.value.reason == reason


@given(st.sampled_from(RESIDENTS), st.integers(0, 17), st.sampled_from("0123456789X"))
def test_one_wrong_character_is_always_noticed(number: str, place: int, wrong: str) -> None:
    mistyped = number[:place] + wrong + number[place + 1 :]
    assume(mistyped != number)
    with pytest.raises(NumberNotValid):
        person_number(mistyped, today=TODAY, max_age_years=150)


@given(st.sampled_from(RESIDENTS), st.integers(0, 16))
def test_two_neighbours_exchanged_are_always_noticed(number: str, place: int) -> None:
    mistyped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assume(mistyped != number)
    with pytest.raises(NumberNotValid):
        person_number(mistyped, today=TODAY, max_age_years=150)


@given(st.text(max_size=20))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    with suppress(NumberNotValid):
        assert any_number(text, today=TODAY, max_age_years=150).value == text.upper()


def test_a_number_never_shows_itself() -> None:
    number = person_number(RESIDENTS[0], today=TODAY, max_age_years=150)
    assert RESIDENTS[0] not in f"{number!r}{number}"


def test_a_refusal_never_shows_the_number() -> None:
    with pytest.raises(NumberNotValid) as refusal:
        person_number("110105194912310021", today=TODAY, max_age_years=150)
    assert "110105194912310021" not in f"{refusal.value!r}{refusal.value}{refusal.value.members}"


def test_a_child_comes_of_age_on_the_eighteenth_birthday() -> None:
    assert adult_on(date(2026, 11, 22)) == date(2044, 11, 22)


def test_who_is_born_on_29_february_comes_of_age_on_1_march() -> None:
    assert adult_on(date(2024, 2, 29)) == date(2042, 3, 1)
