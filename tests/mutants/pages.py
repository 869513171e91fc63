"""Changes to sealed PDFs: what readers show although the seal was set before it."""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from random import Random
from typing import Any

from asn1crypto import algos
from asn1crypto import cms as asn1_cms
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils import embed, generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from certificates.documents.cms import Signed, attributes_for, der_signature, opened, signed_data
from certificates.documents.pades import RESERVED
from certificates.documents.ports import OwnTimestamps
from certificates.sealing.authority import Office
from tests.certificates.seals import AT, HEALTH, SECURITY
from tests.mutants.anywhere import Twist
from tests.mutants.city import CITY, FORGER
from tests.mutants.tokens import ORDER

_SIGNED = asn1_cms.ContentType("signed_data").dump()
_RANGE = re.compile(rb"/ByteRange ?\[0 (\d+) (\d+) (\d+)\]")


def gap_of(pdf: bytes) -> tuple[int, int]:
    """From where to where the seal is, with its angle brackets."""
    found = _RANGE.findall(pdf)[-1]
    return int(found[0]), int(found[1])


def seal_in(pdf: bytes) -> bytes:
    start, end = gap_of(pdf)
    padded = bytes.fromhex(pdf[start + 1 : end - 1].decode())
    return padded[: len(asn1_cms.ContentInfo.load(padded).dump())]


def with_seal(pdf: bytes, der: bytes) -> bytes:
    start, end = gap_of(pdf)
    return pdf[: start + 1] + der.hex().upper().encode().ljust(RESERVED, b"0")[:RESERVED] + pdf[end - 1 :]


def _dictionary(entries: Mapping[Any, Any]) -> Any:
    make: Any = generic.DictionaryObject  # shipped without types
    return make(entries)


# Another revision, as any editor would append it.


def revised(change: Callable[[Random, IncrementalPdfFileWriter], None]) -> Twist:
    def twist(rng: Random, pdf: bytes) -> bytes:
        writer = IncrementalPdfFileWriter(BytesIO(pdf))
        change(rng, writer)
        output = BytesIO()
        write: Any = writer.write  # shipped without types
        write(output)
        return output.getvalue()

    return twist


def _text(rng: Random, writer: IncrementalPdfFileWriter) -> None:
    words = b"BT /F1 24 Tf 100 %d Td (VALID FOR EVER) Tj ET" % rng.randrange(800)
    page = writer.root["/Pages"]["/Kids"][0]
    page[pdf_name("/Contents")] = writer.add_object(generic.StreamObject(stream_data=words))
    writer.mark_update(writer.root["/Pages"]["/Kids"].raw_get(0))


def _annotation(rng: Random, writer: IncrementalPdfFileWriter) -> None:
    note = _dictionary(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name(rng.choice(("/FreeText", "/Stamp", "/Square", "/Text", "/RichMedia"))),
            pdf_name("/Rect"): generic.ArrayObject(map(generic.NumberObject, (0, 0, 600, rng.randrange(800)))),
            pdf_name("/Contents"): generic.TextStringObject("valid for ever"),
        }
    )
    page = writer.root["/Pages"]["/Kids"][0]
    page[pdf_name("/Annots")] = generic.ArrayObject([writer.add_object(note)])
    writer.mark_update(writer.root["/Pages"]["/Kids"].raw_get(0))


def _metadata(rng: Random, writer: IncrementalPdfFileWriter) -> None:
    said = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'><n>{rng.random()}</n></x:xmpmeta>".encode()
    writer.root[pdf_name("/Metadata")] = writer.add_object(generic.StreamObject(stream_data=said))
    writer.mark_update(writer.root_ref)


def _form(rng: Random, writer: IncrementalPdfFileWriter) -> None:
    form = writer.root["/AcroForm"]
    text = _dictionary(
        {pdf_name("/FT"): pdf_name("/Tx"), pdf_name("/T"): generic.TextStringObject(f"name{rng.random()}")}
    )
    form["/Fields"].append(writer.add_object(text))
    writer.mark_update(writer.root_ref)
    writer.update_container(form["/Fields"])


