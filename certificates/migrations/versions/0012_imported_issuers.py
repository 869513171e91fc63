"""Imported certificates whose number names another body than their issuer."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("certificates", sa.Column("issuer_mismatch", sa.Boolean, nullable=False, server_default=sa.false()))
