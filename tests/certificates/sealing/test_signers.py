"""Whoever signs, in software or in a token, keeps the same promises."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pkcs11
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from pydantic import ValidationError

from certificates.sealing.authority import Office, new_seal
from certificates.sealing.commands import sealed
from certificates.sealing.directory import SealDirectory
from certificates.sealing.errors import NoSealKey, SealDeviceAway, UnsafeSealKey
from certificates.sealing.hsm import Pkcs11Signer, Token, TokenKeys
from certificates.sealing.keys import KeyDesk, RevocationReason, init, listed, prune, revoke, rotate
from certificates.sealing.ports import Signer, SoftwareSigner
from certificates.sealing.rotation import RotatingSigner
from certificates.service import signer_of
from certificates.settings import CertificatesSettings
from certificates.verification.offline import verify_document
from tests.certificates.seals import AT, HEALTH, SECURITY, a_document, a_root
from tests.support.services import settings_of
from tests.support.softhsm import LABEL, SoftHsm


@dataclass
class Keys:
    """A key directory with seals for two departments, and how it is opened."""

    desk: KeyDesk
    open: Callable[[], Signer]

    def lose_key(self, holder: str) -> None:
        self.desk.store.destroy(holder, self.desk.directory.read().current[holder].serial_number)


def keys_in(path: Path, token: Token | None) -> Keys:
    desk = KeyDesk.of(path, passphrase=b"a passphrase for tests")
    if token is not None:
        desk = KeyDesk(desk.directory, TokenKeys(desk.directory, token), desk.root_key, desk.root_passphrase)
    init(desk, [HEALTH, SECURITY], at=AT)

    def open_() -> Signer:
        if token is not None:
            return Pkcs11Signer.from_directory(path, token)
        return SoftwareSigner.from_directory(path, private=True, passphrase=b"a passphrase for tests", encrypted=True)

    return Keys(desk, open_)


@pytest.fixture(params=["software", "token"])
def keys(request: pytest.FixtureRequest, tmp_path: Path) -> Keys:
    token = request.getfixturevalue("softhsm").token() if request.param == "token" else None
    return keys_in(tmp_path / "seals", token)


@pytest.fixture
def token_keys(softhsm: SoftHsm, tmp_path: Path) -> Keys:
    return keys_in(tmp_path / "seals", softhsm.token())


def check(certificate: x509.Certificate, message: bytes, signature: bytes) -> None:
    """By primitives alone; raises where the signature does not hold."""
    assert len(signature) == 64
    key = certificate.public_key()
    assert isinstance(key, EllipticCurvePublicKey)
    encoded = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
    key.verify(encoded, message, ECDSA(SHA256()))


class TestEverySigner:
    @pytest.mark.parametrize("holder", [HEALTH.code, SECURITY.code, *Office])
    def test_a_signature_holds_under_the_certificate_of_its_holder(self, keys: Keys, holder: str) -> None:
        signer = keys.open()
        certificate = signer.certificate_of(holder)
        for message in (b"", b"message", b"m" * 100_000):
            check(certificate, message, signer.sign(certificate, message))

    def test_what_it_seals_is_genuine(self, keys: Keys) -> None:
        signer = keys.open()
        assert verify_document(sealed(a_document(), signer).encode(), signer.root_pem, AT).genuine

    def test_who_has_no_key_here_is_refused(self, keys: Keys) -> None:
        signer = keys.open()
        with pytest.raises(NoSealKey):
            signer.certificate_of("tax")
        with pytest.raises(NoSealKey):
            signer.sign(new_seal(a_root(), HEALTH, at=AT).certificate, b"message")

    def test_former_certificates_stay_known_and_who_began_with_one_may_finish(self, keys: Keys) -> None:
        signer = RotatingSigner(keys.desk.directory.path, keys.open)
        begun = signer.certificate_of(HEALTH.code)
        rotate(keys.desk, [HEALTH.code], at=AT)
        assert signer.refresh()
        assert signer.certificates()[HEALTH.code] == (signer.certificate_of(HEALTH.code), begun)
        check(begun, b"message", signer.sign(begun, b"message"))

    def test_a_revoked_one_signs_no_more_and_its_successor_does(self, keys: Keys) -> None:
        old = keys.open().certificate_of(HEALTH.code)
        revoke(keys.desk, HEALTH.code, old.serial_number, RevocationReason.KEY_COMPROMISE, at=AT)
        signer = keys.open()
        with pytest.raises(NoSealKey):
            signer.sign(old, b"message")
        assert sealed(a_document(), signer)

    def test_a_certificate_without_its_key_is_refused_at_start(self, keys: Keys) -> None:
        keys.lose_key(HEALTH.code)
        with pytest.raises(UnsafeSealKey):
            keys.open()

    async def test_work_that_signs_answers_and_refuses_as_it_would_here(self, keys: Keys) -> None:
        signer = keys.open()
        certificate = signer.certificate_of(HEALTH.code)
        check(certificate, b"message", await signer.apart(lambda: signer.sign(certificate, b"message")))
        with pytest.raises(NoSealKey):
            await signer.apart(lambda: signer.certificate_of("tax"))

    def test_many_may_sign_at_once(self, keys: Keys) -> None:
        signer = keys.open()
        certificate = signer.certificate_of(HEALTH.code)
        messages = [b"%d" % number for number in range(64)]
        with ThreadPoolExecutor(8) as threads:
            signatures = list(threads.map(lambda message: signer.sign(certificate, message), messages))
        for message, signature in zip(messages, signatures, strict=True):
            check(certificate, message, signature)


class TestToken:
    def test_no_key_can_be_read_out_and_none_lies_in_a_file_but_the_roots(self, token_keys: Keys) -> None:
        def attributes(session: pkcs11.Session) -> list[tuple[bool, bool, bool]]:
            kinds = (pkcs11.Attribute.SENSITIVE, pkcs11.Attribute.EXTRACTABLE, pkcs11.Attribute.NEVER_EXTRACTABLE)
            wanted = {pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY}
            return [tuple(key[kind] for kind in kinds) for key in session.get_objects(wanted)]

        store = token_keys.desk.store
        assert isinstance(store, TokenKeys)
        assert store.token.ask(attributes) == [(True, False, True)] * 4
        assert [path.name for path in token_keys.desk.directory.path.rglob("*.key")] == ["root.key"]

    def test_the_list_says_where_they_are_until_they_are_destroyed(self, token_keys: Keys) -> None:
        rotate(token_keys.desk, [HEALTH.code], at=AT)
        assert {seal.where for seal in listed(token_keys.desk.directory)} == {"PKCS#11"}
        [(holder, _)] = prune(token_keys.desk, before=AT.replace(year=AT.year + 50))
        assert holder == HEALTH.code
        states = [seal.where for seal in listed(token_keys.desk.directory) if seal.holder == holder]
        assert states == ["PKCS#11", "destroyed"]

    def test_a_lost_session_is_opened_again(self, token_keys: Keys, softhsm: SoftHsm) -> None:
        signer = token_keys.open()
        for _ in range(2):
            assert sealed(a_document(), signer)
            softhsm.forget_sessions()
        assert sealed(a_document(), signer)

    def test_a_token_that_is_away_is_told_and_one_that_is_back_signs(self, token_keys: Keys, softhsm: SoftHsm) -> None:
        signer = token_keys.open()
        softhsm.away()
        for _ in range(2):
            with pytest.raises(SealDeviceAway):
                sealed(a_document(), signer)
        with pytest.raises(UnsafeSealKey, match="cannot be reached"):
            token_keys.open()
        softhsm.back()
        assert sealed(a_document(), signer)

    def test_a_wrong_pin_is_tried_once_for_tokens_lock_themselves(self, token_keys: Keys, softhsm: SoftHsm) -> None:
        softhsm.forget_sessions()
        wrong = softhsm.token(pin=b"654321")
        for _ in range(2):
            with pytest.raises(UnsafeSealKey, match="refuses the PIN"):
                wrong.public_key("anything")
        # Were the token asked, this would be its answer.
        softhsm.away()
        with pytest.raises(UnsafeSealKey, match="refuses the PIN"):
            wrong.public_key("anything")
        softhsm.back()

    async def test_a_device_that_hangs_holds_up_nobody_else(self, softhsm: SoftHsm) -> None:
        hanging, token = threading.Event(), softhsm.token(patience_seconds=0.05)
        with pytest.raises(SealDeviceAway):
            await token.in_thread(hanging.wait)
        await asyncio.sleep(0)
        hanging.set()
        assert await token.in_thread(lambda: "again") == "again"

    def test_a_module_that_is_none_is_told(self, tmp_path: Path, token_keys: Keys) -> None:
        nothing = Token(tmp_path / "nothing.so", LABEL, pin=b"1")
        with pytest.raises(UnsafeSealKey, match=r"cannot be reached .*nothing\.so"):
            Pkcs11Signer.from_directory(token_keys.desk.directory.path, nothing)

    def test_a_service_signs_with_the_token_that_its_settings_name(
        self, token_keys: Keys, softhsm: SoftHsm, tmp_path: Path
    ) -> None:
        seals = token_keys.desk.directory.path
        told = settings_of(tmp_path, database_url="postgresql+asyncpg://x", seal_directory=seals)
        token = {"seal_pkcs11_module": softhsm.module, "seal_pkcs11_token": LABEL}
        with pytest.raises(ValidationError, match="belong together"):
            CertificatesSettings.model_validate(told | token)
        settings = CertificatesSettings.model_validate(told | token | {"seal_pkcs11_pin_file": softhsm.pin_file})
        assert sealed(a_document(), signer_of(settings))


def test_a_key_file_is_no_key_for_a_token(softhsm: SoftHsm, tmp_path: Path) -> None:
    keys_in(tmp_path / "seals", None)
    with pytest.raises(UnsafeSealKey, match="does not hold the key"):
        Pkcs11Signer.from_directory(tmp_path / "seals", softhsm.token())
    assert SealDirectory(tmp_path / "seals").holders()
