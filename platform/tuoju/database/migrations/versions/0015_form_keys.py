"""Keys of forms beside those of programs: of an account, or of a browser without one."""

import sqlalchemy as sa
from alembic import op

from tuoju.database.row_security import remove

revision = "0015_form_keys"
down_revision = "0014_confirmed_addresses"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("idempotency_key") as batch:
        batch.add_column(sa.Column("owner", sa.String(length=80), nullable=True))
    op.execute("UPDATE idempotency_key SET owner = 'user:' || user_id")
    with op.batch_alter_table("idempotency_key") as batch:
        batch.alter_column("owner", existing_type=sa.String(length=80), nullable=False)
        batch.drop_constraint("uq_idempotency_key_user_id_key", type_="unique")
        batch.drop_constraint("fk_idempotency_key_user_id", type_="foreignkey")
        batch.drop_column("user_id")
        batch.create_unique_constraint("uq_idempotency_key_owner_key", ["owner", "key"])


def downgrade() -> None:
    remove(op.get_bind())  # its policies name the column
    op.execute("DELETE FROM idempotency_key WHERE owner NOT LIKE 'user:%'")
    with op.batch_alter_table("idempotency_key") as batch:
        batch.add_column(sa.Column("user_id", sa.Integer(), nullable=True))
    op.execute("UPDATE idempotency_key SET user_id = CAST(substr(owner, 6) AS INTEGER)")
    with op.batch_alter_table("idempotency_key") as batch:
        batch.alter_column("user_id", existing_type=sa.Integer(), nullable=False)
        batch.drop_constraint("uq_idempotency_key_owner_key", type_="unique")
        batch.drop_column("owner")
        batch.create_foreign_key("fk_idempotency_key_user_id", "user_account", ["user_id"], ["id"])
        batch.create_unique_constraint("uq_idempotency_key_user_id_key", ["user_id", "key"])
