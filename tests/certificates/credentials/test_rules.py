"""A credential says what its certificate says, as far as its holder wants, and nothing that nobody issued."""

import hmac
import random
from base64 import urlsafe_b64encode as b64
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
import pytest
from joserfc import jws

from certificates.credentials.errors import NotACredential
from certificates.credentials.rules import Challenge, open_credential
from certificates.credentials.rules.disclosures import digest_of, disclosure_of
from certificates.sealing.authority import Office, new_seal
from certificates.sealing.ports import SealCredential, SoftwareSigner
from certificates.sealing.rules import REGISTRY, header_for, segments_of
from certificates.sealing.schemas import StatusEntry
from tests.certificates.credentials.making import (
    CHALLENGE,
    PEM,
    ROOT,
    SEAL,
    WALLET,
    a_credential,
    forged,
    held,
)
from tests.certificates.seals import AT, HEALTH, SECURITY, a_document, a_root, signer_for
from tests.certificates.wallets import Wallet, chosen

WHOLE = a_credential()
SHOWN = WALLET.presented(WHOLE, "name", "birth-date", challenge=CHALLENGE, at=AT)


def refused_for(text: str, *, challenge: Challenge | None = None, at: datetime = AT, root: bytes = PEM) -> str:
    with pytest.raises(NotACredential) as refusal:
        open_credential(text, root, at, challenge=challenge)
    return refusal.value.code


def said_by(credential: str) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(segments_of(credential.split("~", maxsplit=1)[0])[1])
    return found


class TestWhatItSays:
    def test_all_that_the_certificate_says_to_its_holder(self) -> None:
        opened = open_credential(WHOLE, PEM, AT)
        document = a_document()
        assert opened.claims == {
            **document.claims,
            "certificate_number": document.number,
            "issued_on": "2026-11-22",
        }
        assert (opened.department, opened.credit_code, opened.kind) == (HEALTH.code, HEALTH.uscc, document.kind)
        assert (opened.number, opened.status) == (document.number, StatusEntry(list=3, index=4_242))
        assert (opened.seal, opened.is_held) == (SEAL, False)

    def test_only_what_its_holder_shows(self) -> None:
        opened = open_credential(chosen(WHOLE, {"birth-date"}), PEM, AT)
        assert opened.claims == {"birth-date": "2026-11-20"}
        assert opened.number is None
        assert open_credential(chosen(WHOLE, set()), PEM, AT).claims == {}

    def test_without_disclosures_nothing_of_its_holder(self) -> None:
        signed = WHOLE.split("~", maxsplit=1)[0]
        told = b"".join(segments_of(signed)).decode()
        for value in ("𠮷娃", "3250", "2026-11-20", a_document().number, str(a_document().holder)):
            assert value not in told
        assert said_by(WHOLE).keys() == {
            "_sd", "_sd_alg", "cnf", "exp", "iat", "iss", "nbf", "status", "vct",
        }  # fmt: skip

    def test_days_that_begin_and_end_at_midnight_where_the_law_counts_them(self) -> None:
        opened = open_credential(WHOLE, PEM, AT)
        assert opened.valid_from == datetime(2026, 11, 21, 16, tzinfo=UTC)
        assert opened.valid_until == datetime(2099, 11, 21, 16, tzinfo=UTC)
        assert opened.issued_at == datetime(2026, 11, 21, 16, tzinfo=UTC)

    def test_no_end_where_the_certificate_has_none(self) -> None:
        assert open_credential(a_credential(held(valid_until=None)), PEM, AT).valid_until is None

    def test_genuine_also_when_its_days_are_over(self) -> None:
        credential = a_credential(held(valid_until=date(2026, 11, 22)))
        assert open_credential(credential, PEM, AT + timedelta(days=1000)).valid_until == AT.replace(hour=16)

    def test_the_department_in_its_header(self) -> None:
        header = orjson.loads(segments_of(WHOLE.split("~")[0])[0])
        assert header == header_for(SEAL, typ="dc+sd-jwt")

    def test_the_order_of_digests_does_not_tell_which_is_which(self) -> None:
        digests = said_by(WHOLE)["_sd"]
        assert digests == sorted(digests)
        assert set(digests) == set(map(digest_of, WHOLE.split("~")[1:-1]))


