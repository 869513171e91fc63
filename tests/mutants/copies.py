"""Copies for one purpose (加注件), and changes by who wants one for another purpose, for longer, or a certificate."""

from collections.abc import Mapping
from datetime import timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

import orjson

from certificates.copies.rules import COPY_TYPE, copy_file, watermark_of
from certificates.copies.schemas import CertificateCopy
from certificates.sealing.rules import TYPE as SEAL_TYPE
from certificates.verification.offline import verify_document
from tests.certificates.seals import AT, HEALTH
from tests.mutants import pages
from tests.mutants.anywhere import Twist
from tests.mutants.city import BUNDLE, CITY, PEM, some_document
from tests.mutants.tokens import by, joined, parts

_PURPOSES: Final = ("办理入学登记", "办理银行开户", "租房", "opening an account", "for the embassy")


def some_copy(rng: Random) -> CertificateCopy:
    """Another one each time: of another certificate, for another purpose, until another day."""
    document = some_document(rng)
    purpose, made_on = rng.choice(_PURPOSES), AT.date()
    last = made_on + timedelta(days=rng.randrange(366))
    last = min(last, document.valid_until or last)
    return CertificateCopy(
        id=UUID(int=rng.getrandbits(128), version=4),
        certificate=document,
        purpose=purpose,
        watermark=watermark_of(purpose, made_on=made_on, valid_until=last),
        made_at=AT,
        valid_until=last,
    )


def pdf(rng: Random) -> bytes:
    return CITY.copy_pdf(some_copy(rng))


def file(rng: Random) -> bytes:
    return CITY.copy_file(some_copy(rng))


def seal(rng: Random) -> bytes:
    return seal_in(file(rng))


def seal_in(shown: bytes) -> bytes:
    return bytes(orjson.loads(shown)["seal"], "ascii")


def is_a_copy(shown: bytes) -> bool:
    """Genuine, and said to be for one purpose only and until when."""
    verdict = verify_document(shown, PEM, AT, bundle=BUNDLE)
    return verdict.genuine and verdict.purpose in _PURPOSES and verdict.purpose_until is not None


def _says(rng: Random, token: bytes) -> dict[str, Any]:
    """What the copy would say if it were good for anything, for ever, or of somebody else."""
    said: dict[str, Any] = orjson.loads(parts(token)[1])
    other = some_document(rng).model_dump(mode="json", exclude_unset=True)
    changes: tuple[dict[str, Any], ...] = (
        {"purpose": "办理任何事项"},
        {"valid_until": "2099-12-31"},
        {"watermark": {"zh": "有效", "en": "valid"}},
        {"made_at": "2030-01-01T00:00:00Z"},
        {"certificate": other},
        {"certificate": {**said["certificate"], "claims": other["claims"]}},
        {"id": str(UUID(int=rng.getrandbits(128), version=4))},
    )
    return {**said, **rng.choice(changes)}


def says_more(rng: Random, token: bytes) -> bytes:
    """Another purpose, a later day, another certificate, under the old signature."""
    header, _, signature = parts(token)
    return joined(header, orjson.dumps(_says(rng, token), option=orjson.OPT_SORT_KEYS), lambda _: signature)


def as_the_certificate(rng: Random, token: bytes) -> bytes:
    """Called a certificate's seal: what the copy says, or what is certified in it, under either signature."""
    header, payload, signature = parts(token)
    said = orjson.loads(payload)
    document = orjson.dumps(said["certificate"], option=orjson.OPT_SORT_KEYS)
    others = (
        ({**header, "typ": SEAL_TYPE}, payload, lambda _: signature),
        ({**header, "typ": SEAL_TYPE}, document, lambda _: signature),
        ({**header, "typ": SEAL_TYPE}, payload, by(HEALTH.code)),
        (header, document, by(HEALTH.code)),
    )
    return joined(*rng.choice(others))


def of_the_certificate(rng: Random, token: bytes) -> bytes:
    """The certificate's own true seal, called a copy's, with nothing of what it is for."""
    header, _, signature = parts(CITY.file(some_document(rng)).rpartition(b'"seal":"')[2][:-2])
    payload = orjson.dumps(orjson.loads(parts(token)[1])["certificate"], option=orjson.OPT_SORT_KEYS)
    return joined({**header, "typ": COPY_TYPE}, payload, rng.choice((lambda _: signature, by(HEALTH.code))))


def seal_of_another(rng: Random, shown: bytes) -> bytes:
    """What is read is of one copy, what is sealed of another."""
    return shown[: shown.index(b',"seal":"')] + b',"seal":"' + seal(rng) + b'"}'


def called_a_certificate(_: Random, shown: bytes) -> bytes:
    """A copy's file in the members of a certificate's."""
    told = orjson.loads(shown)
    return orjson.dumps({"certificate": told["copy"]["certificate"], "seal": told["seal"]})


def certificate_called_a_copy(rng: Random, _: bytes) -> bytes:
    """A certificate's true seal, in the file of a copy."""
    token = orjson.loads(CITY.file(some_document(rng)))["seal"]
    return copy_file(token)


def seal_of_another_page(rng: Random, page: bytes) -> bytes:
    """The seal of another page of this city: of another copy, or of a certificate."""
    other = rng.choice((pdf, lambda rng: CITY.pdf(some_document(rng))))(rng)
    return pages.with_seal(page, pages.seal_in(other))


def named(*twists: Twist) -> dict[str, Twist]:
    return {twist.__name__.replace("_", "-"): twist for twist in twists}


SEAL_TWISTS: Final[Mapping[str, Twist]] = named(says_more, as_the_certificate, of_the_certificate)
FILE_TWISTS: Final[Mapping[str, Twist]] = named(seal_of_another, called_a_certificate, certificate_called_a_copy)
PAGE_TWISTS: Final[Mapping[str, Twist]] = named(seal_of_another_page)
