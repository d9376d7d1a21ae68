"""Notices that are called off."""

import sqlalchemy as sa
from alembic import op

revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None

STATES = ('created', 'sending', 'sent', 'delivered', 'temporary_failure', 'permanent_failure', 'technical_failure')
TABLES = ('notice', 'notice_event', 'notice_tally')


def _states(*more: str) -> sa.Enum:
    return sa.Enum(*STATES, *more, name='noticestate', native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table) as batch_op:
            batch_op.alter_column('state', existing_type=_states(), type_=_states('called_off'), existing_nullable=False)
    with op.batch_alter_table('notice') as batch_op:
        batch_op.add_column(sa.Column('called_off', sa.String(), nullable=False, server_default=''))
    with op.batch_alter_table('notice') as batch_op:
        batch_op.alter_column('called_off', existing_type=sa.String(), existing_nullable=False, server_default=None)


def downgrade() -> None:
    """What was called off stays over: it becomes a refused one."""
    op.execute("UPDATE notice SET state = 'permanent_failure' WHERE state = 'called_off'")
    op.execute("UPDATE notice_event SET state = 'permanent_failure' WHERE state = 'called_off'")
    op.execute("DELETE FROM notice_tally WHERE state = 'called_off'")
    with op.batch_alter_table('notice') as batch_op:
        batch_op.drop_column('called_off')
    for table in TABLES:
        with op.batch_alter_table(table) as batch_op:
            batch_op.alter_column('state', existing_type=_states('called_off'), type_=_states(), existing_nullable=False)
