"""The tables of identity, as they were first.

Later revisions say what changed; this one makes what the metadata of its release describes.
"""

from importlib import import_module

from alembic import op

from identity.metadata import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    for feature in ("parties", "identification", "tokens"):
        import_module(f"identity.{feature}.model")
    metadata.create_all(op.get_bind())
