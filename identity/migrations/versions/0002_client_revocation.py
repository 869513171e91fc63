"""A client may be revoked: since when, and by whom."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clients", sa.Column("revoked_at", sa.DateTime(timezone=True)))
    op.add_column("clients", sa.Column("revoked_by", sa.String))
    op.create_check_constraint("ck_clients_revoked", "clients", "(revoked_at IS NULL) = (revoked_by IS NULL)")
