"""What administrators do is in the books; departments retire; tokens end with a key that others may have; regions."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
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
    op.create_table(
        "regions",
        sa.Column("code", sa.String(6), nullable=False),
        sa.Column("name_zh", sa.String, nullable=False),
        sa.Column("name_en", sa.String),
        sa.Column("abolished_on", sa.Date),
        sa.PrimaryKeyConstraint("code", name="pk_regions"),
    )
    op.add_column("departments", sa.Column("retired_at", sa.DateTime(timezone=True)))
    op.add_column("clients", sa.Column("refused_before", sa.DateTime(timezone=True)))
