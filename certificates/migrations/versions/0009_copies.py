"""Annotated copies of certificates."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "copies",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("certificate", sa.Uuid, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("watermark", JSONB, nullable=False),
        sa.Column("made_by", sa.Uuid, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.Date, nullable=False),
        sa.Column("seal", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_copies"),
        sa.ForeignKeyConstraint(["certificate"], ["certificates.id"], name="fk_copies_certificate"),
    )
    op.create_index("ix_copies_certificate_made_at_id", "copies", ["certificate", "made_at", "id"])
