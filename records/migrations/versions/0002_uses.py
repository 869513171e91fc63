"""Who used which evidence, and what became of it; and the law behind an access on a standing duty."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "evidence_uses",
        sa.Column("evidence", sa.Uuid, nullable=False),
        sa.Column("department", sa.Text, nullable=False),
        sa.Column("ref", sa.Uuid, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("item", sa.Text, nullable=False),
        sa.Column("first_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("evidence", "department", "ref", name="pk_evidence_uses"),
        sa.CheckConstraint("purpose IN ('case', 'duty')", name="ck_evidence_uses_purpose"),
    )
    op.create_table(
        "evidence_changes",
        sa.Column("evidence", sa.Uuid, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("change", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("party", sa.Uuid, nullable=False),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("ground", sa.Text),
        sa.Column("successor", sa.Uuid),
        sa.PrimaryKeyConstraint("evidence", name="pk_evidence_changes"),
        sa.CheckConstraint(
            "change IN ('revoked', 'withheld', 'corrected', 'reinstated')", name="ck_evidence_changes_change"
        ),
    )
    op.add_column("accesses", sa.Column("duty", sa.Text))
    op.add_column("accesses", sa.Column("basis", JSONB))