def _action(rng: Random, writer: IncrementalPdfFileWriter) -> None:
    kind = rng.choice(("/JavaScript", "/Launch", "/URI", "/GoToR", "/SubmitForm"))
    action = _dictionary({pdf_name("/S"): pdf_name(kind), pdf_name("/JS"): generic.TextStringObject("x")})
    writer.root[pdf_name(rng.choice(("/OpenAction", "/AA")))] = writer.add_object(action)
    writer.mark_update(writer.root_ref)


def _attachment(rng: Random, writer: IncrementalPdfFileWriter) -> None:
    stream = embed.EmbeddedFileObject.from_file_data(writer, data=rng.randbytes(50), compress=False)
    name = rng.choice(("certificate.json", "other.json"))
    embed.embed_file(writer, embed.FileSpec(file_spec_string=name, embedded_data=stream))


def _layers(rng: Random, writer: IncrementalPdfFileWriter) -> None:
    layer = _dictionary(
        {pdf_name("/Type"): pdf_name("/OCG"), pdf_name("/Name"): generic.TextStringObject(str(rng.random()))}
    )
    group = generic.ArrayObject([writer.add_object(layer)])
    config = _dictionary({pdf_name("/OFF"): group})
    writer.root[pdf_name("/OCProperties")] = _dictionary({pdf_name("/OCGs"): group, pdf_name("/D"): config})
    writer.mark_update(writer.root_ref)


# The range that the seal covers.


def other_range(rng: Random, pdf: bytes) -> bytes:
    """Other numbers of the same width, so that nothing else moves."""
    found = _RANGE.search(pdf)
    assert found is not None
    numbers = [found[1], found[2], found[3]]
    place = rng.randrange(3)
    number = max(0, int(numbers[place]) + rng.choice((-1, 1, -2, 10, -100, rng.randrange(9_999))))
    numbers[place] = str(number).encode().rjust(len(numbers[place]), b"0")
    written = b"/ByteRange [0 " + b" ".join(numbers) + b"]"
    return pdf[: found.start()] + written.ljust(found.end() - found.start())[: len(found[0])] + pdf[found.end() :]


def second_range(rng: Random, pdf: bytes) -> bytes:
    """Two ranges: readers differ in which counts."""
    start, end = gap_of(pdf)
    length = len(pdf) - end
    other = b"/ByteRange [0 %d %d %d]" % (start, end, rng.choice((length, 0, length - rng.randrange(1, 500))))
    place = rng.choice((len(pdf), pdf.rindex(b"%%EOF"), pdf.index(b"\n") + 1))
    return pdf[:place] + other + b"\n" + pdf[place:]


def wrapped(rng: Random, pdf: bytes) -> bytes:
    """The sealed bytes are still there, inside another document, or behind one."""
    start, end = gap_of(pdf)
    body = b"9 0 obj<</Type/Catalog>>endobj\nxref\n0 1\ntrailer<</Root 9 0 R>>\n%%EOF\n"
    others = (
        b"%PDF-1.7\n" + body + pdf,
        pdf + body,
        pdf + b"\nstartxref\n%d\n%%%%EOF\n" % rng.randrange(len(pdf)),
        pdf[:end] + body + pdf[end:],
        pdf[:start] + b" " + pdf[start:end] + pdf[end:],
        b"%PDF-1.7\n" + pdf[9:] + pdf,
    )
    return rng.choice(others)


# The seal itself.


def _stamp(signature: bytes, city: Any) -> bytes:
    authority = OwnTimestamps(city.signer, lambda: AT)
    return asyncio.run(authority.stamp(sha256(signature).digest())).token


def look_alike(rng: Random, pdf: bytes) -> bytes:
    """The same digest, sealed and stamped by a city whose certificates say the same; in part or in whole."""
    parts = opened(seal_in(pdf))
    signer = FORGER.signer
    certificate = signer.certificate_of(HEALTH.code)
    attributes = attributes_for("data", _digest_in(pdf), certificate)
    signature = der_signature(signer.sign(certificate, attributes))
    theirs = Signed(certificate, attributes, signature)
    others = (
        replace(theirs, timestamp=_stamp(signature, FORGER)),
        replace(theirs, timestamp=_stamp(signature, CITY)),
        replace(parts, timestamp=_stamp(parts.signature, FORGER)),
        replace(parts, certificate=certificate),
        replace(theirs, certificate=parts.certificate, timestamp=_stamp(signature, CITY)),
    )
    return with_seal(pdf, signed_data(rng.choice(others)))


