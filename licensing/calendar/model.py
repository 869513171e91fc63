"""The table of administered days. A year is loaded whole or not at all."""

from sqlalchemy import Boolean, Column, Date, Table, Text

from licensing.metadata import metadata

calendar_days = Table(
    "calendar_days",
    metadata,
    Column("date", Date, primary_key=True),
    Column("is_workday", Boolean, nullable=False),
    Column("name", Text),
    # The notice that says so, e.g. 国办发明电〔2025〕7号.
    Column("source_doc", Text, nullable=False),
)
