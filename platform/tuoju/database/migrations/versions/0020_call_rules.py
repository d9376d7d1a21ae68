"""The rules that regions set for their calls of venture-philanthropy funding."""

import sqlalchemy as sa
from alembic import op

revision = "0020_call_rules"
down_revision = "0019_forward_prices"
branch_labels = None
depends_on = None

_NAMES = (
    "open_days",
    "open_days_at_least",
    "abnormal_list_bars",
    "serious_breach_bars",
    "major_violation_bars",
    "experience_required",
    "applications_per_organization",
    "awards_per_organization",
    "largest_award",
    "award_of_budget",
    "period",
    "last_intake_before_end",
    "management_share",
    "lottery_mark",
    "reviews_at_least",
    "reviews_at_least_small",
    "small_award",
    "panel_at_least",
    "least_score",
    "criterion_at_least",
    "notice",
    "objection_answered",
    "signing",
    "first_payment",
    "first_tranche",
    "second_tranche",
    "spent_before_second",
    "rectification",
    "free_move",
    "final_report",
    "grade_a",
    "grade_b",
    "return_within",
    "breach_bars",
    "separate_ledger",
)


def upgrade() -> None:
    op.create_table(
        "call_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", _words(*_NAMES, name="callrulename"), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.CheckConstraint("value >= 0", name=op.f("ck_call_rule_value_not_negative")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_call_rule_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_rule")),
        sa.UniqueConstraint("name", "region_code", "valid_from", name=op.f("uq_call_rule_name_region_code_valid_from")),
    )
    op.create_index(op.f("ix_call_rule_region_code"), "call_rule", ["region_code"])


def downgrade() -> None:
    op.drop_table("call_rule")


def _words(*values: str, name: str) -> sa.Enum:
    return sa.Enum(*values, native_enum=False, create_constraint=True, length=40, name=name)
