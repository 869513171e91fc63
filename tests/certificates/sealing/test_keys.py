"""The key directory: made once, kept, changed in single steps, and refused where it is not safe."""

import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from certificates.sealing.authority import Office
from certificates.sealing.commands import sealed
from certificates.sealing.errors import CeremonyRefused, NoSealKey, UnsafeSealKey
from certificates.sealing.keys import (
    KeyDesk,
    RevocationReason,
    concerns,
    init,
    listed,
    protect,
    prune,
    read_departments,
    renew_crl,
    revoke,
    rotate,
)
from certificates.sealing.ports import SoftwareSigner
from certificates.sealing.rules import Revocation, credit_code_of, is_seal_of, revocations_in, thumbprint_of
from certificates.verification.offline import verify_document
from tests.certificates.seals import AT, HEALTH, SECURITY, a_document

DEPARTMENTS = Path("licensing/catalogue/data/departments.yaml")
PASSPHRASE = b"correct horse battery staple"
LATER = AT + timedelta(days=1)


def made(path: Path, *departments: object, passphrase: bytes | None = None) -> KeyDesk:
    desk = KeyDesk.of(path, passphrase=passphrase)
    init(desk, departments or [HEALTH], at=AT)  # type: ignore[arg-type]  # departments, as the callers below give
    return desk


def key_of(desk: KeyDesk, holder: str = HEALTH.code) -> Path:
    certificate = x509.load_pem_x509_certificate(desk.directory.certificate(holder).read_bytes())
    return desk.directory.key(holder, certificate.serial_number)


def test_init_makes_a_root_and_a_seal_for_every_department(tmp_path: Path) -> None:
    assert init(KeyDesk.of(tmp_path / "seals"), [HEALTH, SECURITY], at=AT) == [
        "root",
        *Office,
        HEALTH.code,
        SECURITY.code,
    ]
    signer = SoftwareSigner.from_directory(tmp_path / "seals", private=True)
    assert verify_document(sealed(a_document(), signer).encode(), signer.root_pem, AT).genuine


def test_init_again_changes_nothing_and_adds_only_who_is_new(tmp_path: Path) -> None:
    desk = made(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()}
    assert init(desk, [HEALTH, SECURITY], at=AT + timedelta(days=1)) == [SECURITY.code]
    assert {path: path.read_bytes() for path in before} == before


def test_a_pair_left_half_made_by_a_crash_is_made_again(tmp_path: Path) -> None:
    desk = made(tmp_path)
    desk.directory.certificate(HEALTH.code).unlink()
    assert init(desk, [HEALTH], at=AT) == [HEALTH.code]
    assert sealed(a_document(), SoftwareSigner.from_directory(tmp_path, private=True))


def test_private_keys_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    made(tmp_path)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*.key")} == {0o600}


def test_a_key_that_others_may_read_is_refused_outside_the_embedded_profile(tmp_path: Path) -> None:
    key_of(made(tmp_path)).chmod(0o640)
    with pytest.raises(UnsafeSealKey, match="0600"):
        SoftwareSigner.from_directory(tmp_path, private=True)
    assert sealed(a_document(), SoftwareSigner.from_directory(tmp_path, private=False))


def test_a_seal_of_another_root_is_refused_at_start(tmp_path: Path) -> None:
    made(tmp_path / "a")
    made(tmp_path / "b")
    for part, why in (("root.crl", "root.crl was not issued"), ("root.pem", "certificate of platform:status")):
        (tmp_path / "a" / part).write_bytes((tmp_path / "b" / part).read_bytes())
        with pytest.raises(UnsafeSealKey, match=why):
            SoftwareSigner.from_directory(tmp_path / "a", private=True)


def test_a_department_without_a_key_or_with_another_credit_code_cannot_seal(tmp_path: Path) -> None:
    made(tmp_path, SECURITY, HEALTH.model_copy(update={"uscc": "11330000MB9X00066W"}))
    signer = SoftwareSigner.from_directory(tmp_path, private=True)
    stranger = a_document().issuer.model_copy(update={"department": "tax"})
    for document in (a_document(), a_document(issuer=stranger)):
        with pytest.raises(NoSealKey):
            sealed(document, signer)


