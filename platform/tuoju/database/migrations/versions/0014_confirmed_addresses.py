"""When the addresses of accounts and organizations were confirmed.

Those that are in use already count as confirmed: messages have been going there.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014_confirmed_addresses"
down_revision = "0013_restored_copy"
branch_labels = None
depends_on = None

TABLES = ("account_reach", "organization_contact")
COLUMNS = ("email_confirmed_at", "mobile_confirmed_at")


def upgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table) as batch:
            for column in COLUMNS:
                batch.add_column(sa.Column(column, sa.DateTime(timezone=True), nullable=True))
        op.execute(f"UPDATE {table} SET {', '.join(f'{column} = CURRENT_TIMESTAMP' for column in COLUMNS)}")  # noqa: S608


def downgrade() -> None:
    op.execute("DELETE FROM notification WHERE kind = 'address_to_confirm'")
    for table in TABLES:
        with op.batch_alter_table(table) as batch:
            for column in COLUMNS:
                batch.drop_column(column)
