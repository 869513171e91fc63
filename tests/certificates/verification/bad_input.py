"""Series F (files) and T (tokens, signatures) of the catalogue of bad input, where they concern verification."""

import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from hashlib import sha256
from io import BytesIO
from random import Random
from typing import Any

import orjson
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer

from certificates.copies.rules import COPY_TYPE
from certificates.documents.cms import opened, signed_data
from certificates.documents.timestamps import new_token
from certificates.sealing.authority import Office, new_office
from certificates.sealing.rules import TYPE as SEAL_TYPE
from tests.certificates.seals import AT, HEALTH
from tests.certificates.verification.test_offline import by
from tests.mutants import copies, pages, tokens
from tests.mutants.city import CITY, FORGER, some_document
from tests.mutants.forms import SPECIMENS
from tests.mutants.wallets import CHALLENGE, WALLET, credential

RNG = Random(20)


@cache
def pdf() -> bytes:
    return CITY.pdf(some_document(RNG))


@cache
def seal() -> bytes:
    return SPECIMENS["seal"].genuine(RNG)


@cache
def copy_pdf() -> bytes:
    return SPECIMENS["copy-pdf"].genuine(RNG)


@cache
def copy_seal() -> bytes:
    return SPECIMENS["copy-seal"].genuine(RNG)


@dataclass(frozen=True)
class Bad:
    """What is sent, and the reason that must come back; `made` once it is needed."""

    entry: str
    what: str
    made: Callable[[], bytes]
    reason: str


def zipped(files: Mapping[str, bytes]) -> bytes:
    output = BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return output.getvalue()


def nested(depth: int) -> bytes:
    content = bytes(1_000_000)
    for level in range(depth):
        content = zipped({f"{level}.zip": content, f"{level}.txt": bytes(1_000_000)})
    return content


def plain(body: bytes) -> bytes:
    """A PDF of somebody's with this in its catalogue."""
    return b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R" + body + b">>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def encrypted() -> bytes:
    writer = copy_into_new_writer(PdfFileReader(BytesIO(pdf())))
    encrypt: Any = writer.encrypt  # shipped without types
    encrypt("owner", "user")
    output = BytesIO()
    write: Any = writer.write  # shipped without types
    write(output)
    return output.getvalue().replace(b"/ByteRange", b"/Elsewhere")


def bomb() -> bytes:
    """A stream of a kilobyte that inflates to a gigabyte, in a PDF."""
    deep = zlib.compress(zlib.compress(bytes(200_000_000), 9), 9)
    return plain(b"/Filter[/FlateDecode/FlateDecode]") + b"stream\n" + deep + b"\nendstream"


def revision(name: str, page: Callable[[], bytes] = pdf) -> Callable[[], bytes]:
    return lambda: pages.PAGE_TWISTS[f"revision-{name}"](RNG, page())


def header(of: Callable[[], bytes] = seal, **members: Any) -> Callable[[], bytes]:
    """A seal with other members in its header, under the true key."""

    def made() -> bytes:
        head, payload, _ = tokens.parts(of())
        return tokens.joined({**head, **members}, payload, tokens.by(HEALTH.code))

    return made


def stamped_by_expired() -> bytes:
    """A timestamp by an office of the true root whose own certificate had run out."""
    office = new_office(CITY.root, Office.TIMESTAMP, at=AT - timedelta(days=3_000))
    parts = opened(pages.seal_in(pdf()))
    imprint = sha256(parts.signature).digest()
    token = new_token(imprint, certificate=office.certificate, sign=by(office), serial=1, at=AT)
    return pages.with_seal(pdf(), signed_data(replace(parts, timestamp=token)))


def false_proof() -> bytes:
    """Of a presentation that is not this one."""
    whole = credential(RNG).decode()
    return WALLET.presented(whole, "name", challenge=CHALLENGE, at=AT, sd_hash="x").encode()


def weak(of: Callable[[], bytes] = seal) -> bytes:
    return of().rpartition(b".")[0] + b"." + tokens.encoded(bytes(64))


def longer() -> bytes:
    """The file of a copy whose readable part ends later than its seal says."""
    told = orjson.loads(copies.file(RNG))
    told["copy"]["valid_until"] = "2099-12-31"
    return orjson.dumps(told)


