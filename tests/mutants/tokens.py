"""Changes to whatever is a compact JWS: those of the literature (RFC 8725; of tokens and signatures), and ours."""

import hmac
import zlib
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from functools import partial
from random import Random
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import Certificate

from certificates.sealing.authority import Office
from certificates.sealing.rules import header_for, lower_of
from tests.certificates.seals import HEALTH, SECURITY
from tests.mutants.anywhere import Twist
from tests.mutants.city import CITY, FORGER, PEM

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
HEADERS: tuple[Mapping[str, Any], ...] = (
    {"alg": "none"},
    {"alg": "None"},
    {"alg": "HS256"},
    {"alg": "ES384"},
    {"alg": "RS256"},
    {"alg": ["ES256"]},
    {"typ": "JWT"},
    {"typ": None},
    {"kid": "../../dev/null"},
    {"kid": "' OR 1=1--"},
    {"kid": "https://example.org/key"},
    {"kid": None},
    {"jku": "https://example.org/keys"},
    {"x5u": "https://example.org/cert"},
    {"crit": ["x"], "x": 1},
    {"crit": ["b64"], "b64": False},
    {"b64": False},
    {"zip": "DEF"},
    {"cty": "JWT"},
    {"iat": 1},
)


def parts(token: bytes) -> tuple[dict[str, Any], bytes, bytes]:
    header, payload, signature = (urlsafe_b64decode(part + b"=" * (-len(part) % 4)) for part in token.split(b"."))
    parsed: dict[str, Any] = orjson.loads(header)
    return parsed, payload, signature


def encoded(raw: bytes) -> bytes:
    return urlsafe_b64encode(raw).rstrip(b"=")


def joined(header: Any, payload: bytes, sign: Callable[[bytes], bytes]) -> bytes:
    signed = encoded(orjson.dumps(header)) + b"." + encoded(payload)
    signature = sign(signed)
    return signed + b"." + encoded(lower_of(signature) if len(signature) == 64 else signature)


def by(holder: str, city: Any = CITY) -> Callable[[bytes], bytes]:
    return partial(city.signer.sign, city.signer.certificate_of(holder))


def other_header(rng: Random, token: bytes) -> bytes:
    """Any member that could lead a verifier astray, under the old signature or the true key's."""
    header, payload, signature = parts(token)
    changed = {name: value for name, value in {**header, **rng.choice(HEADERS)}.items() if value is not None}
    return joined(changed, payload, rng.choice((lambda _: signature, by(HEALTH.code), by(Office.STATUS))))


def own_key_in_header(rng: Random, token: bytes) -> bytes:
    """A key that the token itself brings along."""
    header, payload, _ = parts(token)
    numbers = FORGER.signer.certificate_of(HEALTH.code).public_key().public_numbers()  # type: ignore[union-attr]
    jwk = {"kty": "EC", "crv": "P-256", "x": encoded(numbers.x.to_bytes(32)).decode()}  # type: ignore[union-attr]
    jwk["y"] = encoded(numbers.y.to_bytes(32)).decode()  # type: ignore[union-attr]
    return joined({**header, "jwk": jwk}, payload, by(HEALTH.code, FORGER))


def no_algorithm(rng: Random, token: bytes) -> bytes:
    header, payload, signature = parts(token)
    return joined({**header, "alg": "none"}, payload, lambda _: rng.choice((b"", signature)))


def public_key_as_secret(rng: Random, token: bytes) -> bytes:
    header, payload, _ = parts(token)
    key = CITY.signer.certificate_of(HEALTH.code).public_key()
    secrets = (
        key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        PEM,
    )
    return joined({**header, "alg": "HS256"}, payload, lambda text: hmac.digest(rng.choice(secrets), text, "sha256"))


def look_alike_chain(_: Random, token: bytes) -> bytes:
    """Sealed by a city whose certificates say the same as ours."""
    header, payload, _signature = parts(token)
    certificate = FORGER.signer.certificate_of(HEALTH.code)
    return joined(_naming(header, certificate), payload, by(HEALTH.code, FORGER))


def our_chain_their_key(_: Random, token: bytes) -> bytes:
    header, payload, _signature = parts(token)
    return joined(header, payload, by(HEALTH.code, FORGER))


def longer_chain(rng: Random, token: bytes) -> bytes:
    header, payload, signature = parts(token)
    more = rng.choice((CITY.root.certificate, FORGER.root.certificate, FORGER.signer.certificate_of(HEALTH.code)))
    chain = [*header.get("x5c", []), b64encode(more.public_bytes(Encoding.DER)).decode()]
    rng.shuffle(chain)
    return joined({**header, "x5c": chain}, payload, rng.choice((lambda _: signature, by(HEALTH.code))))


def another_office(rng: Random, token: bytes) -> bytes:
    """A true seal of this city, of somebody who may not say this."""
    header, payload, _ = parts(token)
    mine = header.get("typ") == "statuslist+jwt"
    holder = rng.choice((SECURITY.code, Office.TIMESTAMP, HEALTH.code if mine else Office.STATUS))
    return joined(_naming(header, CITY.signer.certificate_of(holder)), payload, by(holder))


