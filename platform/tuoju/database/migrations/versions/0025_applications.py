"""Applications to calls, and the versions that were submitted."""

import sqlalchemy as sa
from alembic import op

revision = "0025_applications"
down_revision = "0024_calls"
branch_labels = None
depends_on = None

_STATES = (
    "draft",
    "submitted",
    "completion_asked",
    "eligible",
    "ineligible",
    "scored",
    "awarded",
    "reserve",
    "rejected",
    "contracted",
    "declined",
    "lapsed",
    "annulled",
    "withdrawn",
)


def upgrade() -> None:
    op.create_table(
        "funding_application",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*_STATES, native_enum=False, create_constraint=True, length=40, name="applicationstate"),
            nullable=False,
        ),
        sa.Column("is_from_paper", sa.Boolean(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("ask_fen", sa.BigInteger(), nullable=False),
        sa.Column("matching_fen", sa.BigInteger(), nullable=False),
        sa.Column("receipt", sa.Integer(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "ask_fen >= 0 AND matching_fen >= 0", name=op.f("ck_funding_application_money_not_negative")
        ),
        sa.CheckConstraint(
            "submitted_at IS NULL OR receipt IS NOT NULL", name=op.f("ck_funding_application_receipt_when_submitted")
        ),
        sa.ForeignKeyConstraint(["call_id"], ["funding_call.id"], name=op.f("fk_funding_application_call_id")),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_funding_application_made_by")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_funding_application_organization_id")
        ),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_funding_application_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_funding_application")),
        sa.UniqueConstraint("call_id", "receipt", name=op.f("uq_funding_application_call_id_receipt")),
    )
    for column in ("call_id", "organization_id", "region_code", "state"):
        op.create_index(op.f(f"ix_funding_application_{column}"), "funding_application", [column])
    op.create_table(
        "application_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("submitted_by", sa.Integer(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["funding_application.id"], name=op.f("fk_application_version_application_id")
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by"], ["user_account.id"], name=op.f("fk_application_version_submitted_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_version")),
        sa.UniqueConstraint("application_id", "number", name=op.f("uq_application_version_application_id_number")),
    )
    op.create_index(op.f("ix_application_version_application_id"), "application_version", ["application_id"])


def downgrade() -> None:
    kinds = "('application_received', 'application_came_in')"
    op.execute(
        "DELETE FROM notification_event WHERE notification_id IN"  # noqa: S608 fixed words
        f" (SELECT id FROM notification WHERE kind IN {kinds})"
    )
    op.execute(f"DELETE FROM notification WHERE kind IN {kinds}")  # noqa: S608 fixed words
    # PostgreSQL drops no table that a policy of another one names.
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TABLE application_version CASCADE")
        op.execute("DROP TABLE funding_application CASCADE")
        return
    op.drop_table("application_version")
    op.drop_table("funding_application")
