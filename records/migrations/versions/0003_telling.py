"""Of a change, however many used the evidence are told, some at a time: what that takes to go on where it stood."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "timers",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Uuid, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("id", name="pk_timers"),
        sa.UniqueConstraint("kind", "subject", name="uq_timers_kind_subject"),
    )
    op.create_index("ix_timers_due_at", "timers", ["due_at"])
    op.create_index("ix_evidence_uses_told", "evidence_uses", ["evidence", "department", "told"])
    # No topic of a notice names a region; of the changes until now none was kept.
    op.add_column("evidence_changes", sa.Column("region", sa.Text, nullable=False, server_default="000000"))
    op.alter_column("evidence_changes", "region", server_default=None)
    op.execute("""
        UPDATE evidence_uses AS used SET told = 0
        FROM evidence_changes AS known
        WHERE known.evidence = used.evidence AND known.change = 'reinstated' AND used.told = known.version
    """)
