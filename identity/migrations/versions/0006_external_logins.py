"""Who somebody at an OpenID Connect provider is here."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "external_logins",
        sa.Column("login", sa.LargeBinary, nullable=False, comment="Blind index of issuer and subject"),
        sa.Column("issuer", sa.String, nullable=False),
        sa.Column("party", sa.Uuid),
        sa.Column("officer", sa.Uuid),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("linked_by", sa.String, nullable=False),
        sa.CheckConstraint("(party IS NULL) <> (officer IS NULL)", name="ck_external_logins_whose"),
        sa.ForeignKeyConstraint(["party"], ["parties.id"], name="fk_external_logins_party"),
        sa.ForeignKeyConstraint(["officer"], ["officers.id"], name="fk_external_logins_officer"),
        sa.PrimaryKeyConstraint("login", name="pk_external_logins"),
    )
    op.create_index("uq_external_logins_officer", "external_logins", ["officer", "issuer"], unique=True)
    op.create_index("ix_external_logins_party", "external_logins", ["party"])