def test_a_seal_certificate_names_the_credit_code_and_is_for_non_repudiation_only(tmp_path: Path) -> None:
    made(tmp_path)
    root = x509.load_pem_x509_certificate((tmp_path / "root.pem").read_bytes())
    seal = x509.load_pem_x509_certificate((tmp_path / "departments" / f"{HEALTH.code}.pem").read_bytes())
    usage = seal.extensions.get_extension_for_class(x509.KeyUsage).value
    assert credit_code_of(seal) == HEALTH.uscc
    assert is_seal_of(root, seal)
    assert (usage.digital_signature, usage.content_commitment) == (True, True)
    assert (usage.key_cert_sign, usage.key_encipherment, usage.key_agreement) == (False, False, False)


def test_an_office_of_the_platform_seals_no_certificate(tmp_path: Path) -> None:
    made(tmp_path)
    signer = SoftwareSigner.from_directory(tmp_path, private=True)
    for office in Office:
        assert credit_code_of(signer.certificate_of(office)) is None


def test_the_root_says_which_certificates_are_revoked(tmp_path: Path) -> None:
    made(tmp_path)
    signer = SoftwareSigner.from_directory(tmp_path, private=True)
    root = x509.load_pem_x509_certificate(signer.root_pem)
    crl = x509.load_der_x509_crl(signer.root_crl)
    assert crl.is_signature_valid(root.public_key())  # type: ignore[arg-type]
    assert list(crl) == []


class TestPassphrase:
    def test_keys_lie_encrypted_and_are_opened_by_it_alone(self, tmp_path: Path) -> None:
        desk = made(tmp_path, passphrase=PASSPHRASE)
        assert all(b"ENCRYPTED" in path.read_bytes() for path in [*tmp_path.rglob("*.key")])
        signer = SoftwareSigner.from_directory(tmp_path, private=True, passphrase=PASSPHRASE, encrypted=True)
        assert sealed(a_document(), signer)
        for wrong in (None, PASSPHRASE + b"."):
            with pytest.raises(UnsafeSealKey, match="passphrase"):
                SoftwareSigner.from_directory(tmp_path, private=True, passphrase=wrong)
        assert rotate(desk, [HEALTH.code], at=LATER)

    def test_plain_keys_are_refused_where_they_must_have_one_and_can_be_given_one(self, tmp_path: Path) -> None:
        desk = made(tmp_path)
        with pytest.raises(UnsafeSealKey, match="keys protect"):
            SoftwareSigner.from_directory(tmp_path, private=True, passphrase=PASSPHRASE, encrypted=True)
        assert len(protect(desk.directory, old=None, new=PASSPHRASE)) == 4  # the root, two offices, a department
        SoftwareSigner.from_directory(tmp_path, private=True, passphrase=PASSPHRASE, encrypted=True)

    def test_an_interrupted_change_of_passphrase_goes_on(self, tmp_path: Path) -> None:
        desk = made(tmp_path, passphrase=PASSPHRASE)
        half_way = key_of(desk).read_bytes()
        protect(desk.directory, old=PASSPHRASE, new=b"another passphrase")
        key_of(desk).write_bytes(half_way)
        protect(desk.directory, old=PASSPHRASE, new=b"another passphrase")
        SoftwareSigner.from_directory(tmp_path, private=True, passphrase=b"another passphrase", encrypted=True)

    def test_a_damaged_key_is_refused(self, tmp_path: Path) -> None:
        desk = made(tmp_path, passphrase=PASSPHRASE)
        key_of(desk).write_bytes(key_of(desk).read_bytes().replace(b"M", b"N"))
        with pytest.raises(UnsafeSealKey, match="damaged"):
            SoftwareSigner.from_directory(tmp_path, private=True, passphrase=PASSPHRASE)


