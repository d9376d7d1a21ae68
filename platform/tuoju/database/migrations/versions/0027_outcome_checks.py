"""Call-backs and spot checks of completed referrals, the share that is drawn, and why a person is served twice."""

import sqlalchemy as sa
from alembic import op

revision = "0027_outcome_checks"
down_revision = "0026_call_members"
branch_labels = None
depends_on = None

_ANSWERERS = ("self", "family")
_WAYS = ("in_person", "phone", "link")


def upgrade() -> None:
    with op.batch_alter_table("policy") as batch:
        batch.add_column(sa.Column("spot_check_percent", sa.Integer(), nullable=False, server_default="10"))
    with op.batch_alter_table("policy") as batch:
        batch.alter_column("spot_check_percent", server_default=None)
    op.add_column("referral", sa.Column("satisfaction_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("referral", sa.Column("repeat_reason", sa.Text(), nullable=True))
    op.create_table(
        "spot_check_draw",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("seed", sa.String(), nullable=False),
        sa.Column("population", sa.JSON(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drawn_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["drawn_by"], ["user_account.id"], name=op.f("fk_spot_check_draw_drawn_by")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_spot_check_draw_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spot_check_draw")),
        sa.UniqueConstraint("region_code", "month", name=op.f("uq_spot_check_draw_region_code_month")),
    )
    op.create_table(
        "spot_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("draw_id", sa.Integer(), nullable=False),
        sa.Column("referral_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["spot_check_draw.id"], name=op.f("fk_spot_check_draw_id")),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_spot_check_referral_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spot_check")),
        sa.UniqueConstraint("draw_id", "referral_id", name=op.f("uq_spot_check_draw_id_referral_id")),
    )
    op.create_index(op.f("ix_spot_check_referral_id"), "spot_check", ["referral_id"], unique=False)
    answerer = sa.Enum(*_ANSWERERS, name="answerer", native_enum=False, create_constraint=True, length=40)
    way = sa.Enum(*_WAYS, name="askedby", native_enum=False, create_constraint=True, length=40)
    op.create_table(
        "outcome_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("referral_id", sa.Integer(), nullable=False),
        sa.Column("spot_check_id", sa.Integer(), nullable=True),
        sa.Column("helped", sa.Boolean(), nullable=False),
        sa.Column("answered_by", answerer, nullable=False),
        sa.Column("asked_by", way, nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["checked_by"], ["user_account.id"], name=op.f("fk_outcome_check_checked_by")),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_outcome_check_referral_id")),
        sa.ForeignKeyConstraint(["spot_check_id"], ["spot_check.id"], name=op.f("fk_outcome_check_spot_check_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcome_check")),
    )
    op.create_index(op.f("ix_outcome_check_referral_id"), "outcome_check", ["referral_id"], unique=False)


def downgrade() -> None:
    op.drop_table("outcome_check")
    op.drop_table("spot_check")
    op.drop_table("spot_check_draw")
    with op.batch_alter_table("referral") as batch:
        batch.drop_column("repeat_reason")
        batch.drop_column("satisfaction_at")
    with op.batch_alter_table("policy") as batch:
        batch.drop_column("spot_check_percent")
