"""How accounts and groups are told."""

import sqlalchemy as sa
from alembic import op

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('account_reach',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('mobile', sa.Text(), nullable=False),
    sa.Column('by_email', sa.Enum('nothing', 'urgent_only', 'usual', 'everything', name='told', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('by_sms', sa.Enum('nothing', 'urgent_only', 'usual', 'everything', name='toldbysms', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('quiet_from', sa.Time(), nullable=True),
    sa.Column('quiet_to', sa.Time(), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_account_reach_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_account_reach')),
    sa.UniqueConstraint('user_id', name=op.f('uq_account_reach_user_id'))
    )
    op.create_table('subscription',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('region_code', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('channel', sa.Enum('in_app', 'email', 'sms', 'robot', 'webhook', name='channel', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('urgent_only', sa.Boolean(), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('stopped_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['created_by'], ['user_account.id'], name=op.f('fk_subscription_created_by')),
    sa.ForeignKeyConstraint(['region_code'], ['region.code'], name=op.f('fk_subscription_region_code')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_subscription'))
    )
    with op.batch_alter_table('subscription', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_subscription_region_code'), ['region_code'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('subscription', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_subscription_region_code'))

    op.drop_table('subscription')
    op.drop_table('account_reach')
