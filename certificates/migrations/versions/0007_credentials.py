"""Certificates in wallets."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "credentials",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("certificate", sa.Uuid, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("nonce", sa.LargeBinary, nullable=False),
        sa.Column("credential", sa.Text, nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_credentials"),
        sa.UniqueConstraint("nonce", name="uq_credentials_nonce"),
        sa.ForeignKeyConstraint(["certificate"], ["certificates.id"], name="fk_credentials_certificate"),
    )
    op.create_index("ix_credentials_certificate", "credentials", ["certificate"])