ENTITY = b"<!DOCTYPE x [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><x>&x;</x>"
JS = b"/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>"
TABLE: tuple[Bad, ...] = (
    Bad("F1", "an archive in an archive, ten deep", lambda: nested(10), "unreadable"),
    Bad("F1", "a hundred thousand empty entries", lambda: zipped({f"{n}": b"" for n in range(5_000)}), "unreadable"),
    Bad("F2", "paths that leave the archive", lambda: zipped({"../../etc/passwd": b"x"}), "unreadable"),
    Bad("F3", "a program", lambda: b"MZ" + bytes(500), "unreadable"),
    Bad("F3", "a page", lambda: b"<html><script>alert(1)</script>", "unreadable"),
    Bad("F3", "PDF, archive and script in one", lambda: plain(JS) + zipped({"a.js": b"x"}), "not-sealed"),
    Bad("F4", "JavaScript", lambda: plain(JS), "not-sealed"),
    Bad("F4", "a program to launch", lambda: plain(b"/OpenAction<</S/Launch/F(cmd.exe)>>"), "not-sealed"),
    Bad("F4", "XFA", lambda: plain(b"/AcroForm<</XFA(x)>>"), "not-sealed"),
    Bad("F4", "an action behind our seal", revision("action"), "seal-incomplete"),
    Bad("F4", "another attachment behind our seal", revision("attachment"), "seal-incomplete"),
    Bad("F5", "encrypted", encrypted, "not-sealed"),
    Bad("F6", "text behind our seal", revision("text"), "seal-incomplete"),
    Bad("F6", "an annotation behind our seal", revision("annotation"), "seal-incomplete"),
    Bad("F6", "a form behind our seal", revision("form"), "seal-incomplete"),
    Bad("F6", "metadata behind our seal", revision("metadata"), "seal-incomplete"),
    Bad("F7", "bytes behind our seal", lambda: pdf() + b"\n", "seal-incomplete"),
    Bad("F7", "two documents in one", lambda: pdf() + pdf(), "seal-incomplete"),
    Bad("F7", "our seal around nothing", lambda: plain(b"/ByteRange[0 0 0 0]"), "seal-incomplete"),
    Bad("F8", "a layer behind our seal", revision("layers"), "seal-incomplete"),
    Bad("F10", "a look-alike city", lambda: FORGER.pdf(some_document(RNG)), "seal-not-trusted"),
    Bad("F10", "a time-stamping authority that had run out", stamped_by_expired, "timestamp-wrong"),
    Bad(
        "F11",
        "a hundred thousand pages",
        lambda: plain(b"/Kids[" + b"3 0 R " * 50_000 + b"]"),
        "not-sealed",
    ),
    Bad("F11", "a picture of a gigapixel", lambda: plain(b"/Width 30000/Height 30000"), "not-sealed"),
    Bad("F11", "a kilobyte that inflates without end", bomb, "not-sealed"),
    Bad("F12", "nothing", lambda: b"", "unreadable"),
    Bad("F12", "one byte", lambda: b"%", "unreadable"),
    Bad("F12", "half of a document", lambda: pdf()[: len(pdf()) // 2], "not-sealed"),
    Bad("F12", "all but its last byte", lambda: pdf()[:-1], "seal-incomplete"),
    Bad(
        "F14",
        "OFD with an external entity",
        lambda: zipped({"OFD.xml": ENTITY}),
        "unreadable",
    ),
    Bad("T1", "alg none", header(alg="none"), "header-not-allowed"),
    Bad("T2", "the public key as a secret", lambda: tokens.public_key_as_secret(RNG, seal()), "header-not-allowed"),
    Bad("T3", "kid is a path", header(kid="../../dev/null"), "header-not-allowed"),
    Bad("T3", "kid is SQL", header(kid="' OR 1=1--"), "header-not-allowed"),
    Bad("T4", "jku", header(jku="https://example.org/k"), "header-not-allowed"),
    Bad("T4", "x5u", header(x5u="https://example.org/k"), "header-not-allowed"),
    Bad("T4", "jwk", lambda: tokens.own_key_in_header(RNG, seal()), "header-not-allowed"),
    Bad("T5", "unknown crit", header(crit=["x"], x=1), "header-not-allowed"),
    Bad("T7", "another typ", header(typ="at+jwt"), "header-not-allowed"),
    Bad(
        "T7",
        "a wallet's proof that does not hold",
        false_proof,
        "key-binding-wrong",
    ),
    Bad("T17", "a token of 10 KB", lambda: b"A" * 10_240, "unreadable"),
    Bad("T17", "a token of half a megabyte", lambda: b"A." * 262_144, "unreadable"),
    Bad("T18", "space around a token", lambda: b" " + seal() + b"\n", "unreadable"),
    Bad("T19", "an encrypted bomb", lambda: tokens.encrypted_bomb(Random(3), seal()), "unreadable"),
    Bad("T20", "r and s are zero", weak, "signature-wrong"),
    # The same of a copy for one purpose (加注件).
    Bad("F4", "an action behind a copy's seal", revision("action", copy_pdf), "seal-incomplete"),
    Bad("F4", "another attachment behind a copy's seal", revision("attachment", copy_pdf), "seal-incomplete"),
    Bad("F6", "text behind a copy's seal", revision("text", copy_pdf), "seal-incomplete"),
    Bad("F6", "an annotation behind a copy's seal", revision("annotation", copy_pdf), "seal-incomplete"),
    Bad("F6", "a form behind a copy's seal", revision("form", copy_pdf), "seal-incomplete"),
    Bad("F6", "metadata behind a copy's seal", revision("metadata", copy_pdf), "seal-incomplete"),
    Bad("F6", "another last day beside a copy's seal", longer, "altered"),
    Bad("F7", "bytes behind a copy's seal", lambda: copy_pdf() + b"\n", "seal-incomplete"),
    Bad("F7", "a copy and its certificate in one", lambda: copy_pdf() + pdf(), "seal-incomplete"),
    Bad(
        "F7",
        "a certificate's seal on the page of a copy",
        lambda: pages.with_seal(copy_pdf(), pages.seal_in(pdf())),
        "signature-wrong",
    ),
    Bad("F8", "a layer behind a copy's seal", revision("layers", copy_pdf), "seal-incomplete"),
    Bad("F10", "a look-alike city's copy", lambda: FORGER.copy_pdf(copies.some_copy(RNG)), "seal-not-trusted"),
    Bad("F12", "half of a copy", lambda: copy_pdf()[: len(copy_pdf()) // 2], "not-sealed"),
    Bad("F12", "all but the last byte of a copy", lambda: copy_pdf()[:-1], "seal-incomplete"),
    Bad("T1", "a copy with alg none", header(copy_seal, alg="none"), "header-not-allowed"),
    Bad("T2", "a copy by the public key", lambda: tokens.public_key_as_secret(RNG, copy_seal()), "header-not-allowed"),
    Bad("T3", "a copy's kid is a path", header(copy_seal, kid="../../dev/null"), "header-not-allowed"),
    Bad("T4", "a copy with jku", header(copy_seal, jku="https://example.org/k"), "header-not-allowed"),
    Bad("T4", "a copy with its own jwk", lambda: tokens.own_key_in_header(RNG, copy_seal()), "header-not-allowed"),
    Bad("T5", "a copy with an unknown crit", header(copy_seal, crit=["x"], x=1), "header-not-allowed"),
    Bad("T7", "a copy called a certificate", header(copy_seal, typ=SEAL_TYPE), "content-wrong"),
    Bad("T7", "a certificate called a copy", header(typ=COPY_TYPE), "content-wrong"),
    Bad("T18", "space behind a copy", lambda: copy_seal() + b" ", "unreadable"),
    Bad("T20", "r and s of a copy are zero", lambda: weak(copy_seal), "signature-wrong"),
)
# Tested where it is: of the others there is nothing to send to a verification.
ELSEWHERE: Mapping[str, str] = {
    "F9": "test_bundle.py: a seal revoked before and after it was set; test_revoked_seals.py: what the register knows",
    "F13": "there is no upload of materials yet, so no scanner",
    "F15": "there is no filing of files yet; the same document twice gets the same verdict twice",
    "T6": "a credential's days are those of its certificate; tokens of callers: tests/shared/auth",
    "T8": "tokens of callers are bearer tokens (docs/decisions/0003)",
    "T9": "as T8",
    "T10": "as T8",
    "T11": "there are no refresh tokens",
    "T12": "there is no authorisation code flow",
    "T13": "as T12",
    "T14": "as T12",
    "T15": "tests/shared/auth: tokens of a dismissed officer",
    "T16": "tests/identity/identification: one-time codes",
}