def _digest_in(pdf: bytes) -> bytes:
    start, end = gap_of(pdf)
    return sha256(pdf[:start] + pdf[end:]).digest()


def another_body(rng: Random, pdf: bytes) -> bytes:
    """A true seal of this city, of a body that is not the issuer."""
    holder = rng.choice((SECURITY.code, Office.STATUS, Office.TIMESTAMP))
    certificate = CITY.signer.certificate_of(holder)
    attributes = attributes_for("data", _digest_in(pdf), certificate)
    signature = der_signature(CITY.signer.sign(certificate, attributes))
    return with_seal(pdf, signed_data(Signed(certificate, attributes, signature, timestamp=_stamp(signature, CITY))))


def another_stamp(rng: Random, pdf: bytes) -> bytes:
    """No timestamp, one of something else, or one in its other spelling."""
    parts = opened(seal_in(pdf))
    assert parts.timestamp is not None
    stamp = opened(parts.timestamp)
    others = (
        None,
        _stamp(rng.randbytes(70), CITY),
        signed_data(replace(stamp, signature=_other_signature(stamp.signature))),
        signed_data(replace(stamp, content=(stamp.content or b"")[:-1] + b"\0")),
    )
    return with_seal(pdf, signed_data(replace(parts, timestamp=rng.choice(others))))


def other_spelling(rng: Random, pdf: bytes) -> bytes:
    """The seal in other bytes: the other signature, BER, lower case, a shorter or longer gap, something after it."""
    der = seal_in(pdf)
    parts = opened(der)
    start, end = gap_of(pdf)
    other = replace(parts, signature=_other_signature(parts.signature))
    others = (
        with_seal(pdf, signed_data(replace(other, timestamp=_stamp(other.signature, CITY)))),
        with_seal(pdf, _indefinite(der)),
        with_seal(pdf, der + rng.randbytes(4)),
        with_seal(pdf, _with_more_certificates(der)),
        with_seal(pdf, _by_sha1(parts)),
        pdf[:start] + pdf[start:end].lower() + pdf[end:],
        pdf[: end - 3] + b"01>" + pdf[end:],
        pdf[: start + 1] + b" " + pdf[start + 1 : end - 2] + b">" + pdf[end:],
    )
    return rng.choice(others)


def _other_signature(signature: bytes) -> bytes:
    r, s = decode_dss_signature(signature)
    return encode_dss_signature(r, ORDER - s)


def _indefinite(der: bytes) -> bytes:
    """BER: the outermost length left open."""
    head = 2 + (der[1] & 0x7F if der[1] & 0x80 else 0)
    return der[:1] + b"\x80" + der[head:] + b"\0\0"


def tlv(tag: int, *contents: bytes) -> bytes:
    """A value in DER, as long as ours are: of 256 bytes or more."""
    whole = b"".join(contents)
    return bytes((tag, 0x82)) + len(whole).to_bytes(2) + whole


def _with_more_certificates(der: bytes) -> bytes:
    """A chain that the seal's signature does not cover."""
    body = asn1_cms.ContentInfo.load(der)["content"]
    extra = FORGER.signer.certificate_of(HEALTH.code).public_bytes(Encoding.DER)
    before = [body[name].dump() for name in ("version", "digest_algorithms", "encap_content_info")]
    chain = tlv(0xA0, body["certificates"].contents, extra)
    return tlv(0x30, _SIGNED, tlv(0xA0, tlv(0x30, *before, chain, body["signer_infos"].dump())))


def _by_sha1(parts: Signed) -> bytes:
    return signed_data(replace(parts, digest=algos.DigestAlgorithm({"algorithm": "sha1"}).dump()))


PAGE_TWISTS: Mapping[str, Twist] = {
    **{
        f"revision-{change.__name__.strip('_')}": revised(change)
        for change in (_text, _annotation, _metadata, _form, _action, _attachment, _layers)
    },
    **{
        twist.__name__.replace("_", "-"): twist
        for twist in (other_range, second_range, wrapped, look_alike, another_body, another_stamp, other_spelling)
    },
}
