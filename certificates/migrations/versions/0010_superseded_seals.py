"""Seals that another took the place of."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "superseded_seals",
        sa.Column("certificate", sa.Uuid, nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seal", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("certificate", "replaced_at", name="pk_superseded_seals"),
    )
    op.execute(
        "CREATE OR REPLACE TRIGGER superseded_seals_append_only BEFORE UPDATE OR DELETE ON superseded_seals"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
