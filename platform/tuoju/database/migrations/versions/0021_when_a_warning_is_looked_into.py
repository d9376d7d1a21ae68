"""When a warning is looked into, in the rules."""

import sqlalchemy as sa
from alembic import op

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rules in force get what was a constant before."""
    with op.batch_alter_table('policy') as batch_op:
        batch_op.add_column(sa.Column('alert_within', sa.Integer(), nullable=False, server_default='5'))
    with op.batch_alter_table('policy') as batch_op:
        batch_op.alter_column('alert_within', existing_type=sa.Integer(), existing_nullable=False, server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('policy') as batch_op:
        batch_op.drop_column('alert_within')
