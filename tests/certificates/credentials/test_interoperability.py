"""What we issue is read, shown and verified by libraries that nobody here wrote, and what they show is read by us.

They look at the clock themselves; so here all is made now.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from cryptography import x509
from jwcrypto.jwk import JWK
from jwcrypto.jws import InvalidJWSSignature
from openvc.keys import P256SigningKey
from openvc.openid4vci import verify_credential_request_proofs
from openvc.proof.errors import ProofError
from openvc.proof.sd_jwt import SdJwtVcProofSuite
from openvc.status.token_status_list import check_token_status
from openvc.x5c import load_x5c_chain, validate_cert_chain
from sd_jwt.holder import SDJWTHolder
from sd_jwt.verifier import SDJWTVerifier

from certificates.credentials.rules import Challenge, open_credential
from certificates.issuing.model import State
from certificates.sealing.authority import Office, new_root
from certificates.sealing.rules import key_of, segments_of
from certificates.status.rules import list_uri, packed, signed_list
from tests.certificates.credentials.making import a_credential, held
from tests.certificates.seals import HEALTH, signer_for
from tests.certificates.wallets import Wallet, chosen
from tests.support.tokens import ISSUER

NOW = datetime.now(UTC)
ROOT = new_root(at=NOW)
SIGNER = signer_for(ROOT, HEALTH, at=NOW)
SEAL = SIGNER.certificate_of(HEALTH.code)
WALLET = Wallet()
WHOLE = a_credential(signer=SIGNER, wallet=WALLET, at=NOW)
ASKED = Challenge(audience="https://kindergarten.test", nonce="3f1c")
SHOWN = {"name": "𠮷娃", "birth-date": "2026-11-20"}


def public_key(*_: object) -> JWK:
    """The issuer's key, from the certificate in the header."""
    return JWK.from_json(orjson.dumps(key_of(SEAL).as_dict(private=False)).decode())


def verified_by_sd_jwt(text: str, challenge: Challenge | None = None) -> dict[str, Any]:
    asked = {} if challenge is None else {"expected_aud": challenge.audience, "expected_nonce": challenge.nonce}
    found: dict[str, Any] = SDJWTVerifier(text, public_key, **asked).get_verified_payload()
    return found


def verified_by_openvc(text: str, challenge: Challenge | None = None) -> dict[str, Any]:
    found = SdJwtVcProofSuite().verify(
        text,
        public_key_jwk=key_of(SEAL).as_dict(private=False),
        audience=None if challenge is None else challenge.audience,
        nonce=None if challenge is None else challenge.nonce,
        require_key_binding=challenge is not None,
        expected_vct=f"{ISSUER}/v1/credential-types/birth-medical-certificate",
    )
    return dict(found.claims)


@pytest.mark.parametrize("verified", [verified_by_sd_jwt, verified_by_openvc])
class TestOurs:
    def test_says_the_same_to_others_as_to_us(self, verified: Any) -> None:
        ours = open_credential(WHOLE, ROOT.certificate_pem(), NOW)
        theirs = verified(WHOLE)
        assert {name: theirs[name] for name in ours.claims} == ours.claims
        assert theirs["vct"] == f"{ISSUER}/v1/credential-types/{ours.kind}"

    def test_shows_to_others_what_its_holder_chose_and_no_more(self, verified: Any) -> None:
        theirs = verified(WALLET.presented(WHOLE, *SHOWN, challenge=ASKED, at=NOW), ASKED)
        assert theirs.items() >= SHOWN.items()
        assert "birth-weight-grams" not in theirs

    def test_is_refused_by_others_where_another_key_answers(self, verified: Any) -> None:
        stolen = Wallet().presented(WHOLE, "name", challenge=ASKED, at=NOW)
        with pytest.raises((ProofError, InvalidJWSSignature)):
            verified(stolen, ASKED)

    def test_is_refused_by_others_where_a_claim_is_another_s(self, verified: Any) -> None:
        signed, *_ = WHOLE.split("~")
        other = a_credential(held(claims={"name": "another"}), signer=SIGNER, wallet=WALLET, at=NOW)
        mixed = "~".join((signed, *other.split("~")[1:]))
        if verified is verified_by_openvc:
            with pytest.raises(ProofError):
                verified(mixed)
        else:  # this one leaves out what no digest stands for
            assert "name" not in verified(mixed)


class TestTheirs:
    def test_what_another_s_wallet_shows_is_read_by_us(self) -> None:
        holder = SDJWTHolder(WHOLE)
        key = JWK.from_json(orjson.dumps(WALLET.key.as_dict(private=True)).decode())
        holder.create_presentation(dict.fromkeys(SHOWN, True), ASKED.nonce, ASKED.audience, key)
        opened = open_credential(holder.sd_jwt_presentation, ROOT.certificate_pem(), datetime.now(UTC), challenge=ASKED)
        assert (opened.is_held, opened.claims) == (True, SHOWN)

    def test_and_what_yet_another_s_shows(self) -> None:
        key = P256SigningKey.from_jwk(dict(WALLET.key.as_dict(private=True)), "wallet")
        shown = SdJwtVcProofSuite().create_presentation(
            chosen(WHOLE, set(SHOWN)), holder_key=key, audience=ASKED.audience, nonce=ASKED.nonce
        )
        opened = open_credential(shown, ROOT.certificate_pem(), datetime.now(UTC), challenge=ASKED)
        assert (opened.is_held, opened.claims) == (True, SHOWN)


def test_the_proof_of_a_wallet_s_key_is_the_one_that_others_ask_for() -> None:
    request = {"credential_configuration_id": "x", "proofs": {"jwt": [WALLET.proof("n-1", at=NOW)]}}
    (proof,) = verify_credential_request_proofs(
        request, credential_issuer=ISSUER, check_nonce=lambda nonce: nonce == "n-1"
    )
    assert proof.public_jwk.items() >= WALLET.public.model_dump().items()


def test_the_certificate_in_its_header_leads_to_the_root() -> None:
    header = orjson.loads(segments_of(WHOLE.split("~")[0])[0])
    (leaf,) = load_x5c_chain(header["x5c"])
    validate_cert_chain(leaf, [], trust_anchors=[ROOT.certificate], now=NOW + timedelta(seconds=1))
    assert isinstance(leaf, x509.Certificate)


@pytest.mark.parametrize(
    ("state", "revoked", "suspended"),
    [(State.VALID, False, False), (State.REVOKED, True, False), (State.WITHHELD, False, True)],
)
def test_its_state_is_found_by_others_in_our_list(state: State, revoked: bool, suspended: bool) -> None:
    office = SIGNER.certificate_of(Office.STATUS)
    token = signed_list(
        packed({state: [4_242]}),
        uri=list_uri(ISSUER, 3),
        certificate=office,
        sign=lambda m: SIGNER.sign(office, m),
        crl_number=1,
        at=NOW,
    )

    def resolve(uri: str) -> dict[str, Any]:
        claims: dict[str, Any] = orjson.loads(segments_of(token)[1])
        assert claims["sub"] == uri
        return claims

    found = check_token_status(verified_by_openvc(WHOLE), resolve_status_list_token=resolve)
    assert found is not None
    assert (found.revoked, found.suspended) == (revoked, suspended)
