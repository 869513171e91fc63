"""Keys are replaced while certificates are issued and verified, and nobody notices."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncGenerator
from functools import partial
from pathlib import Path

import httpx2
import pytest

from certificates.sealing.authority import Office
from certificates.sealing.commands import sealed
from certificates.sealing.errors import NoSealKey, UnsafeSealKey
from certificates.sealing.keys import KeyDesk, RevocationReason, init, revoke, rotate
from certificates.sealing.ports import Signer, SoftwareSigner
from certificates.sealing.rotation import GRACE_SECONDS, RotatingSigner
from certificates.sealing.rules import thumbprint_of
from certificates.service import CertificatesService
from certificates.settings import CertificatesSettings
from certificates.verification.bundle import open_bundle
from certificates.verification.offline import verify_document
from tests.certificates.conftest import running
from tests.certificates.seals import AT, HEALTH, a_document
from tests.certificates.world import CHILD, World
from tests.support.clock import FrozenClock
from tests.support.databases import NewDatabase
from tests.support.neighbours import Neighbours
from tests.support.services import settings_of
from tests.support.tokens import Issuer

ROTATIONS = 20
PARALLEL = 3


@pytest.fixture
def desk(tmp_path: Path, clock: FrozenClock) -> KeyDesk:
    made = KeyDesk.of(tmp_path / "seals")
    init(made, [HEALTH], at=clock())
    return made


@pytest.fixture
async def world(
    new_database: NewDatabase, tmp_path: Path, clock: FrozenClock, issuer: Issuer, licensing: Neighbours, desk: KeyDesk
) -> AsyncGenerator[World]:
    """The service with its keys in a directory, at which it looks often."""
    url, seals = await new_database("certificates"), desk.directory.path
    given = settings_of(tmp_path, database_url=url, seal_directory=seals, seal_refresh_seconds=0.02)
    service = CertificatesService(
        "certificates",
        CertificatesSettings.model_validate(given),
        http=httpx2.AsyncClient(transport=httpx2.MockTransport(licensing)),
        clock=clock,
        keys=issuer.keys(),
    )
    async with running(service, licensing, issuer) as opened:
        yield opened


async def issue_and_verify(world: World, issued: list[bytes]) -> None:
    """As long as it is let: a certificate, its document, and the question whether it is genuine."""
    headers = world.issuer.person(CHILD)
    while True:
        certificate = await world.issued()
        reply = await world.http.get(f"/v1/certificates/{certificate}/document", headers=headers)
        assert reply.status_code == 200
        answer = await world.http.post("/v1/verifications", json={"document": b64encode(reply.content).decode()})
        assert answer.json()["genuine"] is True
        issued.append(reply.content)


async def test_twenty_rotations_under_load_fail_nobody_and_every_document_stays_genuine(
    world: World, desk: KeyDesk
) -> None:
    issued: list[bytes] = []
    load = [asyncio.create_task(issue_and_verify(world, issued)) for _ in range(PARALLEL)]
    keys = [thumbprint_of(world.service.signer.certificate_of(HEALTH.code))]
    await used(world, keys[0], load)
    for _ in range(ROTATIONS):
        made = await asyncio.to_thread(rotate, desk, [HEALTH.code], at=world.service.clock())
        keys.append(thumbprint_of(made[HEALTH.code]))
        await used(world, keys[-1], load)
    for task in load:
        task.cancel()
    ended = await asyncio.gather(*load, return_exceptions=True)
    assert [type(end) for end in ended] == [asyncio.CancelledError] * PARALLEL
    root_pem = world.service.signer.root_pem
    assert all(verify_document(document, root_pem, world.service.clock()).genuine for document in issued)
    uses = await world.rows("SELECT key, certificate FROM seal_uses WHERE form = 'certificate'")
    assert {use["key"] for use in uses} == set(keys)
    assert len({use["certificate"] for use in uses}) == len(uses) >= len(issued) > ROTATIONS


async def test_a_certificate_stays_genuine_online_when_its_key_is_stolen_and_offline_no_more(
    world: World, desk: KeyDesk
) -> None:
    signer = world.service.signer
    certificate, stolen = await world.issued(), signer.certificate_of(HEALTH.code)
    [row] = await world.rows("SELECT seal FROM certificates WHERE id = :id", id=certificate)
    revoke(desk, HEALTH.code, stolen.serial_number, RevocationReason.KEY_COMPROMISE, at=world.service.clock())
    while signer.certificate_of(HEALTH.code) == stolen:  # noqa: ASYNC110 - that the service notices is the point
        await asyncio.sleep(0.01)
    online = await world.http.post("/v1/verifications", json={"token": row["seal"]})
    assert online.json()["genuine"]
    offline = verify_document(row["seal"].encode(), signer.root_pem, world.service.clock(), crl=signer.root_crl)
    assert [why.code for why in offline.reasons] == ["seal-revoked"]


@pytest.mark.parametrize("office", [Office.STATUS, HEALTH.code])
async def test_the_next_bundle_after_a_theft_is_of_after_it_at_once(world: World, desk: KeyDesk, office: str) -> None:
    signer, at = world.service.signer, world.service.clock()
    await world.issued()
    before, stolen, crl = (
        await world.http.get("/v1/verification-bundle"),
        signer.certificate_of(office),
        signer.root_crl,
    )
    revoke(desk, office, stolen.serial_number, RevocationReason.KEY_COMPROMISE, at=at)
    while signer.root_crl == crl:  # noqa: ASYNC110 - that the service notices is the point
        await asyncio.sleep(0.01)
    after = await world.http.get("/v1/verification-bundle")
    opened = [open_bundle(reply.content, signer.root_pem, at).trust for reply in (before, after)]
    assert [stolen.serial_number in trust.revoked for trust in opened] == [False, True]


async def used(world: World, key: str, load: list[asyncio.Task[None]]) -> None:
    """Wait until something was sealed by this key; not for ever if the load has ended."""
    while not await world.rows("SELECT 1 FROM seal_uses WHERE key = :key LIMIT 1", key=key):
        assert not any(task.done() for task in load)
        await asyncio.sleep(0.01)


class Following:
    """A signer that follows a directory, with a hand on its clock."""

    def __init__(self, desk: KeyDesk) -> None:
        self.now = 0.0
        self.path = desk.directory.path
        self.signer = RotatingSigner(self.path, self.read, clock=lambda: self.now)

    def read(self) -> Signer:
        return SoftwareSigner.from_directory(self.path, private=False)


class TestFollowing:
    def test_who_began_with_the_old_key_may_finish_with_it(self, desk: KeyDesk) -> None:
        following = Following(desk)
        begun = following.signer.certificate_of(HEALTH.code)
        for _ in range(3):
            rotate(desk, [HEALTH.code], at=AT)
            assert following.signer.refresh()
        assert following.signer.certificate_of(HEALTH.code) != begun
        assert len(following.signer.sign(begun, b"message")) == 64

    def test_but_not_for_ever(self, desk: KeyDesk) -> None:
        following = Following(desk)
        begun = following.signer.certificate_of(HEALTH.code)
        rotate(desk, [HEALTH.code], at=AT)
        following.signer.refresh()
        following.now += GRACE_SECONDS + 1
        assert not following.signer.refresh()
        with pytest.raises(NoSealKey):
            following.signer.sign(begun, b"message")

    def test_a_revoked_key_signs_no_more_from_the_next_look_on(self, desk: KeyDesk) -> None:
        following = Following(desk)
        begun = following.signer.certificate_of(HEALTH.code)
        revoke(desk, HEALTH.code, begun.serial_number, RevocationReason.KEY_COMPROMISE, at=AT)
        following.signer.refresh()
        with pytest.raises(NoSealKey):
            following.signer.sign(begun, b"message")
        assert sealed(a_document(sealed_at=AT), following.signer)

    def test_what_cannot_be_used_is_refused_and_the_keys_before_go_on(self, desk: KeyDesk) -> None:
        following = Following(desk)
        rotate(desk, [HEALTH.code], at=AT)
        new = desk.directory.read().current[HEALTH.code]
        key = desk.directory.key(HEALTH.code, new.serial_number)
        hidden = key.rename(key.with_suffix(".away"))
        with pytest.raises(UnsafeSealKey, match="not there"):
            following.signer.refresh()
        assert following.signer.certificate_of(HEALTH.code) != new
        assert sealed(a_document(sealed_at=AT), following.signer)
        hidden.rename(key)
        assert following.signer.refresh()
        assert following.signer.certificate_of(HEALTH.code) == new

    def test_a_change_in_the_middle_of_a_reading_is_read_again(self, desk: KeyDesk) -> None:
        interruptions = [partial(rotate, desk, [HEALTH.code], at=AT)] * 3

        def read() -> Signer:
            signer = SoftwareSigner.from_directory(desk.directory.path, private=False)
            if interruptions:
                interruptions.pop()()
            return signer

        signer = RotatingSigner(desk.directory.path, read)
        assert signer.certificate_of(HEALTH.code) == desk.directory.read().current[HEALTH.code]

    def test_nothing_new_is_not_read(self, desk: KeyDesk) -> None:
        following = Following(desk)
        assert not following.signer.refresh()

    def test_a_directory_that_is_none_is_refused_at_start(self, tmp_path: Path) -> None:
        with pytest.raises(UnsafeSealKey, match="onevisit keys init"):
            RotatingSigner(tmp_path, lambda: SoftwareSigner.from_directory(tmp_path, private=False))