def _naming(header: Mapping[str, Any], certificate: Certificate) -> dict[str, Any]:
    return {name: header_for(certificate, typ=str(header["typ"]))[name] for name in header}


def weak_signature(rng: Random, token: bytes) -> bytes:
    """r and s of zero, of the curve's order, and beyond: every verifier must refuse them by itself."""
    signed = token.rpartition(b".")[0]
    numbers = (0, 1, ORDER, ORDER - 1, ORDER + 1, 2**256 - 1)
    return signed + b"." + encoded(rng.choice(numbers).to_bytes(32) + rng.choice(numbers).to_bytes(32))


def other_spelling_of_signature(rng: Random, token: bytes) -> bytes:
    """The other of the two signatures; with padding; in DER; with zeros before or after."""
    signed, _, written = token.rpartition(b".")
    signature = parts(token)[2]
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    others = (
        encoded(signature[:32] + (ORDER - s).to_bytes(32)),
        written + b"=" * rng.randint(1, 3),
        encoded(encode_dss_signature(r, s)),
        encoded(b"\0" + signature),
        encoded(signature + b"\0"),
        encoded(signature[:32] + b"\0" + signature[32:]),
        written.replace(b"-", b"+").replace(b"_", b"/")
        + (b"=" if b"-" not in written and b"_" not in written else b""),
        written[:-1] + bytes([written[-1] ^ 1]),
    )
    return signed + b"." + rng.choice(others)


def other_spelling_of_payload(rng: Random, token: bytes) -> bytes:
    """The same content in other bytes, even under the true key."""
    header, payload, signature = parts(token)
    said = orjson.loads(payload)
    others = (
        orjson.dumps(said, option=orjson.OPT_INDENT_2),
        payload + b" ",
        b" " + payload,
        orjson.dumps(dict(reversed(said.items()))),
        payload[:-1] + b',"extra":1}',
        payload.replace(b":", b": ", 1),
    )
    if header.get("typ") == "statuslist+jwt":  # its office signs what it pleases
        return joined(header, rng.choice(others), lambda _: signature)
    return joined(header, rng.choice(others), rng.choice((lambda _: signature, by(HEALTH.code))))


def other_content(rng: Random, token: bytes) -> bytes:
    """Something else is said, under the old signature."""
    header, payload, signature = parts(token)
    said = orjson.loads(payload)
    name = rng.choice([*said])
    said[name] = rng.choice((None, 1, "x", [], {}, True, str(said[name]) + "x"))
    return joined(header, orjson.dumps(said), lambda _: signature)


def signature_of_another(rng: Random, token: bytes) -> bytes:
    """A true signature of the true key, over something else."""
    header, payload, _ = parts(token)
    return joined(header, payload, lambda text: by(HEALTH.code)(text + rng.randbytes(1)))


def encrypted_bomb(rng: Random, token: bytes) -> bytes:
    """A JWE whose content inflates without end, and other counts of parts."""
    header, payload, signature = parts(token)
    bomb = zlib.compress(bytes(rng.choice((1_000_000, 5_000_000))), 9)
    jwe = {"alg": "dir", "enc": "A256GCM", "zip": "DEF", "typ": header.get("typ")}
    others = (
        b".".join((encoded(orjson.dumps(jwe)), b"", encoded(bytes(12)), encoded(bomb), encoded(bytes(16)))),
        token + b"." + encoded(payload),
        b"." + token,
        token.rpartition(b".")[0],
        token.rpartition(b".")[0] + b".",
        encoded(payload) + b"." + encoded(signature),
    )
    return rng.choice(others)


def in_json(rng: Random, token: bytes) -> bytes:
    """The JSON serialisation (RFC 7515 section 7.2) of the same."""
    header, payload, signature = token.split(b".")
    flat = {"protected": header.decode(), "payload": payload.decode(), "signature": signature.decode()}
    general = {"payload": flat.pop("payload"), "signatures": [dict(flat)]}
    return orjson.dumps(rng.choice((general, {**flat, "payload": payload.decode()})))


TOKEN_TWISTS: Mapping[str, Twist] = {
    twist.__name__.replace("_", "-"): twist
    for twist in (
        other_header,
        own_key_in_header,
        no_algorithm,
        public_key_as_secret,
        look_alike_chain,
        our_chain_their_key,
        longer_chain,
        another_office,
        weak_signature,
        other_spelling_of_signature,
        other_spelling_of_payload,
        other_content,
        signature_of_another,
        encrypted_bomb,
        in_json,
    )
}


def plainly_signed(token: bytes, certificate: Certificate) -> bool:
    """A second opinion by primitives alone: the root signed the certificate, and the certificate's key signed this."""
    signed, _, _ = token.rpartition(b".")
    signature = parts(token)[2]
    encoded_ = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
    key, root_key = certificate.public_key(), CITY.root.certificate.public_key()
    assert isinstance(key, EllipticCurvePublicKey)
    assert isinstance(root_key, EllipticCurvePublicKey)
    try:
        root_key.verify(certificate.signature, certificate.tbs_certificate_bytes, ECDSA(SHA256()))
        key.verify(encoded_, signed, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True
