"""Time-stamping authorities: one specification, for our own and for one that is reached by HTTP."""

import asyncio
from asyncio.subprocess import PIPE
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certificates.documents.errors import NoTimestamps, TimestampUnavailable
from certificates.documents.ports import HttpTimestamps, OwnTimestamps, TimestampAuthority
from certificates.documents.timestamps import MAX_BYTES, NotATimestamp, open_timestamp
from certificates.sealing.authority import Office, new_crl
from certificates.service import CertificatesService
from certificates.settings import CertificatesSettings
from shared.errors import CannotStart
from tests.certificates.documents.pdfs import City
from tests.certificates.documents.stamps import REFUSAL, URL, by_http, reply_with, replying, stamping, token_of
from tests.certificates.seals import AT
from tests.support.programs import needs
from tests.support.services import settings_of

IMPRINT = sha256(b"a seal").digest()


@pytest.fixture(scope="module")
def city() -> City:
    return City()


@pytest.fixture(params=["own", "http"])
async def authority(request: pytest.FixtureRequest, city: City) -> AsyncGenerator[TimestampAuthority]:
    if request.param == "own":
        yield OwnTimestamps(city.signer, lambda: AT)
    else:
        yield by_http(city, stamping(city))


class TestAuthority:
    async def test_says_when_a_message_existed(self, authority: TimestampAuthority) -> None:
        assert (await authority.stamp(IMPRINT)).at == datetime(2026, 11, 22, 8, tzinfo=UTC)

    async def test_is_believed_by_who_trusts_its_anchors(self, authority: TimestampAuthority) -> None:
        stamp = await authority.stamp(IMPRINT)
        assert open_timestamp(stamp.token, IMPRINT, anchors=authority.anchors) == stamp

    async def test_speaks_of_this_message_only(self, authority: TimestampAuthority) -> None:
        stamp = await authority.stamp(IMPRINT)
        with pytest.raises(NotATimestamp):
            open_timestamp(stamp.token, sha256(b"another").digest(), anchors=authority.anchors)

    async def test_is_not_believed_by_others(self, authority: TimestampAuthority) -> None:
        stamp = await authority.stamp(IMPRINT)
        with pytest.raises(NotATimestamp):
            open_timestamp(stamp.token, IMPRINT, anchors=[City().root.certificate])

    @needs("openssl", package="openssl")
    async def test_is_believed_by_openssl(self, authority: TimestampAuthority, city: City, tmp_path: Path) -> None:
        stamp = await authority.stamp(IMPRINT)
        (tmp_path / "reply").write_bytes(reply_with(stamp.token))
        (tmp_path / "root.pem").write_bytes(city.signer.root_pem)
        command = ["openssl", "ts", "-verify", "-digest", IMPRINT.hex(), "-in", "reply", "-CAfile", "root.pem"]
        moment = str(int(AT.timestamp()) + 60)
        said = await asyncio.create_subprocess_exec(*command, "-attime", moment, cwd=tmp_path, stdout=PIPE)
        assert b"Verification: OK" in (await said.communicate())[0]


class TestOverHttp:
    """What an authority that fails, or is another, may answer: never a document with a doubtful time."""

    @pytest.mark.parametrize(
        "reply",
        [
            replying(b"", 500),
            replying(b"", 302),
            replying(b"<html>"),
            replying(REFUSAL),
            replying(b"\x30\x80" * 100),
            replying(b"\0" * (MAX_BYTES + 1)),
        ],
        ids=["broken", "elsewhere", "a page", "refused", "nested", "endless"],
    )
    async def test_no_answer_but_a_timestamp_is_taken(self, city: City, reply: httpx2.Response) -> None:
        with pytest.raises(TimestampUnavailable):
            await by_http(city, lambda _: reply).stamp(IMPRINT)

    async def test_an_authority_that_nobody_reaches_gives_none(self, city: City) -> None:
        def unreachable(request: httpx2.Request) -> httpx2.Response:
            raise httpx2.ConnectError("refused", request=request)

        with pytest.raises(TimestampUnavailable):
            await by_http(city, unreachable).stamp(IMPRINT)

    async def test_an_old_answer_is_not_taken_for_a_new_one(self, city: City) -> None:
        old = replying(reply_with(token_of(city, IMPRINT, nonce=1)))
        with pytest.raises(TimestampUnavailable):
            await by_http(city, lambda _: old).stamp(IMPRINT)

    async def test_an_answer_about_something_else_is_not_taken(self, city: City) -> None:
        with pytest.raises(TimestampUnavailable):
            await by_http(city, stamping(city, imprint=sha256(b"another").digest())).stamp(IMPRINT)

    async def test_a_stranger_is_not_believed(self, city: City) -> None:
        with pytest.raises(TimestampUnavailable):
            await by_http(city, stamping(City())).stamp(IMPRINT)

    def test_its_chain_says_whom_to_trust(self, city: City, tmp_path: Path) -> None:
        revoked = x509.load_der_x509_crl(new_crl(city.root, at=AT))
        (tmp_path / "chain.pem").write_bytes(city.signer.root_pem + revoked.public_bytes(Encoding.PEM))
        authority = HttpTimestamps.from_chain(httpx2.AsyncClient(), URL, tmp_path / "chain.pem")
        assert (authority.anchors, authority.crls) == ([city.root.certificate], [revoked.public_bytes(Encoding.DER)])

    def test_without_a_chain_it_does_not_start(self) -> None:
        with pytest.raises(NoTimestamps, match="ONEVISIT_TIMESTAMP_CHAIN_FILE"):
            HttpTimestamps.from_chain(httpx2.AsyncClient(), URL, None)


class TestStart:
    """Outside the embedded profile nobody's timestamps are taken for granted."""

    def test_without_an_authority_a_service_does_not_start(self, tmp_path: Path) -> None:
        with pytest.raises(CannotStart, match="ONEVISIT_TIMESTAMP_URL"):
            service(tmp_path, profile="production")

    def test_with_leave_to_use_its_own_it_does(self, tmp_path: Path) -> None:
        assert service(tmp_path, profile="production", own_timestamps=True).press.timestamps.office is Office.TIMESTAMP

    def test_with_an_authority_elsewhere_it_does(self, tmp_path: Path, city: City) -> None:
        (tmp_path / "chain.pem").write_bytes(city.signer.root_pem)
        told = {"timestamp_url": URL, "timestamp_chain_file": tmp_path / "chain.pem"}
        assert service(tmp_path, profile="production", **told).press.timestamps.office is None

    def test_without_a_font_it_does_not(self, tmp_path: Path) -> None:
        (tmp_path / "fonts").mkdir()
        with pytest.raises(CannotStart, match="ONEVISIT_FONT_DIRECTORY"):
            service(tmp_path, font_directory=tmp_path / "fonts")


def service(directory: Path, **told: object) -> CertificatesService:
    database = "postgresql+asyncpg://nobody@127.0.0.1:1/none"
    given = settings_of(directory, database_url=database, seal_directory=directory) | told
    settings = CertificatesSettings.model_validate(given)
    return CertificatesService("certificates", settings, seals=City().signer)
