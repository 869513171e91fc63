"""A wallet: it proves its key, keeps credentials, and shows of them what its holder wants."""

from base64 import urlsafe_b64decode
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

import orjson
from joserfc import jws
from joserfc.jwk import ECKey
from joserfc.util import urlsafe_b64encode

from certificates.credentials.rules import Challenge, WalletKey
from certificates.sealing.rules import REGISTRY
from tests.support.tokens import ISSUER


@dataclass
class Wallet:
    """Holds one key."""

    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))

    @property
    def public(self) -> WalletKey:
        told = self.key.as_dict(private=False)
        return WalletKey.model_validate({name: told[name] for name in WalletKey.model_fields})

    def proof(self, nonce: object, *, at: datetime, header: Mapping[str, Any] | None = None, **claims: object) -> str:
        """That it holds its key. `header` and `claims` replace parts of it; None leaves one out."""
        head = {"alg": "ES256", "typ": "openid4vci-proof+jwt", "jwk": self.public.model_dump(), **(header or {})}
        said = {"aud": ISSUER, "iat": int(at.timestamp()), "nonce": nonce, **claims}
        return self.signed(head, {name: value for name, value in said.items() if value is not None})

    def presented(
        self,
        credential: str,
        *names: str,
        challenge: Challenge | None = None,
        at: datetime | None = None,
        header: Mapping[str, Any] | None = None,
        **claims: object,
    ) -> str:
        """The credential with these claims and no others, and the answer to a challenge if there is one."""
        shown = chosen(credential, names)
        if challenge is None or at is None:
            return shown
        said = {"aud": challenge.audience, "nonce": challenge.nonce, "iat": int(at.timestamp())}
        said |= {"sd_hash": urlsafe_b64encode(sha256(shown.encode()).digest()).decode(), **claims}
        head = {"alg": "ES256", "typ": "kb+jwt", **(header or {})}
        return shown + self.signed(head, {name: value for name, value in said.items() if value is not None})

    def signed(self, header: Mapping[str, Any], claims: object) -> str:
        """Whatever it is told to sign."""
        return jws.serialize_compact(dict(header), orjson.dumps(claims), self.key, registry=REGISTRY)


def chosen(credential: str, names: Collection[str]) -> str:
    """The credential with the disclosures of these claims alone."""
    signed, *disclosures, _ = credential.split("~")
    shown = [each for each in disclosures if name_in(each) in names]
    assert len(shown) == len(names)
    return "~".join((signed, *shown, ""))


def name_in(disclosure: str) -> str:
    return str(orjson.loads(urlsafe_b64decode(disclosure + "=" * (-len(disclosure) % 4)))[1])
