"""The hours in which residents and staff are told, in the rules."""

import sqlalchemy as sa
from alembic import op

revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None

HOURS = {'news_from': '08:00', 'news_until': '20:00', 'reminders_from': '08:00', 'reminders_until': '18:00'}


def upgrade() -> None:
    """Rules in force get what was a constant before."""
    with op.batch_alter_table('policy') as batch_op:
        for name, hour in HOURS.items():
            # SQLite compares times as text, so all are written alike.
            batch_op.add_column(sa.Column(name, sa.Time(), nullable=False, server_default=f'{hour}:00.000000'))
    with op.batch_alter_table('policy') as batch_op:
        for name in HOURS:
            batch_op.alter_column(name, existing_type=sa.Time(), existing_nullable=False, server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('policy') as batch_op:
        for name in HOURS:
            batch_op.drop_column(name)
