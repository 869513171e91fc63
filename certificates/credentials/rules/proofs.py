"""A wallet proves that it holds the key that its credential is bound to (OpenID4VCI 1.0, appendix F.1). Pure."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Self

from certificates.credentials.errors import KeyProofNotValid, NonceNotValid
from certificates.credentials.rules.claims import WalletKey
from certificates.credentials.rules.wallets import is_signed_by, parts_of

TYPE = "openid4vci-proof+jwt"
HEADER = {"alg", "jwk", "typ"}
LIFETIME = timedelta(minutes=5)
SKEW = timedelta(seconds=60)

_RANDOM_BYTES = 16
_TAG_BYTES = 16
_TIME_BYTES = 6


@dataclass(frozen=True, slots=True)
class NonceKey:
    """Makes nonces that every process of the service knows again, without keeping any."""

    secret: bytes

    @classmethod
    def derived_from(cls, secret: bytes) -> Self:
        """The key for this purpose alone of a secret that serves others as well."""
        return cls(hmac.digest(secret, b"onevisit credential nonce", "sha256"))

    def new(self, entropy: bytes, *, at: datetime) -> str:
        """A nonce, good for five minutes from now. Nobody else can make one, and no two have the same entropy."""
        return self._spelled(int(at.timestamp()).to_bytes(_TIME_BYTES) + entropy[:_RANDOM_BYTES])

    def check(self, nonce: str, *, at: datetime) -> bytes:
        """A name for the nonce, to remember that it was used. Refuses (NonceNotValid) one that is not ours, or old."""
        try:
            said = urlsafe_b64decode(nonce + "=" * (-len(nonce) % 4))[:-_TAG_BYTES]
        except ValueError:
            raise NonceNotValid from None
        if not hmac.compare_digest(nonce.encode(), self._spelled(said).encode()):
            raise NonceNotValid
        age = at.timestamp() - int.from_bytes(said[:_TIME_BYTES])
        if not -SKEW.total_seconds() <= age <= LIFETIME.total_seconds():
            raise NonceNotValid
        return sha256(said).digest()

    def _spelled(self, said: bytes) -> str:
        tag = hmac.digest(self.secret, said, "sha256")[:_TAG_BYTES]
        return urlsafe_b64encode(said + tag).decode().rstrip("=")


def proven_key(proof: str, *, audience: str, at: datetime) -> tuple[WalletKey, str]:
    """The key that this proof is by, and the nonce that it answers. Refuses (KeyProofNotValid) a proof of another kind,
    by another key than it names, for somebody else, or not of these minutes.
    """
    try:
        header, claims = parts_of(proof)
    except ValueError:
        raise KeyProofNotValid("unreadable") from None
    if header.keys() != HEADER or header["typ"] != TYPE:
        raise KeyProofNotValid("header-not-allowed")
    key = _key_in(header["jwk"])
    if not is_signed_by(proof, key):
        raise KeyProofNotValid("signature-wrong")
    if claims.get("aud") != audience:
        raise KeyProofNotValid("another-audience")
    made, nonce = claims.get("iat"), claims.get("nonce")
    if not isinstance(made, int) or not -SKEW.total_seconds() <= at.timestamp() - made <= LIFETIME.total_seconds():
        raise KeyProofNotValid("not-fresh")
    if not isinstance(nonce, str):
        raise NonceNotValid
    return key, nonce


def _key_in(jwk: object) -> WalletKey:
    if not isinstance(jwk, dict) or "d" in jwk:
        raise KeyProofNotValid("header-not-allowed")
    try:
        key = WalletKey.model_validate({name: jwk.get(name) for name in WalletKey.model_fields})
        key.imported()
    except ValueError:
        raise KeyProofNotValid("header-not-allowed") from None
    return key
