"""The divisions that there are, and that there were: people keep the codes of counties that are no more."""

from sqlalchemy import Column, Date, String, Table

from identity.metadata import metadata

regions = Table(
    "regions",
    metadata,
    Column("code", String(6), primary_key=True),
    Column("name_zh", String, nullable=False),
    Column("name_en", String),
    Column("abolished_on", Date),
)
