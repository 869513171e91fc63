"""Departments' subscriptions: the truth of them. Their consumers on the bus are made from these rows, at any time."""

from sqlalchemy import ARRAY, Column, DateTime, ForeignKey, Index, String, Table, UniqueConstraint, Uuid

from identity.metadata import metadata

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", String(48), nullable=False),
    Column("department", String, ForeignKey("departments.code"), nullable=False),
    Column("topics", ARRAY(String), nullable=False),
    Column("suspended", ARRAY(String), nullable=False, comment="Those of the topics that no rule entitles to now"),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("created_by", String, nullable=False, comment="The client, and the officer who acted"),
    UniqueConstraint("name"),
    Index("ix_subscriptions_department", "department"),
)
