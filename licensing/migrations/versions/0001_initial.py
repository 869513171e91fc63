"""The tables of licensing, as they were first.

Later revisions say what changed; this one makes what the metadata of its release describes.
"""

from importlib import import_module

from alembic import op

from licensing.metadata import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

FEATURES = ("calendar.model", "catalogue.model.tables", "cases.model.tables", "applications.model")


def upgrade() -> None:
    for feature in FEATURES:
        import_module(f"licensing.{feature}")
    metadata.create_all(op.get_bind())
