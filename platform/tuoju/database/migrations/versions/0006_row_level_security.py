"""The role of the service on PostgreSQL. Its policies and grants follow the present tables, so that `migrate` puts them
in force after every upgrade (tuoju.database.row_security)."""

from alembic import op

from tuoju.database.row_security import make_role, remove

revision = "0006_row_level_security"
down_revision = "0005_bound_seals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        make_role(op.get_bind())


def downgrade() -> None:
    """The role stays: it belongs to the cluster, and other databases may use it."""
    remove(op.get_bind())
