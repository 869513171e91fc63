"""Certificates without a case of their own, and kinds of which nobody has two in force."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("certificates", "case", nullable=True)
    op.alter_column("certificates", "index", nullable=True)
    op.add_column("certificates", sa.Column("one_per_holder", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index(
        "uq_certificates_one_per_holder",
        "certificates",
        ["holder", "kind"],
        unique=True,
        postgresql_where=sa.text("one_per_holder AND state IN ('valid', 'withheld')"),
    )
