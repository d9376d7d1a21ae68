"""Learned rankings, and what they learn from."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('ranker_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('not_adopted', 'ready', 'in_use', 'replaced', 'drifted', 'out_of_use', name='rankerstate', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('finding', sa.Enum('better', 'too_few', 'nothing_learned', 'not_better', 'harms_group', name='finding', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('trained_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('window_from', sa.Date(), nullable=True),
    sa.Column('window_to', sa.Date(), nullable=True),
    sa.Column('decisions', sa.Integer(), nullable=False),
    sa.Column('met', sa.JSON(), nullable=True),
    sa.Column('acceptance', sa.JSON(), nullable=True),
    sa.Column('report', sa.JSON(), nullable=False),
    sa.Column('moved_by', sa.Integer(), nullable=True),
    sa.Column('moved_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['moved_by'], ['user_account.id'], name=op.f('fk_ranker_version_moved_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ranker_version')),
    sa.UniqueConstraint('number', name=op.f('uq_ranker_version_number'))
    )
    with op.batch_alter_table('ranker_version', schema=None) as batch_op:
        batch_op.create_index('uq_ranker_version_in_use', ['state'], unique=True, sqlite_where=sa.text("state = 'in_use'"), postgresql_where=sa.text("state = 'in_use'"))

    with op.batch_alter_table('match', schema=None) as batch_op:
        batch_op.add_column(sa.Column('features', sa.JSON(), server_default='{}', nullable=False))
        batch_op.add_column(sa.Column('slate', sa.JSON(), server_default='[]', nullable=False))
    with op.batch_alter_table('match', schema=None) as batch_op:
        batch_op.alter_column('features', server_default=None)
        batch_op.alter_column('slate', server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('match', schema=None) as batch_op:
        batch_op.drop_column('slate')
        batch_op.drop_column('features')

    with op.batch_alter_table('ranker_version', schema=None) as batch_op:
        batch_op.drop_index('uq_ranker_version_in_use', sqlite_where=sa.text("state = 'in_use'"), postgresql_where=sa.text("state = 'in_use'"))

    op.drop_table('ranker_version')