class TestRotation:
    def test_the_holder_signs_by_a_new_key_under_the_same_name_and_the_old_seal_is_kept(self, tmp_path: Path) -> None:
        desk = made(tmp_path, HEALTH, SECURITY)
        before = SoftwareSigner.from_directory(tmp_path, private=True)
        rotate(desk, [HEALTH.code], at=LATER)
        after = SoftwareSigner.from_directory(tmp_path, private=True)
        old, new = before.certificate_of(HEALTH.code), after.certificate_of(HEALTH.code)
        assert (old.subject, old.public_key() == new.public_key()) == (new.subject, False)
        assert after.certificates()[HEALTH.code] == (new, old)
        assert after.certificates()[SECURITY.code] == before.certificates()[SECURITY.code]
        document = sealed(a_document(), before).encode()
        assert verify_document(document, after.root_pem, LATER).genuine

    def test_every_holder_can_be_rotated_and_gets_the_names_of_today(self, tmp_path: Path) -> None:
        desk = made(tmp_path)
        renamed = HEALTH.model_copy(update={"uscc": SECURITY.uscc})
        rotate(desk, desk.directory.holders(), at=LATER, departments=[renamed])
        states = [(seal.holder, seal.state) for seal in listed(desk.directory)]
        holders = [*Office, HEALTH.code]
        assert states == [(holder, state) for holder in holders for state in ("current", "retired")]
        signer = SoftwareSigner.from_directory(tmp_path, private=True)
        assert credit_code_of(signer.certificate_of(HEALTH.code)) == SECURITY.uscc

    def test_the_root_key_is_needed_for_it_and_for_nothing_else(self, tmp_path: Path) -> None:
        desk = made(tmp_path / "seals")
        away = tmp_path / "safe"
        desk.root_key.rename(away)
        assert init(desk, [HEALTH], at=LATER) == []
        SoftwareSigner.from_directory(tmp_path / "seals", private=True)
        with pytest.raises(CeremonyRefused, match="--root-key"):
            rotate(desk, [HEALTH.code], at=LATER)
        rotate(KeyDesk(desk.directory, desk.store, away), [HEALTH.code], at=LATER)

    def test_another_roots_key_is_refused(self, tmp_path: Path) -> None:
        ours, theirs = made(tmp_path / "a"), made(tmp_path / "b")
        with pytest.raises(CeremonyRefused, match="not the key of"):
            rotate(KeyDesk(ours.directory, ours.store, theirs.root_key), [HEALTH.code], at=LATER)

    def test_who_has_no_seal_is_refused_before_anything_is_changed(self, tmp_path: Path) -> None:
        desk = made(tmp_path)
        before = desk.directory.stamp()
        with pytest.raises(CeremonyRefused, match="tax"):
            rotate(desk, [HEALTH.code, "tax"], at=LATER)
        assert desk.directory.stamp() == before

    def test_keys_of_retired_seals_are_destroyed_when_nobody_signs_with_them(self, tmp_path: Path) -> None:
        desk = made(tmp_path)
        old = key_of(desk)
        rotate(desk, [HEALTH.code], at=LATER)
        retired_at = desk.directory.retired(HEALTH.code, int(old.stem.rpartition("-")[2], 16)).stat().st_mtime
        moment = AT.fromtimestamp(retired_at, AT.tzinfo)
        assert (prune(desk, before=moment - timedelta(hours=1)), old.exists()) == ([], True)
        [(holder, _)] = prune(desk, before=moment + timedelta(hours=1))
        assert (holder, old.exists(), key_of(desk).exists()) == (HEALTH.code, False, True)
        assert [seal.where for seal in listed(desk.directory) if seal.holder == HEALTH.code] == ["file", "destroyed"]


