"""The tables of records, as they were first.

Later revisions say what changed; this one makes what the metadata of its release describes.
"""

from importlib import import_module

from alembic import op

from records.metadata import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    for feature in ("filing", "accesses"):
        import_module(f"records.{feature}.model")
    metadata.create_all(op.get_bind())
    # What was filed stays as it was filed: a correction is a record of its own. The function comes with the messaging.
    for table in ("records", "accesses"):
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
