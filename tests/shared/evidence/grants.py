"""Grants, rules and keys of a small world in which evidence is read."""

from datetime import UTC, datetime
from uuid import UUID

from shared.contracts.evidence import EvidenceType, Grant
from shared.contracts.sharing import EvidenceKind, SharingRule, SharingRules
from shared.jose import SigningKey
from shared.schemas import Text

AT = datetime(2026, 3, 11, 2, tzinfo=UTC)
CHILD, STRANGER, CASE = UUID(int=11), UUID(int=12), UUID(int=13)
BIRTH, CARD, RECORD = "birth-medical-certificate", "social-security-card", "birth-record"
READER = "public-security"
KINDS: dict[str, EvidenceType] = {BIRTH: "certificate", CARD: "certificate", RECORD: "record"}

RULES = SharingRules(
    release=7,
    rules=(
        SharingRule(
            item="household-registration",
            reader=READER,
            kind=BIRTH,
            attributes=("name", "birth-date"),
            regions=("330000",),
        ),
        SharingRule(item="moving", reader=READER, kind=BIRTH, attributes=("sex",), regions=("330700",)),
        SharingRule(item="moving", reader=READER, kind=CARD, attributes=(), regions=("330782",)),
        SharingRule(item="newborn-draft", reader="licensing", kind=BIRTH, attributes=("name",), regions=("330000",)),
    ),
    kinds=tuple(
        EvidenceKind(
            code=code,
            type=held_as,
            label=Text(zh=code, en=code),
            issuer="health-commission",
            attributes=(),
            prints_number=code == CARD,
        )
        for code, held_as in KINDS.items()
    ),
    vocabulary={},
)


def a_grant(**changes: object) -> Grant:
    """Public security may read a child's birth certificate for one case, for a day."""
    issued = int(AT.timestamp())
    fields: dict[str, object] = {
        "iss": "licensing",
        "jti": UUID(int=1),
        "sub": READER,
        "purpose": "case",
        "ref": CASE,
        "items": ("household-registration",),
        "region": "330782",
        "parties": (CHILD,),
        "kinds": (BIRTH,),
        "iat": issued,
        "exp": issued + 86_400,
    }
    return Grant.model_validate(fields | changes)


def signed(grant: Grant, key: SigningKey, *, typ: str = "grant+jwt") -> str:
    return key.sign(grant.model_dump(mode="json"), typ=typ)
