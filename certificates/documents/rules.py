"""What stands on a page and in its QR code. Pure."""

from collections.abc import Iterable, Mapping
from datetime import date
from hashlib import sha256
from typing import Final

from cryptography import x509
from pydantic import JsonValue

from certificates.copies.schemas import CertificateCopy
from certificates.issuing.model import Certificate, State
from certificates.sealing.rules import ALGORITHM, Header, Sign, compact_jws, thumbprint_of
from certificates.sealing.schemas import CertificateDocument
from shared.canonical import canonical_json
from shared.schemas import Text
from shared.texts import recognisable

QR_TYPE: Final = "certificate-qr+jwt"
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
Page = dict[str, JsonValue]


def may_be_printed(certificate: Certificate, *, day: date) -> bool:
    """Whether a document may be made of it: only while it is valid, to the last day.

    A page that is sealed and timestamped today, of a certificate that was withheld or ended yesterday, would be false
    in itself. Who needs its history asks the issuer; the sealed file stays with its holder (`/document`).
    """
    return certificate.state is State.VALID and (certificate.valid_until is None or day <= certificate.valid_until)


def page(
    document: CertificateDocument,
    *,
    labels: Mapping[str, Text],
    words: Mapping[str, Text],
    order: Iterable[str],
    number: Text | None = None,
    verify: str,
) -> Page:
    """Everything that a template draws, made from what is sealed alone, so that page and seal say the same.

    `number`, which is the holder's, is sealed as a digest, and checked before it comes here.
    """
    ranks = {code: rank for rank, code in enumerate(order)}
    codes = sorted(document.claims, key=lambda code: (ranks.get(code, len(ranks)), code))
    return {
        "title": document.kind_label.model_dump(),
        "number": document.number,
        "issuer": document.issuer.name.model_dump(),
        "issued_on": _day(document.issued_on).model_dump(),
        "validity": _validity(document.valid_from, document.valid_until).model_dump(),
        "claims": [
            {
                "code": code,
                "label": (labels.get(code) or named(code)).model_dump(),
                "value": printed(document.claims[code], words).model_dump(),
            }
            for code in codes
        ],
        "identity_number": number.model_dump() if number else None,
        "verify": verify,
    }


def copy_page(shown: Page, copy: CertificateCopy) -> Page:
    """The page of a copy: its certificate's, and across it and at its foot what it is for, until when."""
    told: dict[str, JsonValue] = {
        "purpose": copy.purpose,
        "watermark": copy.watermark.model_dump(),
        "valid_until": _day(copy.valid_until).model_dump(),
    }
    return {**shown, "copy": told}


def number_shown(number: str | None, *, wanted: bool) -> Text | None:
    """What stands where the law wants the holder's number: a newborn's page can be older than its number."""
    if number is not None:
        return Text(zh=number, en=number)
    return Text(zh="签发时尚未登记", en="not registered when issued") if wanted else None


def named(code: str) -> Text:
    """What a datum is called where the catalogue does not say."""
    return Text(zh=code, en=code.replace("-", " ").capitalize())


def printed(value: JsonValue, words: Mapping[str, Text]) -> Text:
    """A value in both languages: days as people write them, the code of a fixed set as its word, else as it is."""
    if isinstance(value, bool):
        return Text(zh="是" if value else "否", en="Yes" if value else "No")
    if isinstance(value, list | dict):
        plain = canonical_json(value).decode()
        return Text(zh=plain, en=plain)
    plain = "—" if value is None else str(value)
    if plain in words:
        return words[plain]
    day = _day_in(plain)
    return _day(day) if day is not None else Text(zh=plain, en=plain)


def _day_in(plain: str) -> date | None:
    try:
        return date.fromisoformat(plain) if len(plain) == 10 else None
    except ValueError:
        return None


def _day(day: date) -> Text:
    return Text(zh=f"{day.year}年{day.month}月{day.day}日", en=f"{day.day} {_MONTHS[day.month - 1]} {day.year}")


def _validity(start: date, end: date | None) -> Text:
    first = _day(start)
    if end is None:
        return Text(zh=f"{first.zh}起长期有效", en=f"from {first.en}, without end")
    last = _day(end)
    return Text(zh=f"{first.zh}至{last.zh}", en=f"{first.en} to {last.en}")


def holder_on_code(certificate: Certificate) -> str | None:
    """Of the holder only what lets people recognise the name that they see: a code is photographed by everybody.

    A code is on paper for years, and verification compares it with this: the answer for a name must stay the same.
    """
    name = certificate.claims.get("name")
    return recognisable(name) if isinstance(name, str) and name else None


def qr_payload(certificate: Certificate) -> bytes:
    """What the QR code says: enough to compare with the page, and to ask for the state. Canonical JSON."""
    return canonical_json(
        {
            "certificate": str(certificate.id),
            "number": certificate.number,
            "kind": certificate.kind,
            "issuer": certificate.issuer,
            "holder": holder_on_code(certificate),
            "issued_on": certificate.issued_on.isoformat(),
            "valid_until": certificate.valid_until.isoformat() if certificate.valid_until else None,
            "status": {"list": certificate.status_list, "index": certificate.status_index},
        }
    )


def qr_text(certificate: Certificate, *, verify: str, seal: x509.Certificate, sign: Sign) -> str:
    """What the QR code holds: the page that verifies, and after `#`, so that it never reaches a server, a JWS

    (`certificate-qr+jwt`) by the issuing department over `qr_payload`.
    """
    header: Header = {"alg": ALGORITHM, "kid": thumbprint_of(seal), "typ": QR_TYPE}
    return f"{verify}#{compact_jws(header, qr_payload(certificate), sign)}"


def content_of(file: bytes, shown: Page, *, typesetting: bytes, chain: bytes) -> bytes:
    """The digest of all that goes into a document: sealed file, what is shown, how it is set, who seals and stamps it.

    `chain`: all certificates of whose keys do.
    """
    parts = (file, canonical_json(shown), typesetting, chain)
    return sha256(b"".join(sha256(part).digest() for part in parts)).digest()
