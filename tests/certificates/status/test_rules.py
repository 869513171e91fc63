"""A status list says of each certificate one thing, to everybody alike, and nobody else can say it."""

import random
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openvc.status import token_status_list as reference

from certificates.issuing.model import State
from certificates.issuing.rules import STATUS_LIST_LENGTH
from certificates.sealing.authority import Office
from certificates.sealing.rules import compact_jws, header_for
from certificates.sealing.schemas import StatusEntry
from certificates.status.errors import NotAStatusList
from certificates.status.rules import (
    BITS,
    LIFETIME,
    SKEW,
    TYPE,
    Status,
    list_uri,
    open_list,
    packed,
    signed_list,
    state_in,
    status_of,
)
from tests.certificates.seals import AT, HEALTH, a_root, signer_for

PLATFORM = "https://onevisit.test"
ROOT = a_root()
SIGNER = signer_for(ROOT, HEALTH)
OFFICE = SIGNER.certificate_of(Office.STATUS)
PLACES = {State.WITHHELD: [5], State.REVOKED: [0, 131_071], State.EXPIRED: [7], State.CANCELLED: [4_242]}


def a_list(states: bytes = packed(PLACES), *, number: int = 3, holder: str = Office.STATUS) -> str:
    certificate = SIGNER.certificate_of(holder)
    uri = list_uri(PLATFORM, number)
    return signed_list(
        states, uri=uri, certificate=certificate, sign=lambda m: SIGNER.sign(certificate, m), crl_number=7, at=AT
    )


def a_token(changes: dict[str, Any] | None = None, *, header: dict[str, Any] | None = None) -> str:
    """A list under the true key, with other claims or another header."""
    claims = orjson.loads(urlsafe_b64decode(a_list().split(".")[1] + "=="))
    head: Any = {**header_for(OFFICE, typ=TYPE), **(header or {})}
    return compact_jws(head, orjson.dumps(claims | (changes or {})), lambda m: SIGNER.sign(OFFICE, m))


def lst(states: bytes) -> dict[str, object]:
    return {"bits": BITS, "lst": urlsafe_b64encode(zlib.compress(states)).rstrip(b"=").decode()}


def refused_for(token: str, *, number: int = 3, at: Any = AT, root: Any = ROOT) -> str:
    with pytest.raises(NotAStatusList) as refusal:
        open_list(token, number, root.certificate_pem(), at)
    return refusal.value.code


class TestWhatAListSays:
    @pytest.mark.parametrize(
        ("index", "status"),
        [(0, 1), (1, 0), (4, 0), (5, 2), (6, 0), (7, 3), (8, 0), (4_242, 1), (131_070, 0), (131_071, 1)],
    )
    def test_of_each_certificate(self, index: int, status: int) -> None:
        entry = StatusEntry(list=3, index=index)
        assert state_in(a_list(), entry, ROOT.certificate_pem(), AT) is Status(status)

    def test_an_example_of_the_draft(self) -> None:
        """Section 4.1: twelve statuses in three bytes, c9 44 f9."""
        statuses = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]
        named = {1: State.REVOKED, 2: State.WITHHELD, 3: State.EXPIRED}
        places = {named[value]: [i for i, each in enumerate(statuses) if each == value] for value in named}
        assert packed(places)[:3].hex() == "c944f9"

    @given(st.dictionaries(st.integers(0, STATUS_LIST_LENGTH - 1), st.sampled_from(State), max_size=200))
    def test_the_same_to_another_reader(self, states: dict[int, State]) -> None:
        places: dict[State, list[int]] = {}
        for index, state in states.items():
            places.setdefault(state, []).append(index)
        said = packed(places)
        theirs = {index: reference.get_status(said, index, bits=BITS) for index in states}
        assert theirs == {index: status_of(state) for index, state in states.items()}

    def test_every_way_to_end_is_told_and_not_which(self) -> None:
        assert {state: status_of(state) for state in State} == {
            **dict.fromkeys(State, Status.INVALID),
            State.VALID: Status.VALID,
            State.WITHHELD: Status.SUSPENDED,
            State.EXPIRED: Status.EXPIRED,
        }

    def test_by_whom_and_which_seals_were_revoked_by_then(self) -> None:
        opened = open_list(a_list(), 3, ROOT.certificate_pem(), AT)
        assert (opened.signed_by, opened.crl_number) == (OFFICE, 7)

    def test_as_of_when_it_was_made(self) -> None:
        assert open_list(a_list(), 3, ROOT.certificate_pem(), AT + timedelta(hours=5)).made_at == AT

    @pytest.mark.parametrize("index", [-1, STATUS_LIST_LENGTH])
    def test_nothing_of_who_is_not_in_it(self, index: int) -> None:
        with pytest.raises(NotAStatusList, match="another-list"):
            open_list(a_list(), 3, ROOT.certificate_pem(), AT).status_of(index)

    def test_a_crowded_list_is_read_as_well(self) -> None:
        chosen = random.Random(1)
        each = [chosen.choice(list(State)) for _ in range(STATUS_LIST_LENGTH)]
        places = {state: [i for i, found in enumerate(each) if found is state] for state in State}
        opened = open_list(a_list(packed(places)), 3, ROOT.certificate_pem(), AT)
        assert [opened.status_of(i) for i in range(STATUS_LIST_LENGTH)] == [status_of(state) for state in each]


