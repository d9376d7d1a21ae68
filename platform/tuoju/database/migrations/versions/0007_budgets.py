"""Daily budgets of readings, notes on their purpose, and files held as possible duplicates."""

import sqlalchemy as sa
from alembic import op

revision = "0007_budgets"
down_revision = "0006_row_level_security"
branch_labels = None
depends_on = None

KINDS_ADDED = (
    "duplicate_to_settle",
    "duplicate_without_officer",
    "files_joined",
    "number_to_compare",
    "budget_alarm",
)
BUDGETS = ("look_up", "reveal", "paper", "export")
ROLES = ("social_worker", "society_chair", "township_officer", "charity_staff", "program_manager", "administrator")


def _enum(values: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _budgets() -> None:
    op.create_table(
        "budget_use",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("budget", _enum(BUDGETS, "budget"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("allowed", sa.Integer(), nullable=False),
        sa.CheckConstraint("used <= allowed", name="within_allowed"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_budget_use_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_use")),
        sa.UniqueConstraint("user_id", "budget", "day", name=op.f("uq_budget_use_user_id_budget_day")),
    )
    op.create_index(op.f("ix_budget_use_day"), "budget_use", ["day"])
    op.create_table(
        "budget_grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("budget", _enum(BUDGETS, "budget"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("granted_by", sa.Integer(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name="something"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_budget_grant_user_id")),
        sa.ForeignKeyConstraint(["granted_by"], ["user_account.id"], name=op.f("fk_budget_grant_granted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_grant")),
    )
    op.create_index(op.f("ix_budget_grant_user_id"), "budget_grant", ["user_id"])
    op.create_table(
        "daily_limit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("role", _enum(ROLES, "role"), nullable=False),
        sa.Column("budget", _enum(BUDGETS, "budget"), nullable=False),
        sa.Column("per_day", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("set_by", sa.Integer(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("per_day >= 0", name="not_negative"),
        sa.ForeignKeyConstraint(["set_by"], ["user_account.id"], name=op.f("fk_daily_limit_set_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_daily_limit")),
        sa.UniqueConstraint("role", "budget", "valid_from", name=op.f("uq_daily_limit_role_budget_valid_from")),
    )
    op.create_table(
        "reading_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_by", sa.Integer(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["written_by"], ["user_account.id"], name=op.f("fk_reading_note_written_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_note")),
    )


def _duplicates() -> None:
    with op.batch_alter_table("resident") as table:
        table.add_column(sa.Column("is_held", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.drop_constraint(op.f("uq_resident_id_number_index"), type_="unique")
        table.create_unique_constraint(
            op.f("uq_resident_id_number_index_region_code"), ["id_number_index", "region_code"]
        )
    with op.batch_alter_table("resident") as table:
        table.alter_column("is_held", server_default=None)
    op.create_index(
        "uq_resident_id_number_index",
        "resident",
        ["id_number_index"],
        unique=True,
        sqlite_where=sa.text("NOT is_held"),
        postgresql_where=sa.text("NOT is_held"),
    )
    states = ("open", "same_person", "other_person", "number_changed")
    op.create_table(
        "possible_duplicate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("known_id", sa.Integer(), nullable=False),
        sa.Column("held_id", sa.Integer(), nullable=False),
        sa.Column("state", _enum(states, "duplicatestate"), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("merged_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["known_id"], ["resident.id"], name=op.f("fk_possible_duplicate_known_id")),
        sa.ForeignKeyConstraint(["held_id"], ["resident.id"], name=op.f("fk_possible_duplicate_held_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["user_account.id"], name=op.f("fk_possible_duplicate_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_possible_duplicate")),
    )
    for column in ("known_id", "held_id", "state"):
        op.create_index(op.f(f"ix_possible_duplicate_{column}"), "possible_duplicate", [column])
    with op.batch_alter_table("alert") as table:
        table.drop_constraint(op.f("uq_alert_id_number_index_source_raised_on"), type_="unique")
        table.create_unique_constraint(
            op.f("uq_alert_id_number_index_source_raised_on_region_code"),
            ["id_number_index", "source", "raised_on", "region_code"],
        )


def upgrade() -> None:
    _budgets()
    _duplicates()


def downgrade() -> None:
    """Raises IntegrityError where two files of one number are still to be decided."""
    op.execute(
        sa.text("DELETE FROM notification WHERE kind IN :kinds").bindparams(
            sa.bindparam("kinds", KINDS_ADDED, expanding=True)
        )
    )
    with op.batch_alter_table("alert") as table:
        table.drop_constraint(op.f("uq_alert_id_number_index_source_raised_on_region_code"), type_="unique")
        table.create_unique_constraint(
            op.f("uq_alert_id_number_index_source_raised_on"), ["id_number_index", "source", "raised_on"]
        )
    op.drop_table("possible_duplicate")
    op.drop_index("uq_resident_id_number_index", "resident")
    with op.batch_alter_table("resident") as table:
        table.drop_constraint(op.f("uq_resident_id_number_index_region_code"), type_="unique")
        table.create_unique_constraint(op.f("uq_resident_id_number_index"), ["id_number_index"])
        table.drop_column("is_held")
    for name in ("reading_note", "daily_limit", "budget_grant", "budget_use"):
        op.drop_table(name)
