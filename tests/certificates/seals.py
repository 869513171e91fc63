"""Fictional departments with seals, and documents that they could issue."""

from datetime import UTC, date, datetime
from uuid import UUID

from cryptography.hazmat.primitives.serialization import Encoding

from certificates.issuing.rules import CertificateNumber
from certificates.sealing.authority import Issued, Office, SealingDepartment, new_crl, new_office, new_root, new_seal
from certificates.sealing.ports import SealCredential, SoftwareSigner
from certificates.sealing.schemas import CertificateDocument, Issuer
from shared.schemas import Text

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
TYPE_CODE = "11100000000013338W011"
HEALTH = SealingDepartment(
    code="health-commission",
    name=Text(zh="卫生健康部门", en="Health Commission"),
    uscc="11330000MB9X00023F",
    region="330000",
)
SECURITY = SealingDepartment(
    code="public-security",
    name=Text(zh="公安机关", en="Public Security"),
    uscc="11330000MB9X00031A",
    region="330000",
)


def signer_for(root: Issued, *departments: SealingDepartment, at: datetime = AT) -> SoftwareSigner:
    issued: dict[str, Issued] = {department.code: new_seal(root, department, at=at) for department in departments}
    issued |= {office: new_office(root, office, at=at) for office in Office}
    held = {holder: SealCredential(key=one.key, certificate=one.certificate) for holder, one in issued.items()}
    pem = root.certificate.public_bytes(Encoding.PEM)
    return SoftwareSigner(root_pem=pem, root_crl=new_crl(root, at=at), credentials=held)


def a_root() -> Issued:
    return new_root(at=AT)


def a_document(**changes: object) -> CertificateDocument:
    """A birth medical certificate as the health commission seals it; `changes` replace fields."""
    number = CertificateNumber.compose(type_code=TYPE_CODE, issuer=HEALTH.uscc, serial="20260000001")
    fields: dict[str, object] = {
        "certificate": UUID(int=1),
        "number": str(number),
        "version": "001",
        "predecessor": None,
        "kind": "birth-medical-certificate",
        "kind_label": Text(zh="出生医学证明", en="Birth medical certificate"),
        "holder": UUID(int=2),
        "issuer": Issuer(department=HEALTH.code, name=HEALTH.name, uscc=HEALTH.uscc),
        "region": "330782",
        "claims": {"name": "𠮷娃", "birth-weight-grams": 3250, "birth-date": "2026-11-20"},
        "issued_on": date(2026, 11, 22),
        "valid_from": date(2026, 11, 22),
        "valid_until": date(2029, 11, 21),
        "sealed_at": AT,
    }
    return CertificateDocument.model_validate(fields | changes)
