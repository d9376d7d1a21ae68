"""The clock of referrals and reminders, in the rules."""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

DAYS = {
    'answer_within': '2',
    'first_visit_within': '5',
    'referrals_at_most': '5',
    'remind_before': '1',
    'township_after': '1',
    'county_after': '3',
}


def upgrade() -> None:
    """Rules in force get what was a constant before; from here on a new row may say otherwise."""
    with op.batch_alter_table('policy', schema=None) as batch_op:
        for name, days in DAYS.items():
            batch_op.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default=days))
    with op.batch_alter_table('policy', schema=None) as batch_op:
        for name in DAYS:
            batch_op.alter_column(name, existing_type=sa.Integer(), existing_nullable=False, server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('policy', schema=None) as batch_op:
        for name in DAYS:
            batch_op.drop_column(name)
