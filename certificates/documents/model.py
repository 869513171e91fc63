"""Documents that were made, kept so that whoever asks again gets the same bytes."""

from enum import StrEnum

from sqlalchemy import Column, DateTime, ForeignKey, LargeBinary, Table, Text

from certificates.metadata import metadata


class DocumentForm(StrEnum):
    """What was made of a certificate."""

    PDF = "pdf"
    # Of a copy: the form is followed by the copy's id, so that each copy has one row.
    COPY = "copy"


documents = Table(
    "documents",
    metadata,
    Column("certificate", ForeignKey("certificates.id"), primary_key=True),
    Column("form", Text, primary_key=True),
    # SHA-256 of everything that the document is made from: when a template or font changes, it is made anew.
    Column("content", LargeBinary, nullable=False),
    Column("bytes", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)
