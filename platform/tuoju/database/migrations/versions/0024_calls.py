"""Calls of venture-philanthropy funding, their topics and questions, and the steps of rows of the funding cycle."""

import sqlalchemy as sa
from alembic import op

revision = "0024_calls"
down_revision = "0023_text_vectors"
branch_labels = None
depends_on = None

_STATES = (
    "draft",
    "open",
    "screening",
    "review",
    "deliberation",
    "notice",
    "contracting",
    "running",
    "closed",
    "cancelled",
)
_VERBS = (
    "publish",
    "extend",
    "close",
    "start_review",
    "close_review",
    "decide",
    "end_notice",
    "complete",
    "finish",
    "cancel",
)
_FUNDING = ("venture_philanthropy", "government_purchase", "own_funds", "welfare_lottery", "earmarked_donation")
_KINDS = ("call_to_confirm", "call_opened", "call_extended", "call_cancelled", "call_question", "call_answered")


def upgrade() -> None:
    _create_call()
    op.create_table(
        "call_topic",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("target_group", sa.String(), nullable=False),
        sa.Column("townships", sa.JSON(), nullable=False),
        sa.Column("needs", sa.Integer(), nullable=False),
        sa.Column("person_times", sa.Integer(), nullable=False),
        sa.Column("low_fen", sa.BigInteger(), nullable=True),
        sa.Column("middle_fen", sa.BigInteger(), nullable=True),
        sa.Column("high_fen", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("needs >= 3", name=op.f("ck_call_topic_too_small_to_publish")),
        sa.ForeignKeyConstraint(["call_id"], ["funding_call.id"], name=op.f("fk_call_topic_call_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_topic")),
        sa.UniqueConstraint(
            "call_id", "category", "target_group", name=op.f("uq_call_topic_call_id_category_target_group")
        ),
    )
    op.create_index(op.f("ix_call_topic_call_id"), "call_topic", ["call_id"])
    op.create_table(
        "call_question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_by", sa.Integer(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["answered_by"], ["user_account.id"], name=op.f("fk_call_question_answered_by")),
        sa.ForeignKeyConstraint(["asked_by"], ["user_account.id"], name=op.f("fk_call_question_asked_by")),
        sa.ForeignKeyConstraint(["call_id"], ["funding_call.id"], name=op.f("fk_call_question_call_id")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_call_question_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_question")),
    )
    op.create_index(op.f("ix_call_question_call_id"), "call_question", ["call_id"])
    op.create_table(
        "funding_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("machine", sa.String(), nullable=False),
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("verb", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_funding_step_by")),
        sa.ForeignKeyConstraint(["call_id"], ["funding_call.id"], name=op.f("fk_funding_step_call_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_funding_step")),
    )
    op.create_index(op.f("ix_funding_step_call_id"), "funding_step", ["call_id"])


def _create_call() -> None:
    accounts = ("made_by", "proposed_by", "published_by", "confirmed_by")
    op.create_table(
        "funding_call",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("state", _words(*_STATES, name="callstate"), nullable=False),
        sa.Column("funding_type", _words(*_FUNDING, name="fundingtype"), nullable=False),
        sa.Column("budget_fen", sa.BigInteger(), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("introduction", sa.String(), nullable=False),
        sa.Column("telephone", sa.String(), nullable=False),
        sa.Column("criteria", sa.JSON(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_verb", _words(*_VERBS, name="callverb"), nullable=True),
        sa.Column("proposed_by", sa.Integer(), nullable=True),
        sa.Column("cancel_reason", sa.String(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by", sa.Integer(), nullable=True),
        sa.Column("confirmed_by", sa.Integer(), nullable=True),
        sa.Column("receipts", sa.Integer(), nullable=False),
        sa.CheckConstraint("budget_fen > 0", name=op.f("ck_funding_call_budget_above_zero")),
        sa.CheckConstraint("ends_on > starts_on", name=op.f("ck_funding_call_period_in_order")),
        sa.CheckConstraint("proposed_verb IN ('publish', 'cancel')", name=op.f("ck_funding_call_proposed_step")),
        sa.CheckConstraint("confirmed_by <> published_by", name=op.f("ck_funding_call_two_persons")),
        *(
            sa.ForeignKeyConstraint([name], ["user_account.id"], name=op.f(f"fk_funding_call_{name}"))
            for name in accounts
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_funding_call_plan_id")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_funding_call_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_funding_call")),
        sa.UniqueConstraint("number", name=op.f("uq_funding_call_number")),
    )
    op.create_index(op.f("ix_funding_call_region_code"), "funding_call", ["region_code"])
    op.create_index(op.f("ix_funding_call_state"), "funding_call", ["state"])


def downgrade() -> None:
    listed = ", ".join(f"'{kind}'" for kind in _KINDS)
    op.execute(
        "DELETE FROM notification_event WHERE notification_id IN"  # noqa: S608 fixed words
        f" (SELECT id FROM notification WHERE kind IN ({listed}))"
    )
    op.execute(f"DELETE FROM notification WHERE kind IN ({listed})")  # noqa: S608 fixed words
    for table in ("funding_step", "call_question", "call_topic", "funding_call"):
        op.drop_table(table)


def _words(*values: str, name: str) -> sa.Enum:
    return sa.Enum(*values, native_enum=False, create_constraint=True, length=40, name=name)
