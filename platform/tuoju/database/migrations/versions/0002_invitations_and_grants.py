"""Accounts: the role of a society's chair, leaders of charity staff, invitations, and proposals of administrators.

Administrators without a region get the one at the top of the tree, if there is just one: from now on a region bounds
what an administrator may change. Nobody becomes a chair or a leader here; an administrator assigns them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002_invitations_and_grants"
down_revision = "0001_first_release"
branch_labels = None
depends_on = None

ROLES = ("social_worker", "township_officer", "charity_staff", "program_manager", "administrator")
ROLES_WITH_CHAIR = ("social_worker", "society_chair", *ROLES[1:])


def upgrade() -> None:
    with op.batch_alter_table("user_account") as table:
        table.drop_constraint("role", type_="check")
        table.create_check_constraint("role", _role_in(ROLES_WITH_CHAIR))
        table.add_column(sa.Column("is_leader", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("user_account") as table:
        table.alter_column("is_leader", server_default=None)
    op.create_index(op.f("ix_user_account_region_code"), "user_account", ["region_code"], unique=False)
    op.execute(
        "UPDATE user_account SET region_code = (SELECT min(code) FROM region WHERE parent_code IS NULL) "
        "WHERE role = 'administrator' AND region_code IS NULL "
        "AND (SELECT count(*) FROM region WHERE parent_code IS NULL) = 1"
    )
    _invitation()
    _grant_proposal()


def _role_in(roles: tuple[str, ...]) -> str:
    quoted = ", ".join(f"'{role}'" for role in roles)
    return f"role IN ({quoted})"


def _words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _invitation() -> None:
    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("token_to_send", sa.Text(), nullable=True),
        sa.Column("issued_by", sa.Integer(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["issued_by"], ["user_account.id"], name=op.f("fk_invitation_issued_by")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_invitation_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    op.create_index(op.f("ix_invitation_user_id"), "invitation", ["user_id"], unique=False)
    is_open = sa.text("used_at IS NULL AND replaced_at IS NULL")
    op.create_index(
        "uq_invitation_open", "invitation", ["user_id"], unique=True, sqlite_where=is_open, postgresql_where=is_open
    )


def _grant_proposal() -> None:
    op.create_table(
        "grant_proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", _words("grantkind", "administrator", "invitation"), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("state", _words("grantstate", "pending", "confirmed", "refused", "expired"), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["decided_by"], ["user_account.id"], name=op.f("fk_grant_proposal_decided_by")),
        sa.ForeignKeyConstraint(["proposed_by"], ["user_account.id"], name=op.f("fk_grant_proposal_proposed_by")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_grant_proposal_region_code")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_grant_proposal_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grant_proposal")),
    )
    op.create_index(op.f("ix_grant_proposal_region_code"), "grant_proposal", ["region_code"], unique=False)
    pending = sa.text("state = 'pending'")
    op.create_index(
        "uq_grant_proposal_pending",
        "grant_proposal",
        ["user_id"],
        unique=True,
        sqlite_where=pending,
        postgresql_where=pending,
    )


def downgrade() -> None:
    op.drop_table("grant_proposal")
    op.drop_table("invitation")
    op.drop_index(op.f("ix_user_account_region_code"), "user_account")
    op.execute("UPDATE user_account SET role = 'social_worker' WHERE role = 'society_chair'")
    with op.batch_alter_table("user_account") as table:
        table.drop_constraint("role", type_="check")
        table.create_check_constraint("role", _role_in(ROLES))
        table.drop_column("is_leader")
