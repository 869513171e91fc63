"""What ends is spoken of in time: certificates that servers show, and those that timestamps descend from."""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.checks.ending import check_authority, check_bus_certificates, check_edge, judge_end
from deploy.containers.certificate import FirstCertificate
from records.settings import RecordsSettings
from tests.support.services import URLS

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "says", "wrong"),
    [(30, "ends on 2026-01-31", False), (29, "ends on 2026-01-30", True), (-1, "ended on 2025-12-31", True)],
)
def test_a_month_before_the_end_it_is_time(days: int, says: str, wrong: bool) -> None:
    finding = judge_end("TLS", NOON + timedelta(days=days), at=NOON)
    assert (finding.says, finding.mend is not None, finding.stops) == (says, wrong, False)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A server's certificate for localhost, and its key."""
    for name, content in FirstCertificate(tmp_path, ["localhost"]).files().items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


@asynccontextmanager
async def server_of(certificate: Path, *, greets: bool) -> AsyncGenerator[int]:
    """Shows that certificate; as NATS does after a line in the clear, or at once. Answers its port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate / "tls.crt", certificate / "tls.key")

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if greets:
            writer.write(b'INFO {"tls_required":true}\r\n')
            await writer.drain()
            await writer.start_tls(context)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0, ssl=None if greets else context)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_what_the_bus_shows_is_seen_after_its_greeting(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "tls.crt"))
    async with server_of(certificate, greets=True) as port:
        told = {**URLS, "issuer": "https://onevisit.example", "nats_url": f"tls://localhost:{port}"}
        (finding,) = await check_bus_certificates(RecordsSettings.model_validate(told))
    assert finding.what == f"TLS of localhost:{port}"
    assert finding.is_in_order
    assert finding.says.startswith("ends on ")


async def test_one_that_nobody_signed_is_not_believed(certificate: Path) -> None:
    async with server_of(certificate, greets=False) as port:
        (finding,) = await check_edge(f"https://localhost:{port}")
    assert finding.says.startswith("not believed: ")
    assert finding.mend == "give it a certificate of a known authority"


def test_the_chain_of_an_authority_ends_with_the_first_of_its_certificates(certificate: Path) -> None:
    (finding,) = check_authority(certificate / "tls.crt")
    assert (finding.what, finding.is_in_order) == ("time-stamping authority", True)
    (missing,) = check_authority(certificate / "nothing.pem")
    assert missing.mend == "look at ONEVISIT_TIMESTAMP_CHAIN_FILE"
