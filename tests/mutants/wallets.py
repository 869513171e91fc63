"""Changes to credentials, by who holds one and by who only saw one (RFC 9901 section 9)."""

from base64 import urlsafe_b64decode
from collections.abc import Mapping
from random import Random
from typing import Any, Final

import orjson
from joserfc.jwk import ECKey

from certificates.credentials.errors import NotACredential
from certificates.credentials.rules import Challenge, open_credential
from certificates.credentials.rules.disclosures import digest_of, disclosure_of
from tests.certificates.credentials.making import a_credential, held
from tests.certificates.seals import AT
from tests.certificates.wallets import Wallet
from tests.mutants.anywhere import Twist
from tests.mutants.city import CITY, PEM, some_document
from tests.mutants.tokens import TOKEN_TWISTS, encoded, parts

WALLET: Final = Wallet()
CHALLENGE: Final = Challenge(audience="https://kindergarten.test", nonce="3f1c")


def credential(rng: Random) -> bytes:
    """As a wallet keeps it, of another certificate each time."""
    document = some_document(rng)
    assert document.status is not None
    said: dict[str, Any] = {
        "id": document.certificate,
        "number": document.number,
        "claims": dict(document.claims),
        "issued_on": document.issued_on,
        "valid_from": document.valid_from,
        "valid_until": document.valid_until,
        "status_list": document.status.list,
        "status_index": document.status.index,
    }
    return a_credential(held(**said), signer=CITY.signer, wallet=WALLET).encode()


def presentation(rng: Random) -> bytes:
    """As a wallet shows some of it to who asked."""
    whole = credential(rng).decode()
    names = rng.sample(("name", "birth-date", "birth-weight-grams", "certificate_number"), rng.randint(1, 4))
    return WALLET.presented(whole, *names, challenge=CHALLENGE, at=AT).encode()


def is_believed(shown: bytes) -> bool:
    return _opens(shown, None)


def is_held(shown: bytes) -> bool:
    """Believed to be shown by who holds its key, to who asked."""
    return _opens(shown, CHALLENGE)


def _opens(shown: bytes, challenge: Challenge | None) -> bool:
    try:
        open_credential(shown.decode("latin-1"), PEM, AT, challenge=challenge)
    except NotACredential:
        return False
    return True


def shows_less(mutant: bytes, genuine: bytes) -> bool:
    """Its holder shows what they like of it, in any order: no other thing."""
    if b"~" not in mutant:
        return False
    signed, *shown, proof = mutant.split(b"~")
    first, *every, _ = genuine.split(b"~")
    return (signed, proof) == (first, b"") and len(shown) == len({*shown}) and {*shown} <= {*every}


def in_issuer_part(twist: Twist) -> Twist:
    def changed(rng: Random, shown: bytes) -> bytes:
        signed, _, rest = shown.partition(b"~")
        return twist(rng, signed) + b"~" + rest

    return changed


def shown_twice(rng: Random, shown: bytes) -> bytes:
    signed, *disclosures, proof = shown.split(b"~")
    return b"~".join((signed, *disclosures, rng.choice(disclosures), proof))


def of_another(rng: Random, shown: bytes) -> bytes:
    """A true disclosure, of another credential."""
    signed, *disclosures, proof = shown.split(b"~")
    other = rng.choice(credential(rng).split(b"~")[1:-1])
    return b"~".join((signed, *disclosures[: rng.randrange(len(disclosures))], other, proof))


def says_otherwise(rng: Random, shown: bytes) -> bytes:
    """A disclosure with its salt, and another name or value."""
    signed, *disclosures, proof = shown.split(b"~")
    place = rng.randrange(len(disclosures))
    salt, name, value = orjson.loads(_decoded(disclosures[place]))
    other = rng.choice(([salt, name, f"{value}x"], [salt, "exp", 2**33], [salt, "cnf", {}], [salt, name]))
    disclosures[place] = encoded(orjson.dumps(other))
    return b"~".join((signed, *disclosures, proof))


def digest_added(rng: Random, shown: bytes) -> bytes:
    """A claim of one's own, its digest put into the credential under the old signature."""
    signed, *disclosures, proof = shown.split(b"~")
    header, payload, signature = parts(signed)
    own = disclosure_of("name", "王小明", salt=rng.randbytes(16))
    said = orjson.loads(payload)
    said["_sd"] = sorted([*said["_sd"], digest_of(own)])
    forged = b".".join(map(encoded, (orjson.dumps(header), orjson.dumps(said), signature)))
    return b"~".join((forged, *disclosures, own.encode(), proof))


def false_proof(rng: Random, shown: bytes) -> bytes:
    """A proof of another key, for another audience or nonce, of long ago or later, in another form, or none."""
    text, _, _ = shown.rpartition(b"~")
    bare = text.decode() + "~"
    changes: dict[str, Any] = rng.choice(
        (
            {"aud": "https://elsewhere.test"},
            {"nonce": "another"},
            {"iat": int(AT.timestamp()) - rng.randint(400, 40_000)},
            {"iat": int(AT.timestamp()) + rng.randint(100, 40_000)},
            {"sd_hash": "x"},
            {"aud": None},
            {"nonce": None},
            {"sd_hash": None},
            {"header": {"typ": "JWT"}},
            {"header": {"jwk": {}}},
            {"header": {"kid": "x"}},
            {"key": ECKey.generate_key("P-256")},
        )
    )
    wallet = Wallet(changes.pop("key", WALLET.key))
    return wallet.presented(bare, *_names(bare), challenge=CHALLENGE, at=AT, **changes).encode()


def proof_of_less(_: Random, shown: bytes) -> bytes:
    """A claim is left out, or none shown, after the proof was made."""
    signed, *disclosures, proof = shown.split(b"~")
    return b"~".join((signed, *disclosures[1:], proof))


def no_proof(_: Random, shown: bytes) -> bytes:
    return shown.rpartition(b"~")[0] + b"~"


def _names(bare: str) -> list[str]:
    return [str(orjson.loads(_decoded(each.encode()))[1]) for each in bare.split("~")[1:-1]]


def _decoded(disclosure: bytes) -> bytes:
    return urlsafe_b64decode(disclosure + b"=" * (-len(disclosure) % 4))


_BOTH: Final = (shown_twice, of_another, says_otherwise, digest_added)
_PROOFS: Final = (false_proof, proof_of_less, no_proof)


def named(*twists: Twist) -> dict[str, Twist]:
    return {twist.__name__.replace("_", "-"): twist for twist in twists}


_ISSUER: Final = {name: in_issuer_part(twist) for name, twist in TOKEN_TWISTS.items()}
CREDENTIAL_TWISTS: Final[Mapping[str, Twist]] = {**_ISSUER, **named(*_BOTH)}
PRESENTATION_TWISTS: Final[Mapping[str, Twist]] = {**_ISSUER, **named(*_BOTH, *_PROOFS)}
