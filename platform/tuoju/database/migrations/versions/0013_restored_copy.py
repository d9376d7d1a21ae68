"""The mark of a database that was restored from a backup."""

import sqlalchemy as sa
from alembic import op

revision = "0013_restored_copy"
down_revision = "0012_dated_divisions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "restored_copy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("restored_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restored_copy")),
    )


def downgrade() -> None:
    op.drop_table("restored_copy")
