"""Places in the status lists, and every use of a sealing key on record."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# As `certificates.issuing.rules.status_entry` counts.
_PLACES = """
WITH counted AS (SELECT id, nextval('status_slots') AS slot FROM certificates ORDER BY issued_at, id)
UPDATE certificates SET status_list = slot / 131072, status_index = slot % 131072 * 81173 % 131072
FROM counted WHERE counted.id = certificates.id
"""


def upgrade() -> None:
    op.execute("CREATE SEQUENCE status_slots MINVALUE 0 START 0")
    op.add_column("certificates", sa.Column("status_list", sa.Integer))
    op.add_column("certificates", sa.Column("status_index", sa.Integer))
    op.execute(_PLACES)
    op.alter_column("certificates", "status_list", nullable=False)
    op.alter_column("certificates", "status_index", nullable=False)
    op.create_unique_constraint(
        "uq_certificates_status_list_status_index", "certificates", ["status_list", "status_index"]
    )
    op.create_table(
        "seal_uses",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("form", sa.Text, nullable=False),
        sa.Column("certificate", sa.Uuid),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_seal_uses"),
    )
    op.create_index("ix_seal_uses_certificate", "seal_uses", ["certificate"])
    op.create_index("ix_seal_uses_key_at", "seal_uses", ["key", "at"])
    op.execute(
        "CREATE OR REPLACE TRIGGER seal_uses_append_only BEFORE UPDATE OR DELETE ON seal_uses"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
