"""What ends: the certificates that the edge and the bus show, and the seals."""

import asyncio
import socket
import ssl
from datetime import datetime, timedelta
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
from shared.messaging.jetstream import servers_of
from shared.settings import ServiceSettings, is_encrypted

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


def check_authority(chain: Path) -> list[Finding]:
    """The certificates from which those of the time-stamping authority descend are good for a while."""
    try:
        certificates = x509.load_pem_x509_certificates(chain.read_bytes())
    except (OSError, ValueError):
        return [Finding("time-stamping authority", f"{chain} cannot be read", "look at ONEVISIT_TIMESTAMP_CHAIN_FILE")]
    return [judge_end("time-stamping authority", min(each.not_valid_after_utc for each in certificates), at=now())]


async def check_edge(issuer: str) -> list[Finding]:
    """The certificate that the public address shows is good for a while, and for that name."""
    address = urlsplit(issuer)
    if address.scheme != "https" or address.hostname is None:
        return []
    return [await _check_shown(address.hostname, address.port or 443)]


async def check_bus_certificates(settings: ServiceSettings) -> list[Finding]:
    """The same of each server of the bus."""
    addresses = [urlsplit(each) for each in servers_of(settings.nats_url or "") if is_encrypted(each)]
    return [
        await _check_shown(each.hostname, each.port or 4222, greets=each.scheme == "tls")
        for each in addresses
        if each.hostname
    ]


async def _check_shown(host: str, port: int, *, greets: bool = False) -> Finding:
    what = f"TLS of {host}:{port}"
    try:
        shown = await asyncio.to_thread(_certificate, host, port, greets=greets)
    except ssl.SSLCertVerificationError as error:
        return Finding(what, f"not believed: {error.verify_message}", "give it a certificate of a known authority")
    except OSError:
        return Finding(what, "not seen from here")
    return judge_end(what, shown.not_valid_after_utc, at=now())


def judge_end(what: str, ends: datetime, *, at: datetime) -> Finding:
    """To be renewed in time: who finds it ended lets nobody in, or believes no document."""
    says = f"{'ended' if ends <= at else 'ends'} on {ends.date()}"
    return found(what, says, wrong=ends - at < NOTICE, mend="renew it")


def _certificate(host: str, port: int, *, greets: bool) -> x509.Certificate:
    context = ssl.create_default_context()
    with socket.create_connection((host, port), timeout=SECONDS) as plain:
        if greets:
            # NATS says who it is before it encrypts: one line, ended by a line feed.
            while plain.recv(1) not in (b"\n", b""):
                pass
        with context.wrap_socket(plain, server_hostname=host) as encrypted:
            der = encrypted.getpeercert(binary_form=True)
    assert der is not None
    return x509.load_der_x509_certificate(der)
