"""Deliveries of paper copies."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_STATES = "'requested', 'dispatched', 'failed', 'pick-up', 'delivered', 'cancelled'"


def upgrade() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("certificate", sa.Uuid, nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("address", JSONB),
        sa.Column("tracking", sa.Text),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.ForeignKeyConstraint(["certificate"], ["certificates.id"], name="fk_deliveries_certificate"),
        sa.CheckConstraint(f"state IN ({_STATES})", name="ck_deliveries_state"),
        sa.CheckConstraint(
            "address IS NULL OR state IN ('requested', 'dispatched', 'failed')",
            name="ck_deliveries_address_while_open",
        ),
    )
    op.create_index("ix_deliveries_certificate_requested_at_id", "deliveries", ["certificate", "requested_at", "id"])
    op.create_index("ix_deliveries_due_at", "deliveries", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL"))
    op.create_index(
        "uq_deliveries_one_under_way",
        "deliveries",
        ["certificate"],
        unique=True,
        postgresql_where=sa.text("state IN ('requested', 'dispatched', 'failed', 'pick-up')"),
    )
