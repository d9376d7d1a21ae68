"""When a monthly summary is due."""

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('policy', schema=None) as batch_op:
        batch_op.add_column(sa.Column('summary_within', sa.Integer(), nullable=False, server_default='3'))
    with op.batch_alter_table('policy', schema=None) as batch_op:
        batch_op.alter_column('summary_within', existing_type=sa.Integer(), existing_nullable=False, server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('policy', schema=None) as batch_op:
        batch_op.drop_column('summary_within')
