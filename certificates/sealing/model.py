"""Every use of a key that speaks for a department or for the platform: append-only, in the transaction of the use."""

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
event.listen(
    metadata,
    "after_create",
    DDL(  # type: ignore[no-untyped-call]
        "CREATE OR REPLACE TRIGGER seal_uses_append_only BEFORE UPDATE OR DELETE ON seal_uses"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    ),
)
