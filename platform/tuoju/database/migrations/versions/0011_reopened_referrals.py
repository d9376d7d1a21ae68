"""An expired referral can be reopened: one more step in the history of referrals."""

from alembic import op

revision = "0011_reopened_referrals"
down_revision = "0010_operations"
branch_labels = None
depends_on = None

_BEFORE = (
    *("accept", "reject", "waitlist", "expire", "start", "hold"),
    *("resume", "complete", "fail", "cancel", "mark_in_error"),
)


def upgrade() -> None:
    _allow((*_BEFORE, "reopen"))


def downgrade() -> None:
    _allow(_BEFORE)


def _allow(verbs: tuple[str, ...]) -> None:
    with op.batch_alter_table("referral_event") as table:
        table.drop_constraint("referralverb", type_="check")
        table.create_check_constraint("referralverb", f"verb IN ({', '.join(repr(verb) for verb in verbs)})")