class TestWhoShowsIt:
    def test_who_answers_the_challenge_holds_it(self) -> None:
        opened = open_credential(SHOWN, PEM, AT, challenge=CHALLENGE)
        assert opened.is_held
        assert opened.claims == {"name": "𠮷娃", "birth-date": "2026-11-20"}

    def test_an_answer_to_somebody_else_proves_nothing_to_who_asked_nothing(self) -> None:
        assert not open_credential(SHOWN, PEM, AT).is_held

    def test_no_answer(self) -> None:
        assert refused_for(chosen(WHOLE, {"name"}), challenge=CHALLENGE) == "key-binding-missing"

    def test_an_answer_to_another_challenge(self) -> None:
        for other in (Challenge("https://shop.test", CHALLENGE.nonce), Challenge(CHALLENGE.audience, "3f1d")):
            assert refused_for(SHOWN, challenge=other) == "key-binding-wrong"

    @pytest.mark.parametrize("minutes", [-2, 6])
    def test_an_answer_of_another_time(self, minutes: int) -> None:
        at = AT + timedelta(minutes=minutes)
        assert refused_for(SHOWN, challenge=CHALLENGE, at=at) == "key-binding-wrong"

    def test_an_answer_by_another_key(self) -> None:
        stolen = Wallet().presented(WHOLE, "name", challenge=CHALLENGE, at=AT)
        assert refused_for(stolen, challenge=CHALLENGE) == "key-binding-wrong"
        assert refused_for(stolen) == "key-binding-wrong"

    def test_an_answer_about_other_claims(self) -> None:
        shown, _, answer = SHOWN.rpartition("~")
        for other in (chosen(WHOLE, {"name"}), chosen(WHOLE, set()), WHOLE):
            assert refused_for(other + answer, challenge=CHALLENGE) == "key-binding-wrong"
        first, second = shown.split("~")[1:]
        swapped = "~".join((shown.split("~", maxsplit=1)[0], second, first, answer))
        assert refused_for(swapped) == "key-binding-wrong"

    @pytest.mark.parametrize(
        "claims",
        [
            {"sd_hash": None},
            {"sd_hash": "x"},
            {"aud": None},
            {"aud": [CHALLENGE.audience]},
            {"nonce": None},
            {"nonce": 1},
            {"iat": None},
            {"iat": str(int(AT.timestamp()))},
            {"iat": int(AT.timestamp()) - 10**7},
            {"exp": int(AT.timestamp()) - 1},
            {"nbf": int(AT.timestamp()) + 1},
            {"nbf": "soon"},
        ],
    )
    def test_an_answer_that_says_something_else(self, claims: dict[str, Any]) -> None:
        shown = WALLET.presented(WHOLE, "name", challenge=CHALLENGE, at=AT, **claims)
        assert refused_for(shown, challenge=CHALLENGE) == "key-binding-wrong"

    @pytest.mark.parametrize(
        "header",
        [
            {"typ": "JWT"},
            {"typ": "openid4vci-proof+jwt"},
            {"jwk": WALLET.public.model_dump()},
            {"kid": "1"},
            {"x5c": []},
        ],
    )
    def test_an_answer_with_another_header(self, header: dict[str, Any]) -> None:
        shown = WALLET.presented(WHOLE, "name", challenge=CHALLENGE, at=AT, header=header)
        assert refused_for(shown, challenge=CHALLENGE) == "key-binding-wrong"

    def test_an_answer_without_a_signature_or_by_a_secret(self) -> None:
        shown, _, answer = SHOWN.rpartition("~")
        claims = answer.split(".")[1]
        for alg, secret in (("none", b""), ("HS256", WALLET.key.as_pem(private=False))):
            head = encoded(orjson.dumps({"alg": alg, "typ": "kb+jwt"}))
            tag = encoded(hmac.digest(secret, f"{head}.{claims}".encode(), "sha256"))
            assert refused_for(f"{shown}~{head}.{claims}.{tag}", challenge=CHALLENGE) == "key-binding-wrong"


