"""A department's account on the bus has a number, so that the bus need not be told of a new one."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    comment = "Which account of the bus is its own, once it was there"
    op.add_column("departments", sa.Column("bus_account", sa.Integer, comment=comment))
    op.create_unique_constraint("uq_departments_bus_account", "departments", ["bus_account"])
