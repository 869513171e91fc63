"""The tables of the certificates service, as they were first.

Later revisions say what changed; this one makes what the metadata of its release describes.
"""

from importlib import import_module

from alembic import op

from certificates.metadata import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    import_module("certificates.issuing.model")
    metadata.create_all(op.get_bind())
