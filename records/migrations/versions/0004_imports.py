"""Records from before go-live: where they come from, and how far each import has come."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "imports",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("department", sa.Text, nullable=False),
        sa.Column("officer", sa.Text),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_line", sa.BigInteger, nullable=False),
        sa.Column("added", sa.BigInteger, nullable=False),
        sa.Column("repeated", sa.BigInteger, nullable=False),
        sa.Column("mismatched", sa.BigInteger, nullable=False),
        sa.Column("rejected", sa.BigInteger, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_imports"),
    )
    op.create_table(
        "import_rejections",
        sa.Column("import_id", sa.Uuid, nullable=False),
        sa.Column("line", sa.BigInteger, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("import_id", "line", name="pk_import_rejections"),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name="fk_import_rejections_import_id"),
    )
    op.add_column("records", sa.Column("origin", sa.Text, nullable=False, server_default="filed"))
    op.add_column("records", sa.Column("import_id", sa.Uuid))
    op.add_column("records", sa.Column("source_key", sa.Text))
    op.create_foreign_key("fk_records_import_id", "records", "imports", ["import_id"], ["id"])
    op.create_unique_constraint("uq_records_issuer_source_key", "records", ["issuer", "source_key"])
    for name, condition in (
        ("origin", "origin IN ('filed', 'imported')"),
        ("source", "(origin = 'imported') = (source_key IS NOT NULL)"),
        ("import", "(source_key IS NULL) = (import_id IS NULL)"),
    ):
        op.create_check_constraint(f"ck_records_{name}", "records", condition)
