"""Sign-in: stages and idle ends of sessions, counters of attempts, second factors.

Sessions that are open are kept. Locks and counts of wrong passwords begin anew in the counters.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003_sign_in"
down_revision = "0002_invitations_and_grants"


def upgrade() -> None:
    with op.batch_alter_table("user_account") as table:
        table.drop_column("failed_sign_ins")
        table.drop_column("locked_until")
    _sessions()
    op.create_table(
        "attempt_counter",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_attempt_counter")),
    )
    op.create_index(op.f("ix_attempt_counter_ends_at"), "attempt_counter", ["ends_at"], unique=False)
    _codes()
    _passkeys()


def _sessions() -> None:
    stage = sa.Enum(
        "second_factor",
        "set_up",
        "complete",
        name="sessionstage",
        native_enum=False,
        create_constraint=True,
        length=40,
    )
    times = ("last_used_at", "confirmed_at")
    with op.batch_alter_table("user_session") as table:
        table.add_column(sa.Column("stage", stage, nullable=False, server_default="complete"))
        table.add_column(sa.Column("device", sa.String(), nullable=False, server_default=""))
        table.add_column(sa.Column("network", sa.String(), nullable=False, server_default=""))
        for name in times:
            table.add_column(sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE user_session SET last_used_at = created_at, confirmed_at = created_at")
    with op.batch_alter_table("user_session") as table:
        for name in ("stage", "device", "network"):
            table.alter_column(name, server_default=None)
        for name in times:
            table.alter_column(name, nullable=False)


def _codes() -> None:
    op.create_table(
        "totp_secret",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_totp_secret_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_totp_secret")),
        sa.UniqueConstraint("user_id", name=op.f("uq_totp_secret_user_id")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_recovery_code_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
    )
    op.create_index(op.f("ix_recovery_code_user_id"), "recovery_code", ["user_id"], unique=False)


def _passkeys() -> None:
    op.create_table(
        "passkey",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("credential_id", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_passkey_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index(op.f("ix_passkey_user_id"), "passkey", ["user_id"], unique=False)
    op.create_table(
        "passkey_challenge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("challenge", sa.String(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_passkey_challenge_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey_challenge")),
        sa.UniqueConstraint("challenge", name=op.f("uq_passkey_challenge_challenge")),
    )
    op.create_index(op.f("ix_passkey_challenge_expires_at"), "passkey_challenge", ["expires_at"], unique=False)


def downgrade() -> None:
    for name in ("passkey_challenge", "passkey", "recovery_code", "totp_secret", "attempt_counter"):
        op.drop_table(name)
    with op.batch_alter_table("user_session") as table:
        table.drop_constraint("sessionstage", type_="check")
        for column in ("stage", "device", "network", "last_used_at", "confirmed_at"):
            table.drop_column(column)
    with op.batch_alter_table("user_account") as table:
        table.add_column(sa.Column("failed_sign_ins", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True))
