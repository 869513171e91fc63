"""An index of the certificates that are not valid: all that a status list is made of."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_certificates_status_list_state_status_index",
        "certificates",
        ["status_list", "state", "status_index"],
        postgresql_where=sa.text("state <> 'valid'"),
    )
