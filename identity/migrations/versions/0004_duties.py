"""A standing duty also says what evidence may be read on it, for which item, and about whom."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("standing_duties", sa.Column("item", sa.String))
    for name in ("kinds", "party_kinds", "regions"):
        op.add_column("standing_duties", sa.Column(name, sa.ARRAY(sa.String), nullable=False, server_default="{}"))
    op.create_check_constraint("ck_standing_duties_item", "standing_duties", "(item IS NULL) = (kinds = '{}')")
