"""Departments' subscriptions to events."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("name", sa.String(48), nullable=False),
        sa.Column("department", sa.String, nullable=False),
        sa.Column("topics", sa.ARRAY(sa.String), nullable=False),
        sa.Column(
            "suspended",
            sa.ARRAY(sa.String),
            nullable=False,
            comment="Those of the topics that no rule entitles to now",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String, nullable=False, comment="The client, and the officer who acted"),
        sa.PrimaryKeyConstraint("id", name="pk_subscriptions"),
        sa.UniqueConstraint("name", name="uq_subscriptions_name"),
        sa.ForeignKeyConstraint(["department"], ["departments.code"], name="fk_subscriptions_department"),
    )
    op.create_index("ix_subscriptions_department", "subscriptions", ["department"])