class TestNotACredential:
    @pytest.mark.parametrize(
        "text", ["", "~", "~~", "a", "a~", "a.b.c~", "é~", "x" * 300_000, WHOLE.split("~", maxsplit=1)[0]]
    )
    def test_what_is_none(self, text: str) -> None:
        assert refused_for(text) in {"unreadable", "altered", "header-not-allowed"}

    def test_one_without_its_last_tilde(self) -> None:
        assert refused_for(WHOLE[:-1]) == "key-binding-wrong"

    @pytest.mark.parametrize("extra", ["~", " ", "\n", "=", "~~", "x"])
    def test_one_with_something_added(self, extra: str) -> None:
        for text in (WHOLE + extra, extra + WHOLE, SHOWN + extra, extra + SHOWN):
            refused_for(text)

    def test_one_under_a_look_alike_root(self) -> None:
        assert refused_for(a_credential(signer=signer_for(a_root(), HEALTH))) == "seal-not-trusted"

    def test_one_by_a_certificate_below_a_department_s(self) -> None:
        own = new_seal(ROOT, HEALTH, at=AT)
        below = new_seal(own, HEALTH, at=AT)
        signer = SoftwareSigner(
            root_pem=PEM, root_crl=b"", credentials={HEALTH.code: SealCredential(below.key, below.certificate)}
        )
        assert refused_for(a_credential(signer=signer)) == "seal-not-trusted"

    def test_one_by_another_department_in_the_issuer_s_name(self) -> None:
        assert refused_for(forged({}, issuer=SECURITY.code)) == "issuer-differs"
        own_name = {"iss": "https://onevisit.test/departments/public-security"}
        assert refused_for(forged(own_name, issuer=SECURITY.code)) == "issuer-differs"

    def test_one_by_an_office_of_the_platform(self) -> None:
        named = {"iss": f"https://onevisit.test/departments/{Office.STATUS}"}
        assert refused_for(forged(named, issuer=Office.STATUS)) == "issuer-differs"

    def test_one_with_a_number_of_another_issuer_or_none(self) -> None:
        for number, why in (("1", "number-wrong"), (a_document().number[:-1] + "0", "number-wrong")):
            credential = a_credential(held(number=number))
            assert refused_for(credential) == why
            assert open_credential(chosen(credential, {"name"}), PEM, AT).number is None

    def test_one_whose_seal_was_not_valid_then(self) -> None:
        assert refused_for(forged({"iat": int((AT - timedelta(days=3)).timestamp())})) == "seal-not-in-time"

    @pytest.mark.parametrize(
        "header",
        [
            {"typ": "vc+sd-jwt"},
            {"typ": "certificate+jws"},
            {"alg": "none"},
            {"alg": "HS256"},
            {"crit": ["b64"], "b64": False},
            {"jku": "https://example.org/keys"},
            {"jwk": WALLET.public.model_dump()},
            {"x5u": "https://example.org/cert"},
            {"kid": "x"},
            {"x5c": header_for(SEAL)["x5c"] * 2},
            {"vctm": []},
        ],
    )
    def test_one_with_any_other_header(self, header: dict[str, Any]) -> None:
        assert refused_for(forged({}, header=header)) == "header-not-allowed"

    @pytest.mark.parametrize(
        "changes",
        [
            {"_sd_alg": "sha-512"},
            {"_sd_alg": None},
            {"_sd": None},
            {"_sd": said_by(WHOLE)["_sd"] * 2},
            {"_sd": {}},
            {"cnf": None},
            {"cnf": {"jwk": {"kty": "EC", "crv": "P-521", "x": "A" * 43, "y": "A" * 43}}},
            {"cnf": {"jwk": WALLET.key.as_dict(private=True)}},
            {"cnf": {"kid": "x"}},
            {"vct": None},
            {"vct": "https://elsewhere.test/v1/credential-types/x"},
            {"iss": "https://onevisit.test"},
            {"iss": "/departments/health-commission"},
            {"status": None},
            {"status": {"status_list": {"idx": -1, "uri": "https://onevisit.test/v1/status-lists/3"}}},
            {"status": {"status_list": {"idx": 131_072, "uri": "https://onevisit.test/v1/status-lists/3"}}},
            {"status": {"status_list": {"idx": 1, "uri": "https://elsewhere.test/v1/status-lists/3"}}},
            {"status": {"status_list": {"idx": 1, "uri": "https://onevisit.test/v1/status-lists/03"}}},
            {"status": {"status_list": {"idx": 1, "uri": "https://onevisit.test/v1/status-lists/" + "9" * 5_000}}},
            {"nbf": None},
            {"exp": "9"},
            {"exp": 10**15},
            {"iat": 1.5},
            {"extra": 1},
            {"name": "in the clear"},
            {"...": "x"},
        ],
    )
    def test_one_that_is_not_as_we_write_them(self, changes: dict[str, Any]) -> None:
        assert refused_for(forged(changes)) == "content-wrong"

    def test_one_sealed_for_another_purpose(self) -> None:
        document = jws.serialize_compact(
            dict(header_for(SEAL)), a_document().canonical(), Wallet().key, registry=REGISTRY
        )
        assert refused_for(document + "~") == "header-not-allowed"


