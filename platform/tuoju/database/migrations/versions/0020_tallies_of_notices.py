"""Tallies of notices; a periodic turn needs no name of its period."""

import sqlalchemy as sa
from alembic import op

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None

_STATES = ('created', 'sending', 'sent', 'delivered', 'temporary_failure', 'permanent_failure', 'technical_failure')
_CHANNELS = ('in_app', 'email', 'sms', 'robot', 'webhook')


def upgrade() -> None:
    op.create_table(
        'notice_tally',
        sa.Column('channel', sa.Enum(*_CHANNELS, name='channel', native_enum=False, create_constraint=True, length=40), primary_key=True),
        sa.Column('state', sa.Enum(*_STATES, name='noticestate', native_enum=False, create_constraint=True, length=40), primary_key=True),
        sa.Column('bucket', sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column('shard', sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column('steps', sa.Integer(), nullable=False),
        sa.Column('seconds', sa.Float(), nullable=False),
    )
    op.execute(
        "INSERT INTO notice_tally (channel, state, bucket, shard, steps, seconds)"
        " SELECT channel, state, -1, 0, count(*), 0 FROM notice WHERE state NOT IN ('created', 'sending')"
        " GROUP BY channel, state"
    )
    with op.batch_alter_table('periodic_turn') as batch_op:
        batch_op.drop_column('period')


def downgrade() -> None:
    with op.batch_alter_table('periodic_turn') as batch_op:
        batch_op.add_column(sa.Column('period', sa.String(), nullable=False, server_default=''))
    op.drop_table('notice_tally')
