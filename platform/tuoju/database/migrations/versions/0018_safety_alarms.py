"""Alarms that the words of a text raise, beside the reports of persons."""

import sqlalchemy as sa
from alembic import op

revision = "0018_safety_alarms"
down_revision = "0017_drafts_of_new_files"
branch_labels = None
depends_on = None

_TOLD = ("police", "civil_affairs", "hotline")
_TOWNSHIP = "township"


def upgrade() -> None:
    with op.batch_alter_table("protection_report") as batch:
        batch.drop_constraint("reportedto", type_="check")
        batch.create_check_constraint("reportedto", f"reported_to IN ({_listed((*_TOLD, _TOWNSHIP))})")
        batch.add_column(sa.Column("dangers", sa.String(), nullable=False, server_default="child_harm"))
        batch.add_column(sa.Column("denied_because", sa.Text(), nullable=True))
    with op.batch_alter_table("protection_report") as batch:
        batch.alter_column("dangers", server_default=None)


def downgrade() -> None:
    op.execute("DELETE FROM notification WHERE kind = 'safety_alarm'")
    op.execute(f"DELETE FROM protection_report WHERE reported_to = '{_TOWNSHIP}'")  # noqa: S608
    with op.batch_alter_table("protection_report") as batch:
        batch.drop_column("denied_because")
        batch.drop_column("dangers")
        batch.drop_constraint("reportedto", type_="check")
        batch.create_check_constraint("reportedto", f"reported_to IN ({_listed(_TOLD)})")


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)
