"""Certificates on their way from one department to another."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_STATES = "'valid', 'withheld', 'revoked', 'cancelled', 'expired', 'transferred', 'withdrawn'"


def upgrade() -> None:
    op.add_column("certificates", sa.Column("transferred_to", sa.Text))
    op.drop_constraint("ck_certificates_state", "certificates", type_="check")
    # A table of millions is not read under a lock: the check holds from now on, and is confirmed beside the work.
    op.execute(f"ALTER TABLE certificates ADD CONSTRAINT ck_certificates_state CHECK (state IN ({_STATES})) NOT VALID")
    op.execute("ALTER TABLE certificates VALIDATE CONSTRAINT ck_certificates_state")
