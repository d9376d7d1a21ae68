"""Hats in calls, the pre-check of applications, and their reviews."""

import sqlalchemy as sa
from alembic import op

revision = "0026_call_members"
down_revision = "0025_applications"
branch_labels = None
depends_on = None

_HATS = ("manager", "screener", "reviewer", "panel", "evaluator", "finance", "charity", "both_parties", "clock")
_REASONS = (
    "not_registered",
    "outside_charter",
    "barred",
    "too_little_experience",
    "funded_twice",
    "papers_missing",
    "sums_wrong",
    "not_completed",
)
_REVIEW_STATES = ("assigned", "declared", "recused", "draft", "submitted", "replaced")
_INTERESTS = ("none", "kin", "employed", "adviser", "donor", "helped_to_write", "competitor", "other")
_KINDS = (
    "call_hat",
    "application_to_complete",
    "application_completed",
    "application_ineligible",
    "reviews_assigned",
    "review_to_replace",
)


def upgrade() -> None:
    _create_member()
    _create_check()
    _create_review()


def _create_member() -> None:
    op.create_table(
        "call_member",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("hat", _words(*_HATS, name="hat"), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("added_by", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("hat IN ('screener', 'reviewer')", name=op.f("ck_call_member_hat_of_a_member")),
        sa.ForeignKeyConstraint(["call_id"], ["funding_call.id"], name=op.f("fk_call_member_call_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_call_member_user_id")),
        sa.ForeignKeyConstraint(["added_by"], ["user_account.id"], name=op.f("fk_call_member_added_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_member")),
        sa.UniqueConstraint("call_id", "user_id", name=op.f("uq_call_member_call_id_user_id")),
    )
    for column in ("call_id", "user_id"):
        op.create_index(op.f(f"ix_call_member_{column}"), "call_member", [column])


def _create_check() -> None:
    accounts = ("checked_by", "asked_by", "proposed_by", "confirmed_by")
    op.create_table(
        "pre_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("results", sa.JSON(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("checked_by", sa.Integer(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_parts", sa.JSON(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fail_reason", _words(*_REASONS, name="ineligiblereason"), nullable=True),
        sa.Column("ruling", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=True),
        sa.Column("confirmed_by", sa.Integer(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("confirmed_by <> proposed_by", name=op.f("ck_pre_check_two_persons")),
        sa.CheckConstraint(
            "confirmed_by IS NULL OR fail_reason IS NOT NULL", name=op.f("ck_pre_check_reason_when_failed")
        ),
        sa.CheckConstraint("(asked_at IS NULL) = (due_at IS NULL)", name=op.f("ck_pre_check_due_when_asked")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["funding_application.id"], name=op.f("fk_pre_check_application_id")
        ),
        *(sa.ForeignKeyConstraint([name], ["user_account.id"], name=op.f(f"fk_pre_check_{name}")) for name in accounts),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pre_check")),
        sa.UniqueConstraint("application_id", name=op.f("uq_pre_check_application_id")),
    )


def _create_review() -> None:
    op.create_table(
        "funding_review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("reviewer_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", _words(*_REVIEW_STATES, name="reviewstate"), nullable=False),
        sa.Column("interest", _words(*_INTERESTS, name="interest"), nullable=True),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("late_interest", _words(*_INTERESTS, name="late_interest"), nullable=True),
        sa.Column("points", sa.JSON(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("is_locked", sa.Boolean(), nullable=False),
        sa.Column("panel_note", sa.Text(), nullable=False),
        sa.Column("feedback", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("office_reason", sa.Text(), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state NOT IN ('declared', 'draft', 'submitted') OR coalesce(interest, '') = 'none'",
            name=op.f("ck_funding_review_declared_before_it_opens"),
        ),
        sa.CheckConstraint(
            "state <> 'recused' OR coalesce(interest, 'none') <> 'none'",
            name=op.f("ck_funding_review_recused_for_an_interest"),
        ),
        sa.CheckConstraint(
            "state <> 'submitted' OR submitted_at IS NOT NULL", name=op.f("ck_funding_review_submitted_at_a_moment")
        ),
        sa.CheckConstraint("minutes >= 0", name=op.f("ck_funding_review_minutes_not_negative")),
        sa.ForeignKeyConstraint(["call_id"], ["funding_call.id"], name=op.f("fk_funding_review_call_id")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["funding_application.id"], name=op.f("fk_funding_review_application_id")
        ),
        sa.ForeignKeyConstraint(["reviewer_id"], ["user_account.id"], name=op.f("fk_funding_review_reviewer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_funding_review")),
    )
    for column in ("call_id", "application_id", "reviewer_id"):
        op.create_index(op.f(f"ix_funding_review_{column}"), "funding_review", [column])
    op.create_index(
        "uq_funding_review_live",
        "funding_review",
        ["application_id", "reviewer_id"],
        unique=True,
        sqlite_where=sa.text("state <> 'replaced'"),
        postgresql_where=sa.text("state <> 'replaced'"),
    )


def downgrade() -> None:
    listed = ", ".join(f"'{kind}'" for kind in _KINDS)
    op.execute(
        "DELETE FROM notification_event WHERE notification_id IN"  # noqa: S608 fixed words
        f" (SELECT id FROM notification WHERE kind IN ({listed}))"
    )
    op.execute(f"DELETE FROM notification WHERE kind IN ({listed})")  # noqa: S608 fixed words
    tables = ("funding_review", "pre_check", "call_member")
    # PostgreSQL drops no table that a policy of another one names.
    cascade = " CASCADE" if op.get_bind().dialect.name == "postgresql" else ""
    for table in tables:
        op.execute(f"DROP TABLE {table}{cascade}")


def _words(*values: str, name: str) -> sa.Enum:
    return sa.Enum(*values, native_enum=False, create_constraint=True, length=40, name=name)
