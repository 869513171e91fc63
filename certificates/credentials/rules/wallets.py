"""What wallets sign: small tokens by the key of a wallet, by ES256 and nothing else. Pure."""

from typing import Any

import orjson
from joserfc import jws
from joserfc.errors import JoseError

from certificates.credentials.rules.claims import WalletKey
from certificates.sealing.errors import SealRefused
from certificates.sealing.rules import ALGORITHM, REGISTRY, segments_of

Object = dict[str, Any]


def parts_of(token: str) -> tuple[Object, Object]:
    """Header and claims, not trusted yet. Refuses (ValueError) what is no JWS over a JSON object by ES256."""
    try:
        header, claims = map(orjson.loads, segments_of(token))
    except (SealRefused, ValueError):
        raise ValueError("not a token") from None
    if not isinstance(header, dict) or not isinstance(claims, dict) or header.get("alg") != ALGORITHM:
        raise ValueError("not a token")
    return header, claims


def is_signed_by(token: str, key: WalletKey) -> bool:
    """Whether this key signed it."""
    try:
        jws.deserialize_compact(token, key.imported(), registry=REGISTRY)
    except (JoseError, ValueError):
        return False
    return True
