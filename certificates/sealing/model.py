"""Every use of a key that speaks for a department or for the platform, and every seal that was replaced: append-only,
in the transaction of the use.
"""

from enum import StrEnum

from sqlalchemy import DDL, Column, DateTime, Index, Table, Text, Uuid, event

from certificates.metadata import metadata


class Form(StrEnum):
    """What was signed."""

    CERTIFICATE = "certificate"
    COPY = "copy"
    PDF = "pdf"
    QR = "qr"
    CREDENTIAL = "credential"
    STATUS_LIST = "status-list"
    TIMESTAMP = "timestamp"


seal_uses = Table(
    "seal_uses",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("holder", Text, nullable=False),
    # The key's name (RFC 7638), as in `kid`.
    Column("key", Text, nullable=False),
    Column("form", Text, nullable=False),
    # The certificate whose document it is; none for what speaks of many.
    Column("certificate", Uuid),
    Column("at", DateTime(timezone=True), nullable=False),
    Index(None, "certificate"),
    Index(None, "key", "at"),
)
# Seals that another took the place of: what a holder has kept stays genuine, whatever became of the key.
superseded_seals = Table(
    "superseded_seals",
    metadata,
    Column("certificate", Uuid, primary_key=True),
    Column("replaced_at", DateTime(timezone=True), primary_key=True),
    Column("seal", Text, nullable=False),
)
for _table in (seal_uses, superseded_seals):
    event.listen(
        metadata,
        "after_create",
        DDL(  # type: ignore[no-untyped-call]
            f"CREATE OR REPLACE TRIGGER {_table}_append_only BEFORE UPDATE OR DELETE ON {_table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        ),
    )