class TestRevocation:
    def test_it_is_on_the_list_for_good_with_its_reason(self, tmp_path: Path) -> None:
        desk = made(tmp_path, HEALTH, SECURITY)
        first, second = (load(desk, holder) for holder in (HEALTH.code, SECURITY.code))
        revoke(desk, HEALTH.code, first.serial_number, RevocationReason.KEY_COMPROMISE, at=AT)
        revoke(desk, SECURITY.code, second.serial_number, RevocationReason.SUPERSEDED, at=LATER)
        renew_crl(desk, at=LATER + timedelta(days=100))
        seals = desk.directory.read()
        found = revocations_in(seals.root_crl, seals.root_pem)
        assert {serial: (each.at, each.is_compromise) for serial, each in found.items()} == {
            first.serial_number: (AT, True),
            second.serial_number: (LATER, False),
        }

    def test_a_seal_in_use_has_a_successor_at_once_and_its_key_is_gone(self, tmp_path: Path) -> None:
        desk = made(tmp_path)
        old, old_key = load(desk, HEALTH.code), key_of(desk)
        assert revoke(desk, HEALTH.code, old.serial_number, RevocationReason.KEY_COMPROMISE, at=LATER)
        signer = SoftwareSigner.from_directory(tmp_path, private=True)
        assert signer.certificates()[HEALTH.code] == (signer.certificate_of(HEALTH.code), old)
        assert not old_key.exists()
        assert [seal.state for seal in listed(desk.directory) if seal.holder == HEALTH.code] == ["current", "revoked"]

    def test_who_ceased_to_operate_signs_no_more(self, tmp_path: Path) -> None:
        desk = made(tmp_path)
        revoke(desk, HEALTH.code, load(desk, HEALTH.code).serial_number, RevocationReason.CESSATION, at=LATER)
        with pytest.raises(NoSealKey):
            SoftwareSigner.from_directory(tmp_path, private=True).certificate_of(HEALTH.code)

    def test_a_retired_seal_can_be_revoked_too(self, tmp_path: Path) -> None:
        desk = made(tmp_path)
        old = load(desk, HEALTH.code)
        rotate(desk, [HEALTH.code], at=LATER)
        current = load(desk, HEALTH.code)
        assert not revoke(desk, HEALTH.code, old.serial_number, RevocationReason.KEY_COMPROMISE, at=LATER)
        assert load(desk, HEALTH.code) == current

    def test_twice_or_a_strangers_is_refused(self, tmp_path: Path) -> None:
        desk = made(tmp_path)
        serial = load(desk, HEALTH.code).serial_number
        revoke(desk, HEALTH.code, serial, RevocationReason.SUPERSEDED, at=LATER)
        with pytest.raises(CeremonyRefused, match="already"):
            revoke(desk, HEALTH.code, serial, RevocationReason.SUPERSEDED, at=LATER)
        with pytest.raises(CeremonyRefused, match="never had"):
            revoke(desk, HEALTH.code, serial + 1, RevocationReason.SUPERSEDED, at=LATER)

    def test_that_a_key_was_stolen_can_be_said_of_one_that_was_laid_aside(self, tmp_path: Path) -> None:
        """Else whoever finds it could write any day before."""
        desk = made(tmp_path, HEALTH, SECURITY)
        first, second = load(desk, HEALTH.code).serial_number, load(desk, SECURITY.code).serial_number
        revoke(desk, HEALTH.code, first, RevocationReason.CESSATION, at=AT)
        revoke(desk, SECURITY.code, second, RevocationReason.SUPERSEDED, at=AT)
        for holder, serial in ((HEALTH.code, first), (SECURITY.code, second)):
            revoke(desk, holder, serial, RevocationReason.KEY_COMPROMISE, at=LATER)
            with pytest.raises(CeremonyRefused, match="already"):
                revoke(desk, holder, serial, RevocationReason.KEY_COMPROMISE, at=LATER)
            with pytest.raises(CeremonyRefused, match="already"):
                revoke(desk, holder, serial, RevocationReason.SUPERSEDED, at=LATER)
        seals = desk.directory.read()
        found = revocations_in(seals.root_crl, seals.root_pem)
        assert found == {serial: Revocation(at=AT, is_compromise=True) for serial in (first, second)}

    def test_a_theft_is_noticed_late_and_counts_from_when_it_may_have_been(self, tmp_path: Path) -> None:
        """Else pages by the stolen key, timestamped before anybody noticed, would stay genuine."""
        desk = made(tmp_path)
        serial, theft = load(desk, HEALTH.code).serial_number, RevocationReason.KEY_COMPROMISE
        revoke(desk, HEALTH.code, serial, theft, at=LATER)
        revoke(desk, HEALTH.code, serial, theft, at=LATER + timedelta(days=1), since=AT)
        seals = desk.directory.read()
        assert revocations_in(seals.root_crl, seals.root_pem)[serial] == Revocation(at=AT, is_compromise=True)
        with pytest.raises(CeremonyRefused, match="already"):
            revoke(desk, HEALTH.code, serial, theft, at=LATER, since=AT)

    @pytest.mark.parametrize(
        ("reason", "since"),
        [(RevocationReason.SUPERSEDED, AT), (RevocationReason.KEY_COMPROMISE, LATER + timedelta(seconds=1))],
    )
    def test_no_other_day_than_that_of_a_theft_can_be_given(
        self, tmp_path: Path, reason: RevocationReason, since: datetime
    ) -> None:
        desk = made(tmp_path)
        with pytest.raises(CeremonyRefused, match="in the past"):
            revoke(desk, HEALTH.code, load(desk, HEALTH.code).serial_number, reason, at=LATER, since=since)

    def test_a_revoked_certificate_that_is_put_back_signs_nothing(self, tmp_path: Path) -> None:
        desk = made(tmp_path)
        old, kept = (
            load(desk, HEALTH.code),
            {path: path.read_bytes() for path in (tmp_path / "departments").glob("*.*")},
        )
        revoke(desk, HEALTH.code, old.serial_number, RevocationReason.KEY_COMPROMISE, at=LATER)
        for path, content in kept.items():
            path.write_bytes(content)
        with pytest.raises(NoSealKey):
            SoftwareSigner.from_directory(tmp_path, private=False).certificate_of(HEALTH.code)


