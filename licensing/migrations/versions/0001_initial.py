"""The tables of licensing, as they were first. Later revisions say what changed; this one never does."""

from pathlib import Path

from alembic import op

from shared.database import statements_of

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in statements_of(Path(__file__).with_suffix(".sql")):
        op.get_bind().exec_driver_sql(statement)
