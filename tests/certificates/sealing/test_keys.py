"""The key directory: made once, kept, and refused where it is not safe."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from certificates.sealing.authority import Office
from certificates.sealing.commands import sealed
from certificates.sealing.errors import NoSealKey, UnsafeSealKey
from certificates.sealing.keys import init, main, read_departments
from certificates.sealing.ports import SoftwareSigner
from certificates.sealing.rules import credit_code_of, is_seal_of
from certificates.verification.offline import verify_document
from tests.certificates.seals import AT, HEALTH, SECURITY, a_document

DEPARTMENTS = Path("licensing/catalogue/data/departments.yaml")


def test_init_makes_a_root_and_a_seal_for_every_department(tmp_path: Path) -> None:
    assert init(tmp_path / "seals", [HEALTH, SECURITY], at=AT) == ["root", *Office, HEALTH.code, SECURITY.code]
    signer = SoftwareSigner.from_directory(tmp_path / "seals", private=True)
    assert verify_document(sealed(a_document(), signer).encode(), signer.root_pem, AT).genuine


def test_init_again_changes_nothing_and_adds_only_who_is_new(tmp_path: Path) -> None:
    init(tmp_path, [HEALTH], at=AT)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    assert init(tmp_path, [HEALTH, SECURITY], at=AT + timedelta(days=1)) == [SECURITY.code]
    assert {path: path.read_bytes() for path in before} == before


def test_a_pair_left_half_made_by_a_crash_is_made_again(tmp_path: Path) -> None:
    init(tmp_path, [HEALTH], at=AT)
    (tmp_path / "departments" / f"{HEALTH.code}.pem").unlink()
    assert init(tmp_path, [HEALTH], at=AT) == [HEALTH.code]
    assert sealed(a_document(), SoftwareSigner.from_directory(tmp_path, private=True))


def test_private_keys_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    init(tmp_path, [HEALTH], at=AT)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*.key")} == {0o600}


def test_a_key_that_others_may_read_is_refused_outside_the_embedded_profile(tmp_path: Path) -> None:
    init(tmp_path, [HEALTH], at=AT)
    (tmp_path / "departments" / f"{HEALTH.code}.key").chmod(0o640)
    with pytest.raises(UnsafeSealKey, match="0600"):
        SoftwareSigner.from_directory(tmp_path, private=True)
    assert sealed(a_document(), SoftwareSigner.from_directory(tmp_path, private=False))


def test_a_seal_of_another_root_is_refused_at_start(tmp_path: Path) -> None:
    init(tmp_path / "a", [HEALTH], at=AT)
    init(tmp_path / "b", [HEALTH], at=AT)
    (tmp_path / "a" / "root.pem").write_bytes((tmp_path / "b" / "root.pem").read_bytes())
    with pytest.raises(UnsafeSealKey, match="root"):
        SoftwareSigner.from_directory(tmp_path / "a", private=True)


def test_a_department_without_a_key_or_with_another_credit_code_cannot_seal(tmp_path: Path) -> None:
    init(tmp_path, [SECURITY, HEALTH.model_copy(update={"uscc": "11330000MB9X00066W"})], at=AT)
    signer = SoftwareSigner.from_directory(tmp_path, private=True)
    stranger = a_document().issuer.model_copy(update={"department": "tax"})
    for document in (a_document(), a_document(issuer=stranger)):
        with pytest.raises(NoSealKey):
            sealed(document, signer)


def test_a_seal_certificate_names_the_credit_code_and_is_for_non_repudiation_only(tmp_path: Path) -> None:
    init(tmp_path, [HEALTH], at=AT)
    root = x509.load_pem_x509_certificate((tmp_path / "root.pem").read_bytes())
    seal = x509.load_pem_x509_certificate((tmp_path / "departments" / f"{HEALTH.code}.pem").read_bytes())
    usage = seal.extensions.get_extension_for_class(x509.KeyUsage).value
    assert credit_code_of(seal) == HEALTH.uscc
    assert is_seal_of(root, seal)
    assert (usage.digital_signature, usage.content_commitment) == (True, True)
    assert (usage.key_cert_sign, usage.key_encipherment, usage.key_agreement) == (False, False, False)


def test_an_office_of_the_platform_seals_no_certificate(tmp_path: Path) -> None:
    init(tmp_path, [HEALTH], at=AT)
    signer = SoftwareSigner.from_directory(tmp_path, private=True)
    for office in Office:
        assert credit_code_of(signer.certificate_of(office)) is None


def test_the_root_says_which_certificates_are_revoked(tmp_path: Path) -> None:
    init(tmp_path, [HEALTH], at=AT)
    signer = SoftwareSigner.from_directory(tmp_path, private=True)
    root = x509.load_pem_x509_certificate(signer.root_pem)
    crl = x509.load_der_x509_crl(signer.root_crl)
    assert crl.is_signature_valid(root.public_key())  # type: ignore[arg-type]
    assert list(crl) == []


def test_the_command_makes_seals_for_the_departments_of_the_catalogue(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["init", str(tmp_path), "--departments", str(DEPARTMENTS)])
    main(["init", str(tmp_path), "--departments", str(DEPARTMENTS)])
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("made: root, platform:status, platform:timestamp, hospital, health-commission")
    assert second == "nothing to make"
    assert len(list((tmp_path / "departments").glob("*.pem"))) == len(read_departments(DEPARTMENTS))
