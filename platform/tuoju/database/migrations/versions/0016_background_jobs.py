"""Imports and exports as jobs of a worker, the rows of an import, and how long its report is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0016_background_jobs"
down_revision = "0015_form_keys"
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
_ERASABLES = ("person", "dismissed_alert", "message_address", "draft")
_NEW = "import_report"
_STATES = ("queued", "running", "checked", "done", "failed", "cancelled")
_PROBLEMS = ("unreadable", "too_long", "columns_missing", "empty", "not_parsed", "not_permitted", "broken")


def upgrade() -> None:
    _allow("data_policy", "kind", "datakind", (*_DATA_KINDS, _NEW))
    _allow("erasure", "what", "erasable", (*_ERASABLES, _NEW))
    _background_job()
    op.create_table(
        "import_row",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("outcome", _words("ready", "added", "refused", name="rowoutcome"), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["background_job.id"], name=op.f("fk_import_row_job_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_row")),
        sa.UniqueConstraint("job_id", "row", name=op.f("uq_import_row_job_id_row")),
    )
    op.create_index(op.f("ix_import_row_job_id"), "import_row", ["job_id"])


def downgrade() -> None:
    op.drop_table("import_row")
    op.drop_table("background_job")
    op.execute(f"DELETE FROM erasure WHERE what = '{_NEW}'")  # noqa: S608
    op.execute(f"DELETE FROM data_policy WHERE kind = '{_NEW}'")  # noqa: S608
    _allow("erasure", "what", "erasable", _ERASABLES)
    _allow("data_policy", "kind", "datakind", _DATA_KINDS)


def _words(*values: str, name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _allow(table: str, column: str, check: str, values: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{value}'" for value in values)
    with op.batch_alter_table(table) as batch:
        batch.drop_constraint(check, type_="check")
        batch.create_check_constraint(check, f"{column} IN ({listed})")


def _background_job() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "background_job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", _words("import_list", "export_list", name="jobkind"), nullable=False),
        sa.Column("list_name", sa.String(40), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(120), nullable=False),
        sa.Column("state", _words(*_STATES, name="jobstate"), nullable=False),
        sa.Column("problem", _words(*_PROBLEMS, name="jobproblem"), nullable=True),
        sa.Column("problem_detail", sa.String(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_key", sa.String(), nullable=True),
        sa.Column("rows_total", sa.Integer(), nullable=True),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("rows_done", "rows_added", "rows_refused", "runs", "stalled_runs")
        ),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("worked_at", moment, nullable=False),
        *(sa.Column(name, moment, nullable=True) for name in ("confirmed_at", "ended_at", "expires_at", "erased_at")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_background_job_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_background_job")),
        sa.UniqueConstraint("file_key", name=op.f("uq_background_job_file_key")),
    )
    for column in ("user_id", "state", "ended_at"):
        op.create_index(op.f(f"ix_background_job_{column}"), "background_job", [column])
    is_open = sa.text("state IN ('checked', 'queued', 'running')")
    op.create_index(
        "uq_background_job_open",
        "background_job",
        ["user_id", "fingerprint"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
