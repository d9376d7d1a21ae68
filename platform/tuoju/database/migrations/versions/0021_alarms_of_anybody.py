"""Alarms raised by what charities, residents, programs and sheets write; after which minutes the county is told."""

import sqlalchemy as sa
from alembic import op

revision = "0021_alarms_of_anybody"
down_revision = "0020_call_rules"
branch_labels = None
depends_on = None

_SOURCES = ("report", "need", "household_visit", "service_visit", "message", "feedback", "alert", "note")


def upgrade() -> None:
    with op.batch_alter_table("policy") as batch:
        batch.add_column(sa.Column("alarm_minutes", sa.Integer(), nullable=False, server_default="30"))
    with op.batch_alter_table("policy") as batch:
        batch.alter_column("alarm_minutes", server_default=None)
    source = sa.Enum(*_SOURCES, name="textsource", native_enum=False, create_constraint=True, length=40)
    with op.batch_alter_table("protection_report") as batch:
        batch.add_column(sa.Column("source", source, nullable=False, server_default="report"))
        batch.add_column(sa.Column("is_question", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.add_column(sa.Column("link_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True))
        batch.create_foreign_key(op.f("fk_protection_report_link_id"), "referral_link", ["link_id"], ["id"])
        batch.alter_column("reported_by", existing_type=sa.Integer(), nullable=True)
    with op.batch_alter_table("protection_report") as batch:
        batch.alter_column("source", server_default=None)
        batch.alter_column("is_question", server_default=None)


def downgrade() -> None:
    op.execute("DELETE FROM notification WHERE kind = 'safety_question'")
    op.execute("DELETE FROM protection_report WHERE reported_by IS NULL")
    with op.batch_alter_table("protection_report") as batch:
        batch.alter_column("reported_by", existing_type=sa.Integer(), nullable=False)
        batch.drop_constraint("fk_protection_report_link_id", type_="foreignkey")
        batch.drop_constraint("textsource", type_="check")
        batch.drop_column("escalated_at")
        batch.drop_column("link_id")
        batch.drop_column("is_question")
        batch.drop_column("source")
    with op.batch_alter_table("policy") as batch:
        batch.drop_column("alarm_minutes")