class TestDisclosures:
    def test_one_that_is_not_its_own(self) -> None:
        strange = disclosure_of("name", "somebody else", salt=bytes(16))
        assert refused_for(f"{WHOLE}{strange}~") == "disclosure-wrong"

    def test_one_shown_twice(self) -> None:
        once = chosen(WHOLE, {"name"})
        assert refused_for(once + once.split("~")[1] + "~") == "disclosure-wrong"

    def test_one_of_another_credential(self) -> None:
        other = a_credential(held(claims={"name": "another child"}))
        signed = WHOLE.split("~", maxsplit=1)[0]
        assert refused_for("~".join((signed, *other.split("~")[1:]))) == "disclosure-wrong"

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("iss", "x"),
            ("exp", 2**40),
            ("nbf", 0),
            ("cnf", {}),
            ("vct", "x"),
            ("status", {}),
            ("_sd", ["x"]),
            ("...", "x"),
            ("_sd_alg", "x"),
            ("address", {"_sd": ["x"]}),
            ("address", {"street": {"_sd": ["x"]}}),
            ("children", [{"...": "x"}]),
        ],
    )
    def test_one_of_a_claim_that_may_not_be_hidden_or_hides_others(self, name: str, value: Any) -> None:
        strange = disclosure_of(name, value, salt=bytes(16))
        signed = forged({"_sd": [digest_of(strange)]}).split("~", maxsplit=1)[0]
        assert refused_for(f"{signed}~{strange}~") == "disclosure-wrong"

    def test_two_of_one_name(self) -> None:
        two = [disclosure_of("name", value, salt=bytes(16)) for value in ("one", "another")]
        signed = forged({"_sd": sorted(map(digest_of, two))}).split("~", maxsplit=1)[0]
        assert open_credential(f"{signed}~{two[0]}~", PEM, AT).claims == {"name": "one"}
        assert refused_for(f"{signed}~{two[0]}~{two[1]}~") == "disclosure-wrong"

    @pytest.mark.parametrize(
        "content",
        [b"5", b'"abc"', b"{}", b"[]", b'["s","name"]', b'["s","name",1,2]', b'[1,"name",1]', b'["s",1,1]', b"\xff"],
    )
    def test_one_that_is_no_disclosure(self, content: bytes) -> None:
        strange = encoded(content)
        signed = forged({"_sd": [digest_of(strange)]}).split("~", maxsplit=1)[0]
        assert refused_for(f"{signed}~{strange}~") == "disclosure-wrong"

    def test_an_empty_one(self) -> None:
        assert refused_for(WHOLE + "~") == "disclosure-wrong"


class TestMutants:
    @pytest.mark.parametrize("text", [WHOLE, SHOWN], ids=["whole", "shown"])
    def test_no_change_of_a_character_is_accepted(self, text: str) -> None:
        chosen_by = random.Random(len(text))
        for _ in range(300):
            at, other = chosen_by.randrange(len(text)), chosen_by.choice("ABCxyz0189-_.~= ")
            if text[at] != other:
                refused_for(text[:at] + other + text[at + 1 :])

    def test_no_missing_or_repeated_stretch_is_accepted_where_the_holder_signed_what_is_shown(self) -> None:
        chosen_by = random.Random(7)
        for _ in range(300):
            start, length = chosen_by.randrange(len(SHOWN)), chosen_by.randint(1, 120)
            stretch = SHOWN[start : start + length] if length % 2 else ""
            refused_for(SHOWN[:start] + 2 * stretch + SHOWN[start + length :])


def encoded(content: bytes) -> str:
    return b64(content).rstrip(b"=").decode()
