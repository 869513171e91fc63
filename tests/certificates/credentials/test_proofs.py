"""A wallet proves its key with a token that is its own, for us, of these minutes, and an answer to our nonce."""

import hmac
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any

import orjson
import pytest

from certificates.credentials.errors import KeyProofNotValid, NonceNotValid
from certificates.credentials.rules import NonceKey, proven_key
from certificates.sealing.rules import header_for
from tests.certificates.credentials.making import SEAL, WALLET
from tests.certificates.seals import AT
from tests.certificates.wallets import Wallet
from tests.support.tokens import ISSUER

NONCES = NonceKey.derived_from(b"a secret that serves other purposes as well")
NONCE = NONCES.new(bytes(16), at=AT)
PUBLIC = WALLET.public.model_dump()


def refused_for(proof: str, **when: float) -> object:
    with pytest.raises(KeyProofNotValid) as refusal:
        proven_key(proof, audience=ISSUER, at=AT + timedelta(**when))
    return refusal.value.members["reason"]


class TestProof:
    def test_names_the_key_and_the_nonce(self) -> None:
        assert proven_key(WALLET.proof(NONCE, at=AT), audience=ISSUER, at=AT) == (WALLET.public, NONCE)

    def test_what_it_says_beside_is_of_no_matter(self) -> None:
        jwk = {"jwk": {**PUBLIC, "use": "sig", "kid": "1", "alg": "ES256"}}
        proof = WALLET.proof(NONCE, at=AT, header=jwk, iss="a-wallet", jti="1")
        assert proven_key(proof, audience=ISSUER, at=AT) == (WALLET.public, NONCE)

    @pytest.mark.parametrize("aud", [None, "https://elsewhere.test", [ISSUER], "", f"{ISSUER}/"])
    def test_for_somebody_else(self, aud: object) -> None:
        assert refused_for(WALLET.proof(NONCE, at=AT, aud=aud)) == "another-audience"

    @pytest.mark.parametrize("when", [{"minutes": 5, "seconds": 1}, {"seconds": -61}])
    def test_of_another_time(self, when: dict[str, float]) -> None:
        assert refused_for(WALLET.proof(NONCE, at=AT), **when) == "not-fresh"

    @pytest.mark.parametrize("iat", [None, "now", 1e300, True, []])
    def test_of_no_time(self, iat: object) -> None:
        assert refused_for(WALLET.proof(NONCE, at=AT, iat=iat)) == "not-fresh"

    def test_by_another_key_than_it_names(self) -> None:
        assert refused_for(Wallet().proof(NONCE, at=AT, header={"jwk": PUBLIC})) == "signature-wrong"

    @pytest.mark.parametrize(
        "header",
        [
            {"typ": "JWT"},
            {"typ": "kb+jwt"},
            {"kid": "did:example:1"},
            {"x5c": header_for(SEAL)["x5c"]},
            {"key_attestation": "x"},
            {"crit": ["x"], "x": 1},
            {"jwk": None},
            {"jwk": "x"},
            {"jwk": {}},
            {"jwk": PUBLIC | {"d": "A" * 43}},
            {"jwk": PUBLIC | {"crv": "P-384"}},
            {"jwk": PUBLIC | {"kty": "OKP"}},
            {"jwk": PUBLIC | {"x": "A" * 43}},
            {"jwk": PUBLIC | {"y": PUBLIC["x"]}},
            {"jwk": PUBLIC | {"x": PUBLIC["x"] + "A"}},
            {"jwk": {"kty": "oct", "k": "AAAA"}},
        ],
    )
    def test_with_another_header(self, header: dict[str, Any]) -> None:
        proof = unsafely_signed({"alg": "ES256", "typ": "openid4vci-proof+jwt", "jwk": PUBLIC, **header})
        assert refused_for(proof) == "header-not-allowed"

    @pytest.mark.parametrize("alg", ["none", "HS256", "ES384", "", None, 1])
    def test_by_another_algorithm(self, alg: object) -> None:
        head = encoded({"alg": alg, "typ": "openid4vci-proof+jwt", "jwk": PUBLIC})
        claims = WALLET.proof(NONCE, at=AT).split(".")[1]
        tag = hmac.digest(WALLET.key.as_pem(private=False), f"{head}.{claims}".encode(), "sha256")
        assert refused_for(f"{head}.{claims}.{urlsafe_b64encode(tag).decode().rstrip('=')}") == "unreadable"

    @pytest.mark.parametrize("proof", ["", ".", "..", "a.b.c", "x" * 4096, "é.é.é", "bnVsbA.bnVsbA.AAAA"])
    def test_that_is_none(self, proof: str) -> None:
        assert refused_for(proof) == "unreadable"

    @pytest.mark.parametrize("nonce", [None, 1, []])
    def test_without_a_nonce(self, nonce: object) -> None:
        with pytest.raises(NonceNotValid):
            proven_key(WALLET.proof(nonce, at=AT), audience=ISSUER, at=AT)


class TestNonce:
    def test_is_known_again_for_five_minutes(self) -> None:
        first, last = (NONCES.check(NONCE, at=AT + timedelta(minutes=minutes)) for minutes in (0, 5))
        assert first == last
        with pytest.raises(NonceNotValid):
            NONCES.check(NONCE, at=AT + timedelta(minutes=5, seconds=1))

    def test_of_another_platform_is_not(self) -> None:
        with pytest.raises(NonceNotValid):
            NonceKey.derived_from(b"another secret").check(NONCE, at=AT)

    def test_no_other_text_is_one(self) -> None:
        for text in ("", "x", "é", "A" * 51, NONCE[1:], NONCE[:-4], NONCE + "AAAA", NONCE + "=", NONCE + "!!!!"):
            with pytest.raises(NonceNotValid):
                NONCES.check(text, at=AT)
        for at in range(len(NONCE)):
            other = "A" if NONCE[at] != "A" else "B"
            with pytest.raises(NonceNotValid):
                NONCES.check(NONCE[:at] + other + NONCE[at + 1 :], at=AT)

    def test_two_are_two(self) -> None:
        other = NONCES.new(b"\x01" * 16, at=AT)
        assert NONCES.check(other, at=AT) != NONCES.check(NONCE, at=AT)


def unsafely_signed(header: dict[str, Any]) -> str:
    """Under the wallet's key, whatever the header says."""
    head = encoded({name: value for name, value in header.items() if value is not None})
    signed = f"{head}.{WALLET.proof(NONCE, at=AT).split('.')[1]}"
    signature = WALLET.signed({"alg": "ES256"}, {}).split(".")[2]
    return f"{signed}.{signature}"


def encoded(value: object) -> str:
    return urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")
