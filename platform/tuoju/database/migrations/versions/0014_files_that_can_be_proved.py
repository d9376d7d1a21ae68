"""Seals of files that were handed out, and signed monthly summaries that stay as they are."""

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

KEPT = ('region_code', 'month', 'edition', 'first_day', 'last_day', 'sheet', 'digest', 'counted_at', 'signed_by', 'signed_at')


def _stay_on_sqlite() -> None:
    changed = ' OR '.join(f'NEW.{name} IS NOT OLD.{name}' for name in KEPT)
    stop = "BEGIN SELECT RAISE(ABORT, 'a signed summary stays as it is'); END"
    op.execute(f'CREATE TRIGGER monthly_summary_stays BEFORE UPDATE ON monthly_summary WHEN OLD.signed_at IS NOT NULL AND ({changed}) {stop}')
    op.execute(f'CREATE TRIGGER monthly_summary_kept BEFORE DELETE ON monthly_summary WHEN OLD.signed_at IS NOT NULL {stop}')


def _stay_on_postgresql() -> None:
    changed = ' OR '.join(f'NEW.{name}::text IS DISTINCT FROM OLD.{name}::text' for name in KEPT)
    op.execute(
        'CREATE OR REPLACE FUNCTION monthly_summary_stays() RETURNS trigger AS $$ BEGIN'
        f" IF OLD.signed_at IS NOT NULL AND (TG_OP = 'DELETE' OR {changed})"
        " THEN RAISE EXCEPTION 'a signed summary stays as it is'; END IF;"
        " IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$ LANGUAGE plpgsql"
    )
    op.execute(
        'CREATE TRIGGER monthly_summary_stays BEFORE UPDATE OR DELETE ON monthly_summary'
        ' FOR EACH ROW EXECUTE FUNCTION monthly_summary_stays()'
    )


def upgrade() -> None:
    op.create_table('issued_file',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.Enum('person_file', 'person_archive', name='issuedkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('region_code', sa.String(), nullable=False),
    sa.Column('issued_by', sa.Integer(), nullable=False),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['issued_by'], ['user_account.id'], name=op.f('fk_issued_file_issued_by')),
    sa.ForeignKeyConstraint(['region_code'], ['region.code'], name=op.f('fk_issued_file_region_code')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_issued_file')),
    sa.UniqueConstraint('sha256', name=op.f('uq_issued_file_sha256'))
    )
    _stay_on_postgresql() if op.get_bind().dialect.name == 'postgresql' else _stay_on_sqlite()


def downgrade() -> None:
    if op.get_bind().dialect.name == 'postgresql':
        op.execute('DROP TRIGGER monthly_summary_stays ON monthly_summary')
        op.execute('DROP FUNCTION monthly_summary_stays()')
    else:
        op.execute('DROP TRIGGER monthly_summary_stays')
        op.execute('DROP TRIGGER monthly_summary_kept')
    op.drop_table('issued_file')
