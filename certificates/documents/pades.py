"""The seal of a PDF (PAdES B-LT, ETSI EN 319 142-1), in a file of one single revision.

What a verifier needs later (certificates, lists of revoked ones) is written before the seal is set, so the seal covers
every byte but itself, and nothing is ever added: docs/decisions/0014.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from typing import Final

from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigMDPSetup, SigObjSetup
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest, SignatureObject
from pyhanko.sign.validation.dss import DocumentSecurityStore

from certificates.documents.cms import Signed, attributes_for, der_signature, signed_data
from certificates.documents.timestamps import Timestamp, imprint_of

FIELD: Final = "Seal"
# Hexadecimal digits: seal, certificate and timestamp take about 4,500, timestamps by long RSA keys twice as many.
RESERVED: Final = 16_384


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a verifier needs beside the root: all certificates in play, and the lists of revoked ones (DER)."""

    certificates: Sequence[x509.Certificate]
    crls: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Unstamped:
    """A sealed PDF whose seal has no timestamp yet."""

    output: BytesIO
    gap: PreparedByteRangeDigest
    parts: Signed

    @property
    def imprint(self) -> bytes:
        """What is to be timestamped: the seal itself."""
        return imprint_of(self.parts.signature)


def seal_pdf(
    pdf: bytes, *, certificate: x509.Certificate, sign: Callable[[bytes], bytes], evidence: Evidence, at: datetime
) -> Unstamped:
    """The PDF rewritten as one revision and certified by this key: no change whatever is allowed (DocMDP P=1).

    Takes some 20 ms of CPU.
    """
    writer = copy_into_new_writer(PdfFileReader(BytesIO(pdf)))
    writer.register_extension(ESIC_EXTENSION_1)
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        None,
        certs=[asn1_x509.Certificate.load(each.public_bytes(Encoding.DER)) for each in evidence.certificates],
        crls=[asn1_crl.CertificateList.load(each) for each in evidence.crls],
    )
    embedding = PdfCMSEmbedder().write_cms(FIELD, writer)
    next(embedding)
    seal = SignatureObject(timestamp=at, bytes_reserved=RESERVED, subfilter=SigSeedSubFilter.PADES)
    rights = SigMDPSetup(md_algorithm="sha256", certify=True, docmdp_perms=MDPPerm.NO_CHANGES)
    embedding.send(SigObjSetup(sig_placeholder=seal, mdp_setup=rights))
    gap, output = embedding.send(SigIOSetup(md_algorithm="sha256", in_place=False, output=BytesIO()))
    attributes = attributes_for("data", gap.document_digest, certificate)
    parts = Signed(certificate, attributes, der_signature(sign(attributes)))
    return Unstamped(output=output, gap=gap, parts=parts)


def stamped(unstamped: Unstamped, timestamp: Timestamp) -> bytes:
    """The file, whole."""
    contents = signed_data(replace(unstamped.parts, timestamp=timestamp.token))
    unstamped.gap.fill_with_cms(unstamped.output, contents)
    return unstamped.output.getvalue()
