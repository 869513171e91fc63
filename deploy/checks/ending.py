"""What ends: the certificates that the edge and the bus show, and the seals."""

import asyncio
import socket
import ssl
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509

from certificates.sealing.directory import SealDirectory
from certificates.sealing.keys import concerns
from certificates.service import signer_of
from certificates.settings import CertificatesSettings
from deploy.checks.finding import Finding, found
from shared.clock import now
from shared.errors import CannotStart

NOTICE = timedelta(days=30)
SECONDS = 3.0


def check_seals(directory: Path) -> list[Finding]:
    """The root, the list of revoked seals and every seal are good for a while."""
    if not SealDirectory(directory).root.exists():
        return [Finding("seals", f"none in {directory}", "make them: onevisit keys init")]
    endings = [each.text.partition("; run: ") for each in concerns(SealDirectory(directory), at=now())]
    told = [Finding("seals", what, f"run: {remedy}") for what, _, remedy in endings]
    return told or [Finding("seals", "none ends soon")]


def check_seal_keys(settings: CertificatesSettings) -> list[Finding]:
    """The keys are there, open, and nobody else's."""
    try:
        signer_of(settings)
    except CannotStart as refusal:
        return [Finding("seal keys", str(refusal), stops=True)]
    return [Finding("seal keys", "only ours")]


async def check_edge(issuer: str) -> list[Finding]:
    """The certificate that the public address shows is good for a while, and for that name."""
    address = urlsplit(issuer)
    if address.scheme != "https" or address.hostname is None:
        return []
    what, port = f"TLS of {address.netloc}", address.port or 443
    try:
        shown = await asyncio.to_thread(_certificate, address.hostname, port)
    except ssl.SSLCertVerificationError as error:
        return [
            Finding(what, f"not believed: {error.verify_message}", "give the edge a certificate of a known authority")
        ]
    except OSError:
        return [Finding(what, "not seen from here")]
    left = shown.not_valid_after_utc - now()
    return [found(what, f"ends on {shown.not_valid_after_utc.date()}", wrong=left < NOTICE, mend="renew it")]


def _certificate(host: str, port: int) -> x509.Certificate:
    context = ssl.create_default_context()
    with (
        socket.create_connection((host, port), timeout=SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=host) as encrypted,
    ):
        der = encrypted.getpeercert(binary_form=True)
    assert der is not None
    return x509.load_der_x509_certificate(der)
