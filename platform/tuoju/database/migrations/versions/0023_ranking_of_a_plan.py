"""The ranking that scored a plan."""

import sqlalchemy as sa
from alembic import op

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What was computed before was scored by the rules; parts under way are done again."""
    with op.batch_alter_table('plan') as batch_op:
        batch_op.add_column(sa.Column('ranker', sa.String(), nullable=False, server_default=''))
    with op.batch_alter_table('plan') as batch_op:
        batch_op.alter_column('ranker', existing_type=sa.String(), existing_nullable=False, server_default=None)
    op.execute("UPDATE plan SET ranker = 'rules-1' WHERE computed_at IS NOT NULL")
    op.execute('UPDATE plan_part SET found = NULL, worked_at = NULL')


def downgrade() -> None:
    with op.batch_alter_table('plan') as batch_op:
        batch_op.drop_column('ranker')