class TestNotAList:
    def test_another_list(self) -> None:
        assert refused_for(a_list(), number=2) == "another-list"
        assert refused_for(a_token({"sub": "https://onevisit.test/elsewhere/3"})) == "another-list"

    def test_one_whose_time_is_over_or_has_not_come(self) -> None:
        assert open_list(a_list(), 3, ROOT.certificate_pem(), AT + LIFETIME).number == 3
        assert refused_for(a_list(), at=AT + LIFETIME + timedelta(seconds=1)) == "too-old"
        assert open_list(a_list(), 3, ROOT.certificate_pem(), AT - SKEW).number == 3
        assert refused_for(a_list(), at=AT - SKEW - timedelta(seconds=1)) == "from-the-future"

    def test_one_by_a_department_or_another_office(self) -> None:
        assert refused_for(a_list(holder=HEALTH.code)) == "not-by-status-office"
        assert refused_for(a_list(holder=Office.TIMESTAMP)) == "not-by-status-office"

    def test_one_under_a_look_alike_root(self) -> None:
        assert refused_for(a_list(), root=a_root()) == "seal-not-trusted"

    def test_one_made_outside_the_office_s_validity(self) -> None:
        long_ago = int((AT - timedelta(days=400)).timestamp())
        assert refused_for(a_token({"iat": long_ago})) == "seal-not-in-time"

    @pytest.mark.parametrize(
        "header",
        [
            {"typ": "JWT"},
            {"typ": "certificate+jws"},
            {"alg": "none"},
            {"alg": "HS256"},
            {"crit": ["x"], "x": 1},
            {"zip": "DEF"},
            {"kid": "../../dev/null"},
            {"jku": "https://example.org/keys"},
            {"x5c": []},
        ],
    )
    def test_one_with_any_other_header(self, header: dict[str, Any]) -> None:
        assert refused_for(a_token(header=header)) == "header-not-allowed"

    @pytest.mark.parametrize(
        "changes",
        [
            {"status_list": lst(bytes(16))},
            {"status_list": lst(bytes(32_769))},
            {"status_list": lst(bytes(50_000_000))},
            {"status_list": lst(bytes(32_768)) | {"bits": 1}},
            {"status_list": lst(bytes(32_768)) | {"bits": "2"}},
            {"status_list": {"bits": 2, "lst": ""}},
            {"status_list": {"bits": 2, "lst": "eNo"}},
            {"status_list": {"bits": 2, "lst": "!!!"}},
            {"status_list": {"bits": 2, "lst": lst(bytes(32_768))["lst"] + "AAAA"}},  # type: ignore[operator]
            {"status_list": None},
            {"sub": None},
            {"iat": -1},
            {"exp": 1e300},
            {"extra": 1},
            {"crl_number": None},
            {"crl_number": -1},
        ],
    )
    def test_one_that_is_not_as_we_write_them(self, changes: dict[str, Any]) -> None:
        assert refused_for(a_token(changes)) == "content-wrong"

    @pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "é.é.é", "x" * 400_000, a_list() + "=", a_list() + "\n"])
    def test_what_is_no_token(self, token: str) -> None:
        assert refused_for(token) in {"unreadable", "altered", "header-not-allowed"}

    def test_no_change_of_one_character_is_accepted(self) -> None:
        token, chosen = a_list(), random.Random(2)
        for _ in range(500):
            at = chosen.randrange(len(token))
            other = chosen.choice("ABCabc019-_.=")
            if other != token[at]:
                refused_for(token[:at] + other + token[at + 1 :])
