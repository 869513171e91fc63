"""A certificate that could be put into a wallet, and the credential that it becomes."""

from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

import orjson

from certificates.credentials.rules import Challenge, disclosures_of, signed_credential
from certificates.issuing.model import Certificate, State
from certificates.sealing.ports import Signer
from certificates.sealing.rules import compact_jws, header_for, segments_of
from tests.certificates.seals import AT, HEALTH, SECURITY, a_document, a_root, signer_for
from tests.certificates.wallets import Wallet
from tests.support.tokens import ISSUER

ZONE = "Asia/Shanghai"
ROOT = a_root()
PEM = ROOT.certificate_pem()
SIGNER = signer_for(ROOT, HEALTH, SECURITY)
SEAL = SIGNER.certificate_of(HEALTH.code)
WALLET = Wallet()
CHALLENGE = Challenge(audience="https://kindergarten.test", nonce="3f1c")


def held(**changes: object) -> Certificate:
    """The health commission's birth medical certificate as the register has it."""
    document = a_document()
    fields: dict[str, Any] = {
        "id": document.certificate,
        "number": document.number,
        "version": document.version,
        "predecessor": None,
        "kind": document.kind,
        "kind_label": document.kind_label.model_dump(),
        "holder": document.holder,
        "region": document.region,
        "issuer": HEALTH.code,
        "issuer_name": HEALTH.name.model_dump(),
        "case": UUID(int=3),
        "index": 0,
        "claims": dict(document.claims),
        "issued_on": document.issued_on,
        "valid_from": document.valid_from,
        "valid_until": date(2099, 11, 21),
        "state": State.VALID,
        "revision": 1,
        "seal": "",
        "status_list": 3,
        "status_index": 4_242,
        "issued_at": AT,
    }
    return Certificate(**fields | changes)


def a_credential(
    certificate: Certificate | None = None, *, signer: Signer = SIGNER, wallet: Wallet = WALLET, at: datetime = AT
) -> str:
    """As a wallet gets it, with every disclosure."""
    held_ = certificate or held()
    seal = signer.certificate_of(held_.issuer)
    return signed_credential(
        held_,
        disclosures=disclosures_of(held_, salts=[bytes([n]) * 16 for n in range(20)]),
        key=wallet.public,
        platform=ISSUER,
        zone=ZONE,
        certificate=seal,
        sign=partial(signer.sign, seal),
        at=at,
    )


def forged(changes: dict[str, Any], *, header: dict[str, Any] | None = None, issuer: str = HEALTH.code) -> str:
    """What a department would issue that does not keep to the form: other claims or header, a true signature."""
    signed, *disclosures = a_credential().split("~")
    claims = orjson.loads(segments_of(signed)[1]) | changes
    seal = SIGNER.certificate_of(issuer)
    head: Any = {**header_for(seal, typ="dc+sd-jwt"), **(header or {})}
    said = orjson.dumps({name: claims[name] for name in sorted(claims) if claims[name] is not None})
    return "~".join((compact_jws(head, said, partial(SIGNER.sign, seal)), *disclosures))
