"""The city whose certificates are changed, and one that looks just like it, whose keys a forger has."""

from collections.abc import Mapping
from datetime import date, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

from certificates.issuing.rules import CertificateNumber
from certificates.sealing.schemas import CertificateDocument, StatusEntry
from certificates.verification.bundle import OpenedBundle, open_bundle
from tests.certificates.documents.pdfs import City
from tests.certificates.seals import AT, HEALTH, TYPE_CODE, a_document
from tests.certificates.verification.shown import bundle_of

CITY: Final = City()
FORGER: Final = City()
PEM: Final = CITY.signer.root_pem
SEALS: Final = [each for of_one in CITY.signer.certificates().values() for each in of_one]
BUNDLE: Final[OpenedBundle] = open_bundle(bundle_of(CITY.signer), PEM, AT)
_NAMES: Final = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张林若溪明德安然子墨雨桐"


def some_document(rng: Random) -> CertificateDocument:
    """Another one each time: number, holder, place, dates and what it says."""
    serial = f"{rng.getrandbits(128):032X}"
    issued = AT.date() - timedelta(days=rng.randrange(300))
    return a_document(
        certificate=UUID(int=rng.getrandbits(128), version=4),
        number=str(CertificateNumber.compose(type_code=TYPE_CODE, issuer=HEALTH.uscc, serial=serial)),
        holder=UUID(int=rng.getrandbits(128), version=4),
        issued_on=issued,
        valid_from=issued,
        valid_until=rng.choice((None, date(2026, 12, 31) + timedelta(days=rng.randrange(3_000)))),
        claims=_claims(rng),
        status=StatusEntry(list=0, index=rng.randrange(131_072)),
    )


def _claims(rng: Random) -> Mapping[str, Any]:
    name = "".join(rng.choice(_NAMES) for _ in range(rng.randint(2, 4)))
    born = date(2026, 1, 1) + timedelta(days=rng.randrange(300))
    return {"name": name, "birth-date": born.isoformat(), "birth-weight-grams": rng.randint(500, 6_000)}
