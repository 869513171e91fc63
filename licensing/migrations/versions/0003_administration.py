"""What administrators do is in the books; a release says of which one it is the content again."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "administrative_acts",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String, nullable=False, comment="The client that acted, as its token names it"),
        sa.Column("act", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False, comment="The code or id of what was changed"),
        sa.Column("details", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_administrative_acts"),
    )
    op.create_index("ix_administrative_acts_at", "administrative_acts", ["at", "id"])
    op.add_column("catalogue_releases", sa.Column("restores", sa.Integer))
