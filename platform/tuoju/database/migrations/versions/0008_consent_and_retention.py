"""Scope, end, witness and paper of consents; policies on consents and records; erasures.

Consents from before have every kind of data in their scope and no end; they name no policy, which marks them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008_consent_and_retention"
down_revision = "0007_budgets"
branch_labels = None
depends_on = None

_DATA_KINDS = (
    "consent_referral",
    "consent_publicity",
    "consent_checking",
    "consent_notifications",
    "case_file",
    "payment_voucher",
    "sharing_record",
    "consent_record",
    "unused_file",
    "dismissed_alert",
    "message_address",
    "draft",
)
_RELATIONS = (
    "parent",
    "grandparent",
    "spouse",
    "child",
    "sibling",
    "other_relative",
    "village_committee",
    "other",
)
_OPEN = "state IN ('confirmed', 'proposed', 'restricted')"


def upgrade() -> None:
    """On SQLite the changed tables are created again."""
    _data_policy()
    _consent()
    _consent_paper()
    with op.batch_alter_table("resident") as table:
        table.add_column(sa.Column("restricted_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    _erasure()


def downgrade() -> None:
    """The scope of consents, their ends, their papers and all erasures are lost."""
    for table_name in ("erasure", "consent_paper"):
        op.drop_table(table_name)
    with op.batch_alter_table("resident") as table:
        table.drop_column("erased_at")
        table.drop_column("restricted_at")
    with op.batch_alter_table("consent") as table:
        table.drop_index(op.f("ix_consent_need_id"))
        table.drop_index(op.f("ix_consent_expires_on"))
        table.drop_constraint("one_bound", type_="check")
        table.drop_constraint("guardianrelation", type_="check")
        for column in ("need_id", "witness_id", "policy_id"):
            table.drop_constraint(op.f(f"fk_consent_{column}"), type_="foreignkey")
        for column in (
            "data",
            "need_id",
            "category",
            "relation",
            "witness_id",
            "witness_name",
            "policy_id",
            "expires_on",
        ):
            table.drop_column(column)
    op.drop_table("data_policy")


def _words(*values: str, name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _data_policy() -> None:
    op.create_table(
        "data_policy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", _words(*_DATA_KINDS, name="datakind"), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("remind_before", sa.Integer(), nullable=False),
        sa.Column("citation", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_data_policy_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_policy")),
        sa.UniqueConstraint(
            "kind", "region_code", "valid_from", name=op.f("uq_data_policy_kind_region_code_valid_from")
        ),
    )
    op.create_index(op.f("ix_data_policy_kind"), "data_policy", ["kind"])


def _consent() -> None:
    everything = sa.text('\'["service", "health", "contact"]\'')
    with op.batch_alter_table("consent") as table:
        table.add_column(sa.Column("data", sa.JSON(), nullable=False, server_default=everything))
        table.add_column(sa.Column("need_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("category", sa.String(), nullable=True))
        table.add_column(sa.Column("relation", sa.String(40), nullable=True))
        table.add_column(sa.Column("witness_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("witness_name", sa.Text(), nullable=True))
        table.add_column(sa.Column("policy_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("expires_on", sa.Date(), nullable=True))
    with op.batch_alter_table("consent") as table:
        table.alter_column("data", server_default=None, existing_type=sa.JSON(), existing_nullable=False)
        table.create_check_constraint(
            "guardianrelation", "relation IN (" + ", ".join(f"'{value}'" for value in _RELATIONS) + ")"
        )
        table.create_check_constraint("one_bound", "need_id IS NULL OR category IS NULL")
        for column, target in (
            ("need_id", "need.id"),
            ("witness_id", "user_account.id"),
            ("policy_id", "data_policy.id"),
        ):
            referred, key = target.split(".")
            table.create_foreign_key(op.f(f"fk_consent_{column}"), referred, [column], [key])
        table.create_index(op.f("ix_consent_need_id"), ["need_id"])
        table.create_index(op.f("ix_consent_expires_on"), ["expires_on"])


def _consent_paper() -> None:
    op.create_table(
        "consent_paper",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consent_id", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("file_key", sa.String(), nullable=False),
        sa.Column("added_by", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["added_by"], ["user_account.id"], name=op.f("fk_consent_paper_added_by")),
        sa.ForeignKeyConstraint(["consent_id"], ["consent.id"], name=op.f("fk_consent_paper_consent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_paper")),
        sa.UniqueConstraint("file_key", name=op.f("uq_consent_paper_file_key")),
    )
    op.create_index(op.f("ix_consent_paper_consent_id"), "consent_paper", ["consent_id"])


def _erasure() -> None:
    op.create_table(
        "erasure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "what", _words("person", "dismissed_alert", "message_address", "draft", name="erasable"), nullable=False
        ),
        sa.Column("ground", _words("request", "retention", name="erasureground"), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("resident_id", sa.Integer(), nullable=True),
        sa.Column(
            "state",
            _words("proposed", "restricted", "confirmed", "done", "kept", name="erasurestate"),
            nullable=False,
        ),
        sa.Column("policy_id", sa.Integer(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("blocks", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=True),
        sa.Column("first_by", sa.Integer(), nullable=True),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("keep_until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["ended_by"], ["user_account.id"], name=op.f("fk_erasure_ended_by")),
        sa.ForeignKeyConstraint(["first_by"], ["user_account.id"], name=op.f("fk_erasure_first_by")),
        sa.ForeignKeyConstraint(["policy_id"], ["data_policy.id"], name=op.f("fk_erasure_policy_id")),
        sa.ForeignKeyConstraint(["proposed_by"], ["user_account.id"], name=op.f("fk_erasure_proposed_by")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_erasure_region_code")),
        sa.ForeignKeyConstraint(["resident_id"], ["resident.id"], name=op.f("fk_erasure_resident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    op.create_index(op.f("ix_erasure_region_code"), "erasure", ["region_code"])
    op.create_index(op.f("ix_erasure_resident_id"), "erasure", ["resident_id"])
    op.create_index(op.f("ix_erasure_state"), "erasure", ["state"])
    open_rows = sa.text(f"resident_id IS NULL AND {_OPEN}")
    for name, columns, where in (
        ("uq_erasure_open_person", ["resident_id"], sa.text(_OPEN)),
        ("uq_erasure_open_rows", ["what", "region_code"], open_rows),
    ):
        op.create_index(name, "erasure", columns, unique=True, sqlite_where=where, postgresql_where=where)