def load(desk: KeyDesk, holder: str) -> x509.Certificate:
    return desk.directory.read().current[holder]


def test_a_directory_whose_keys_have_the_names_of_their_holders_goes_on(tmp_path: Path) -> None:
    desk = made(tmp_path)
    key_of(desk).rename(tmp_path / "departments" / f"{HEALTH.code}.key")
    assert init(desk, [HEALTH], at=LATER) == []
    assert sealed(a_document(), SoftwareSigner.from_directory(tmp_path, private=True))


def test_two_who_change_a_directory_at_once_lose_nothing(tmp_path: Path) -> None:
    made(tmp_path)
    script = (
        "import sys; from pathlib import Path; from certificates.sealing.keys import KeyDesk, rotate;"
        "from shared.clock import now; desk = KeyDesk.of(Path(sys.argv[1]));"
        "[rotate(desk, [sys.argv[2]], at=now()) for _ in range(10)]"
    )
    running = [subprocess.Popen([sys.executable, "-c", script, tmp_path, HEALTH.code]) for _ in range(2)]
    assert [one.wait() for one in running] == [0, 0]
    assert len(SoftwareSigner.from_directory(tmp_path, private=True).certificates()[HEALTH.code]) == 21


class TestConcerns:
    def at(self, desk: KeyDesk, at: datetime) -> list[tuple[str, bool]]:
        return [(each.text, each.is_urgent) for each in concerns(desk.directory, at=at)]

    def test_fresh_keys_are_none(self, tmp_path: Path) -> None:
        assert self.at(made(tmp_path), LATER) == []

    def test_a_list_of_revoked_seals_that_nobody_renews_is_one(self, tmp_path: Path) -> None:
        desk = made(tmp_path)
        [(text, is_urgent)] = self.at(desk, AT + timedelta(days=151))
        assert text == "The list of revoked seals ends on 2027-05-21; run: onevisit keys crl"
        assert not is_urgent
        [(text, is_urgent)] = self.at(desk, AT + timedelta(days=181))
        assert "ended" in text
        assert is_urgent
        renew_crl(desk, at=AT + timedelta(days=181))
        assert self.at(desk, AT + timedelta(days=181)) == []

    def test_so_is_a_seal_of_the_last_three_months_until_it_is_rotated(self, tmp_path: Path) -> None:
        desk, late = made(tmp_path), AT + timedelta(days=5 * 365 - 89)
        renew_crl(desk, at=late)
        assert [text.partition("; run: ")[2] for text, _ in self.at(desk, late)] == [
            "onevisit keys rotate --department health-commission",
            "onevisit keys rotate --office status",
            "onevisit keys rotate --office timestamp",
        ]
        rotate(desk, desk.directory.holders(), at=late)
        assert self.at(desk, late) == []


def test_a_certificates_name_is_that_of_its_key(tmp_path: Path) -> None:
    desk = made(tmp_path)
    assert {seal.kid for seal in listed(desk.directory)} == {
        thumbprint_of(load(desk, holder)) for holder in desk.directory.holders()
    }


def test_the_departments_of_the_catalogue_can_be_read() -> None:
    assert [department.code for department in read_departments(DEPARTMENTS)][:2] == ["hospital", "health-commission"]
