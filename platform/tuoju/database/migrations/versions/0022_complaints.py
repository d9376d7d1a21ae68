"""Complaints of residents about completed referrals, and within how many working days they are answered."""

import sqlalchemy as sa
from alembic import op

revision = "0022_complaints"
down_revision = "0021_alarms_of_anybody"
branch_labels = None
depends_on = None

_CAUSES = ("low_rating", "not_solved", "worrying_words")


def upgrade() -> None:
    with op.batch_alter_table("policy") as batch:
        batch.add_column(sa.Column("complaint_within", sa.Integer(), nullable=False, server_default="3"))
    with op.batch_alter_table("policy") as batch:
        batch.alter_column("complaint_within", server_default=None)
    cause = sa.Enum(*_CAUSES, name="complaintcause", native_enum=False, create_constraint=True, length=40)
    op.create_table(
        "complaint",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("referral_id", sa.Integer(), nullable=False),
        sa.Column("cause", cause, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_provisional", sa.Boolean(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Integer(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("helped", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["answered_by"], ["user_account.id"], name=op.f("fk_complaint_answered_by")),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_complaint_referral_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint")),
    )
    op.create_index(op.f("ix_complaint_referral_id"), "complaint", ["referral_id"], unique=False)
    op.create_index(
        "uq_complaint_open",
        "complaint",
        ["referral_id"],
        unique=True,
        sqlite_where=sa.text("answered_at IS NULL"),
        postgresql_where=sa.text("answered_at IS NULL"),
    )


def downgrade() -> None:
    op.execute("DELETE FROM notification WHERE kind = 'complaint_opened'")
    op.drop_table("complaint")
    with op.batch_alter_table("policy") as batch:
        batch.drop_column("complaint_within")
