"""The table of releases: numbered from 1 without a gap, never changed, the highest is current."""

from sqlalchemy import JSON, CheckConstraint, Column, DateTime, Integer, Table, Text

from licensing.metadata import metadata

catalogue_releases = Table(
    "catalogue_releases",
    metadata,
    Column(
        "number", Integer, CheckConstraint("number > 0", name="number_from_one"), primary_key=True, autoincrement=False
    ),
    # sha256 over the canonical bytes of `content`; the same content published again is the same release.
    Column("digest", Text, nullable=False),
    # File name -> what the file says: what was published, not what we made of it. Not JSONB, which forgets the order of
    # keys: roles are found in the order in which a thing names them.
    Column("content", JSON, nullable=False),
    Column("published_at", DateTime(timezone=True), nullable=False),
    Column("published_by", Text, nullable=False),
    # Of which earlier release this is the content again (rollback).
    Column("restores", Integer),
)
