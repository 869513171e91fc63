"""Open cases are counted without reading those that have ended."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_cases_open", "cases", ["opened_at"], postgresql_where=sa.text("ended_at IS NULL"))
