"""Which keys a client may prove itself by."""

from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from identity.administration.errors import KeyNotUsable, PrivateKeySent
from identity.administration.rules import public_key, with_key
from shared.jose import SigningKey

GOOD = SigningKey.generate().public_jwk()


def test_a_key_is_kept_with_its_public_members_and_its_thumbprint_alone() -> None:
    bare = {name: GOOD[name] for name in ("kty", "crv", "x", "y")}
    assert public_key({**bare, "x5u": "https://elsewhere.test", "key_ops": ["verify"]}) == GOOD


@pytest.mark.parametrize(
    ("jwk", "reason"),
    [
        ({}, "kind"),
        ({"kty": ["EC"], "crv": "P-256"}, "kind"),
        ({**GOOD, "crv": "P-521"}, "kind"),
        (ECKey.generate_key("P-384").as_dict(private=False), "kind"),
        (RSAKey.generate_key(2048).as_dict(private=False), "kind"),
        (OKPKey.generate_key("X25519").as_dict(private=False), "kind"),
        ({**GOOD, "x": GOOD["y"]}, "point"),
        ({**GOOD, "x": "AA"}, "point"),
        ({**GOOD, "y": None}, "point"),
        ({**GOOD, "x": "not base64!"}, "point"),
        ({"kty": "EC", "crv": "P-256", "x": GOOD["x"]}, "point"),
        ({"kty": "OKP", "crv": "Ed25519", "x": "AA"}, "point"),
        ({**GOOD, "kid": "a/b"}, "kid"),
        ({**GOOD, "kid": 7}, "kid"),
        ({**GOOD, "kid": "k" * 65}, "kid"),
    ],
)
def test_what_is_no_such_key_is_refused_with_the_part_that_is_wrong(jwk: dict[str, Any], reason: str) -> None:
    with pytest.raises(KeyNotUsable) as refused:
        public_key(jwk)
    assert refused.value.members == {"reason": reason}


@pytest.mark.parametrize("secret", [SigningKey.generate().key.as_dict(private=True), OctKey.generate_key().as_dict()])
def test_a_secret_is_refused_whatever_it_opens(secret: dict[str, Any]) -> None:
    with pytest.raises(PrivateKeySent):
        public_key(secret)


def test_a_key_that_is_there_is_not_added_again_by_whatever_name() -> None:
    assert with_key([GOOD], {**GOOD, "kid": "another"}) is None
