"""Certificate numbers by GB/T 36904, and what a new version says."""

from contextlib import suppress
from datetime import date
from string import ascii_uppercase, digits
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.issuing.errors import TermNotFitting
from certificates.issuing.model import Certificate
from certificates.issuing.rules import (
    STATUS_LIST_LENGTH,
    CertificateNumber,
    number_after,
    renewed_until,
    status_entry,
)

# Found in public files, and two of fictitious bodies (their check characters computed by hand).
VALID = [
    "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U",
    "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.002.S",
    "1.2.156.3005.2.11100000000013338W009.11330105002500287C.2025052201.002.0",
    "1.2.156.3005.2.11100000000013338W032.11220000013544541J.2430599.001.F",
    "1.2.156.3005.2.11100000000013338W087.11370800MB28559184.37080001202411010001.001.3",
    "1.2.156.3005.2.11100000MB03271699022.340100.000000016.001.9",
    "1.2.156.3005.2.11330000002500001Q001.113301000025000021.20260000001.001.P",
    "1.2.156.3005.2.11330000002500001Q001.330100.000000001.001.N",
]
MISMATCHING = [
    "1.2.156.3005.2.11100000000013661B006.113700000045046442.209FA4E88F9E4C878F3E9BED2CE7EA49.001.M",
    "1.2.156.3005.2.11100000000013338W050.91610800064834709T.2023000001.001.X",
]
CHARACTERS = digits + ascii_uppercase


@pytest.mark.parametrize("text", VALID)
def test_a_number_in_circulation_is_read_and_written_back(text: str) -> None:
    number = CertificateNumber.parse(text)
    assert number.agrees
    assert str(number) == text


@pytest.mark.parametrize("text", MISMATCHING)
def test_a_number_whose_check_character_was_computed_otherwise_is_read_but_does_not_agree(text: str) -> None:
    number = CertificateNumber.parse(text)
    assert not number.agrees
    assert str(number) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        VALID[0] + "\n",
        " " + VALID[0],
        VALID[0].lower(),
        VALID[0].replace("1.2.156", "1.2.157"),
        VALID[0].replace("001.U", "1.U"),
        VALID[0].replace("20230000403", ""),
        VALID[0].replace("20230000403", "0" * 33),
        VALID[0].replace("20230000403", "２０２３"),
        VALID[0].replace("11430000006122244L", "11430000006122244"),
        VALID[0].replace(".U", ""),
        VALID[0].replace(".U", ".UU"),
    ],
)
def test_what_has_another_form_is_no_number(text: str) -> None:
    with pytest.raises(ValueError, match="not a certificate number"):
        CertificateNumber.parse(text)


@given(
    type_code=st.text(CHARACTERS, min_size=21, max_size=21),
    issuer=st.text(CHARACTERS, min_size=18, max_size=18),
    serial=st.text(CHARACTERS, min_size=1, max_size=32),
    version=st.text(digits, min_size=3, max_size=3),
)
def test_a_composed_number_agrees_and_survives_a_round_trip(
    type_code: str, issuer: str, serial: str, version: str
) -> None:
    number = CertificateNumber.compose(type_code=type_code, issuer=issuer, serial=serial, version=version)
    assert number.agrees
    assert CertificateNumber.parse(str(number)) == number


@given(text=st.sampled_from(VALID), position=st.integers(0, 200), other=st.sampled_from(CHARACTERS))
def test_one_wrong_character_never_agrees(text: str, position: int, other: str) -> None:
    head, body = text[:15], text[15:]
    place = position % len(body)
    if body[place] == other or body[place] == ".":
        return
    mutant = head + body[:place] + other + body[place + 1 :]
    with suppress(ValueError):
        assert not CertificateNumber.parse(mutant).agrees


def test_every_place_of_a_status_list_is_met_once_and_then_the_next_list_begins() -> None:
    entries = [status_entry(slot) for slot in range(STATUS_LIST_LENGTH + 1)]
    assert {entry.list for entry in entries[:-1]} == {0}
    assert {entry.index for entry in entries[:-1]} == set(range(STATUS_LIST_LENGTH))
    assert entries[-1] == entries[0].model_copy(update={"list": 1})


class TestNumberAfter:
    TYPE, ISSUER = "11100000000013338W011", "11430000006122244L"

    def test_the_next_version_keeps_the_serial(self) -> None:
        number = number_after(VALID[0], type_code=self.TYPE, issuer=self.ISSUER, serial="FRESH")
        assert str(number) == VALID[1]

    @pytest.mark.parametrize(
        ("before", "issuer"),
        [
            (None, ISSUER),
            (VALID[0], "11430000006122244X"),
            (VALID[2], ISSUER),
            (str(CertificateNumber.compose(type_code=TYPE, issuer=ISSUER, serial="1", version="999")), ISSUER),
        ],
    )
    def test_where_there_is_none_of_this_type_and_issuer_or_no_further_one_a_serial_begins(
        self, before: str | None, issuer: str
    ) -> None:
        number = number_after(before, type_code=self.TYPE, issuer=issuer, serial="FRESH")
        assert (number.serial, number.version, number.issuer) == ("FRESH", "001", issuer)
        assert number.agrees


class TestRenewedUntil:
    TODAY = date(2026, 3, 11)

    def held(self, valid_from: date, valid_until: date | None) -> Certificate:
        fields: dict[str, Any] = dict.fromkeys(Certificate.__dataclass_fields__)
        return Certificate(**fields | {"valid_from": valid_from, "valid_until": valid_until})

    @pytest.mark.parametrize(
        ("valid_from", "valid_until", "until"),
        [
            (date(2016, 3, 12), date(2026, 3, 12), date(2036, 3, 12)),
            (date(2023, 4, 1), date(2026, 3, 31), date(2029, 3, 30)),
            (date(2024, 2, 29), date(2028, 2, 29), date(2032, 2, 29)),
            (date(2025, 12, 1), date(2026, 5, 31), date(2026, 11, 28)),
            (date(2026, 1, 1), None, None),
        ],
    )
    def test_unless_said_otherwise_for_the_same_term_again(
        self, valid_from: date, valid_until: date | None, until: date | None
    ) -> None:
        assert renewed_until(self.held(valid_from, valid_until), None, today=self.TODAY) == until

    def test_to_any_later_day_within_a_lifetime(self) -> None:
        held = self.held(date(2016, 3, 12), date(2026, 3, 12))
        for until in (date(2026, 3, 13), date(2126, 3, 11)):
            assert renewed_until(held, until, today=self.TODAY) == until
        for until in (date(2026, 3, 12), date(2126, 3, 12)):
            with pytest.raises(TermNotFitting):
                renewed_until(held, until, today=self.TODAY)
