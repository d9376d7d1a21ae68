"""Prices of places that look ahead, beside the prices of an approved plan."""

import sqlalchemy as sa
from alembic import op

revision = "0019_forward_prices"
down_revision = "0018_safety_alarms"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("plan") as batch:
        batch.add_column(sa.Column("forward", sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("plan") as batch:
        batch.drop_column("forward")
