"""Certificates, and what may happen to one: states and operations of GB/T 36903 practice (DOMAIN 4.4), as a table.

Three endings are kept apart, because they say different things about the holder: 撤销, 注销 and 吊销.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Sequence,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    false,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from certificates.issuing.errors import CertificateNotSealed
from certificates.metadata import metadata


class State(StrEnum):
    """The legal state of a certificate; in comments its name and code."""

    VALID = "valid"  # 有效 01
    WITHHELD = "withheld"  # 暂扣 02
    REVOKED = "revoked"  # 撤销 03: should not have been granted
    CANCELLED = "cancelled"  # 注销 04: formally ended
    EXPIRED = "expired"  # 失效 05
    TRANSFERRED = "transferred"  # 办理转出 06: on its way to another department
    WITHDRAWN = "withdrawn"  # 吊销 07: taken away as a penalty


class Operation(StrEnum):
    """What is done to a certificate."""

    ISSUING = "issuing"  # 新发 01
    WITHHOLDING = "withholding"  # 暂扣 03
    RENEWAL = "renewal"  # 延续 02
    EXPIRY = "expiry"  # 过期失效 04
    REVOCATION = "revocation"  # 注销 05, 撤销, 吊销
    REINSTATEMENT = "reinstatement"  # 暂扣发还 06
    CHANGE = "change"  # 变更 09
    TRANSFER_OUT = "transfer-out"  # 办理转出: 其他 07
    TRANSFER_IN = "transfer-in"  # 转入 08
    TRANSFER_BACK = "transfer-back"  # 取消转出 10
    # Another was issued to the holder of a kind of which nobody has two (补发、换发): 其他 07
    REPLACEMENT = "replacement"


class Origin(StrEnum):
    """Where a certificate comes from."""

    ISSUED = "issued"  # by this platform, on a decision
    IMPORTED = "imported"  # by its issuer before go-live: in the register, and with no seal of ours


# How states are coded where certificates are exchanged (GB/T 36903 practice).
STATE_CODES: Final[dict[State, str]] = {
    State.VALID: "01",
    State.WITHHELD: "02",
    State.REVOKED: "03",
    State.CANCELLED: "04",
    State.EXPIRED: "05",
    State.TRANSFERRED: "06",
    State.WITHDRAWN: "07",
}


@dataclass(frozen=True, slots=True)
class Ground:
    """Why an operation is lawful, from which states, and where it leads."""

    operation: Operation
    start: frozenset[State]
    end: State
    article: str


_VALID = frozenset({State.VALID})
_WITHHELD = frozenset({State.WITHHELD})
_HELD = _VALID | _WITHHELD
_ENDED_BY_TIME = _HELD | {State.EXPIRED}
_WITHHOLD, _REINSTATE, _REVOKE = Operation.WITHHOLDING, Operation.REINSTATEMENT, Operation.REVOCATION
_RENEW, _CHANGE = Operation.RENEWAL, Operation.CHANGE
_AWAY = frozenset({State.TRANSFERRED})

# ALL: 行政许可法 (Administrative Licensing Law); APL: 行政处罚法 (Administrative Penalty Law); Z-REG: 浙江省保障
# “最多跑一次”改革规定. Renewal, change and transfer-in end a certificate by putting a new version in its place.
GROUNDS: Final[dict[str, Ground]] = {
    "evidence-preservation": Ground(_WITHHOLD, _VALID, State.WITHHELD, "APL 56"),
    "suspension-penalty": Ground(_WITHHOLD, _VALID, State.WITHHELD, "APL 9(3)"),
    "withholding-ended": Ground(_REINSTATE, _WITHHELD, State.VALID, "APL 56"),
    "withholding-set-aside": Ground(_REINSTATE, _WITHHELD, State.VALID, "APL 7"),
    "abuse-of-power": Ground(_REVOKE, _HELD, State.REVOKED, "ALL 69(1)(1)"),
    "beyond-authority": Ground(_REVOKE, _HELD, State.REVOKED, "ALL 69(1)(2)"),
    "unlawful-procedure": Ground(_REVOKE, _HELD, State.REVOKED, "ALL 69(1)(3)"),
    "holder-not-eligible": Ground(_REVOKE, _HELD, State.REVOKED, "ALL 69(1)(4)"),
    "other-unlawful-grant": Ground(_REVOKE, _HELD, State.REVOKED, "ALL 69(1)(5)"),
    "fraud": Ground(_REVOKE, _HELD, State.REVOKED, "ALL 69(2)"),
    "expired-not-renewed": Ground(_REVOKE, _ENDED_BY_TIME, State.CANCELLED, "ALL 70(1)"),
    "holder-dead-or-incapable": Ground(_REVOKE, _ENDED_BY_TIME, State.CANCELLED, "ALL 70(2)"),
    "organisation-terminated": Ground(_REVOKE, _ENDED_BY_TIME, State.CANCELLED, "ALL 70(3)"),
    "licence-recalled": Ground(_REVOKE, _ENDED_BY_TIME, State.CANCELLED, "ALL 8, 70(4)"),
    "impossible": Ground(_REVOKE, _ENDED_BY_TIME, State.CANCELLED, "ALL 70(5)"),
    "other-cancellation": Ground(_REVOKE, _ENDED_BY_TIME, State.CANCELLED, "ALL 70(6)"),
    "penalty": Ground(_REVOKE, _HELD, State.WITHDRAWN, "APL 9(3)"),
    "term-ending": Ground(_RENEW, _VALID, State.EXPIRED, "ALL 50"),
    "holder-requested": Ground(_CHANGE, _VALID, State.EXPIRED, "ALL 49"),
    "circumstances-changed": Ground(_CHANGE, _VALID, State.EXPIRED, "ALL 8"),
    "facts-corrected": Ground(_CHANGE, _VALID, State.EXPIRED, "Z-REG 7"),
    "jurisdiction-moved": Ground(Operation.TRANSFER_OUT, _VALID, State.TRANSFERRED, "ALL 49"),
    "transfer-cancelled": Ground(Operation.TRANSFER_BACK, _AWAY, State.VALID, "ALL 49"),
    "transfer-accepted": Ground(Operation.TRANSFER_IN, _AWAY, State.EXPIRED, "ALL 49"),
}
# What its holder has: it may come back into use by itself, or by its issuer.
IN_FORCE: Final = _HELD
# A certificate expires by itself, whether withheld or on its way.
MAY_EXPIRE: Final = _HELD | _AWAY

EXPIRY_TIMER: Final = "certificate-expiry"

# Counts the places in the status lists; `rules.status_entry` says which place a number is.
status_slots = Sequence("status_slots", minvalue=0, start=0, metadata=metadata)

# Said to the letter: an index that knows this condition is only used where the statement has no parameter in it.
NOT_VALID: ColumnElement[bool] = literal_column("state <> 'valid'", Boolean)
# Of some kinds nobody has two certificates in force.
ONE_PER_HOLDER: Final = "uq_certificates_one_per_holder"

_STATES = ", ".join(f"'{state}'" for state in State)

certificates = Table(
    "certificates",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("version", Text, nullable=False),
    Column("predecessor", ForeignKey("certificates.id"), unique=True),
    Column("kind", Text, nullable=False),
    Column("kind_label", JSONB, nullable=False),
    Column("holder", Uuid, nullable=False),
    Column("region", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("issuer_name", JSONB, nullable=False),
    # Of which decision it was made; absent where its issuer put it in the place of another, or imported it.
    Column("case", Uuid),
    Column("index", Integer),
    Column("claims", JSONB, nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date),
    Column("state", Text, nullable=False),
    # Counts what was done to it: the order in which its events are told.
    Column("revision", Integer, nullable=False),
    Column("seal", Text),
    # Where its state stands in the published lists: for who verifies without asking.
    Column("status_list", Integer, nullable=False),
    Column("status_index", Integer, nullable=False),
    # Of an imported one the beginning of its day: no more is known.
    Column("issued_at", DateTime(timezone=True), nullable=False),
    Column("one_per_holder", Boolean, nullable=False, server_default=false()),
    Column("origin", Text, nullable=False, server_default=Origin.ISSUED.value),
    Column("import_id", ForeignKey("imports.id")),
    # The row's own key in its issuer's register: however often it is sent, it is imported once.
    Column("source_key", Text),
    # The number's check character is not the one that GB/T 36904 asks for. Ours always is.
    Column("check_mismatch", Boolean, nullable=False, server_default=false()),
    # The credit code in it is another than its issuer's. Of ours it never is.
    Column("issuer_mismatch", Boolean, nullable=False, server_default=false()),
    # The department that may take it over, once its issuer has let it go.
    Column("transferred_to", Text),
    # One decision, one certificate, whatever is redelivered.
    UniqueConstraint("case", "index"),
    UniqueConstraint("status_list", "status_index"),
    UniqueConstraint("issuer", "source_key"),
    CheckConstraint("origin IN ('issued', 'imported')", name="origin"),
    CheckConstraint("(origin = 'imported') = (source_key IS NOT NULL)", name="source"),
    CheckConstraint("(source_key IS NULL) = (import_id IS NULL)", name="import"),
    CheckConstraint("origin = 'imported' OR seal IS NOT NULL", name="sealed"),
    CheckConstraint('("case" IS NULL) = ("index" IS NULL)', name="whole_case"),
    CheckConstraint(f"state IN ({_STATES})", name="state"),
    CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="validity"),
    Index(None, "holder", "kind"),
    Index(None, "holder", "issued_at", "id"),
    # All that a status list is made of, so that making one does not read the certificates themselves.
    Index(None, "status_list", "state", "status_index", postgresql_where=NOT_VALID),
    Index(
        ONE_PER_HOLDER,
        "holder",
        "kind",
        unique=True,
        postgresql_where=text("one_per_holder AND state IN ('valid', 'withheld')"),
    ),
)


@dataclass(frozen=True, slots=True)
class Certificate:
    """One row of `certificates`."""

    id: UUID
    number: str
    version: str
    predecessor: UUID | None
    kind: str
    kind_label: dict[str, str]
    holder: UUID
    region: str
    issuer: str
    issuer_name: dict[str, str]
    case: UUID | None
    index: int | None
    claims: dict[str, JsonValue]
    issued_on: date
    valid_from: date
    valid_until: date | None
    state: State
    revision: int
    seal: str | None
    status_list: int
    status_index: int
    issued_at: datetime
    one_per_holder: bool = False
    origin: Origin = Origin.ISSUED
    import_id: UUID | None = None
    source_key: str | None = None
    check_mismatch: bool = False
    issuer_mismatch: bool = False
    transferred_to: str | None = None

    @property
    def sealed(self) -> str:
        """The seal of its document. Refuses (CertificateNotSealed) one that was imported: there is no such document."""
        if self.seal is None:
            raise CertificateNotSealed
        return self.seal


@dataclass(frozen=True, slots=True)
class Standing:
    """Of a row of `certificates` what anybody is told: nothing about its holder."""

    kind: str
    kind_label: dict[str, str]
    issuer: str
    issuer_name: dict[str, str]
    issued_on: date
    valid_from: date
    valid_until: date | None
    state: State
    origin: Origin
    check_mismatch: bool
    issuer_mismatch: bool


operations = Table(
    "operations",
    metadata,
    Column("certificate", ForeignKey("certificates.id"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("operation", Text, nullable=False),
    Column("ground", Text),
    Column("reason", Text),
    Column("department", Text, nullable=False),
    # Absent where nobody acted: issued on a decision, or expired by the calendar.
    Column("officer", Text),
    Column("at", DateTime(timezone=True), nullable=False),
)
