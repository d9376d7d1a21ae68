"""News that may not leave any more, and how news stands: told by its messages alone."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = '0026'
down_revision = '0025'
branch_labels = None
depends_on = None

GROUNDS = {
    'consent_withdrawn': (
        "NOT EXISTS (SELECT 1 FROM consent WHERE consent.resident_id = notice.recipient_id"
        " AND consent.purpose = 'news' AND consent.withdrawn_at IS NULL)"
    ),
    'with_care': (
        'EXISTS (SELECT 1 FROM assistance_case WHERE assistance_case.resident_id = notice.recipient_id'
        ' AND assistance_case.with_care)'
    ),
    'not_safe': (
        'EXISTS (SELECT 1 FROM protection_report WHERE protection_report.resident_id = notice.recipient_id)'
    ),
}
NEWS = "('resident_referred', 'resident_accepted', 'resident_visit', 'resident_closed')"
NOT_LEFT = "('created', 'temporary_failure', 'permanent_failure', 'technical_failure')"


def upgrade() -> None:
    """What was found to be unwanted or unsafe before messages were called off for it is called off now."""
    for code, ground in GROUNDS.items():
        op.execute(
            f"UPDATE notice SET called_off = '{code}' WHERE recipient_type = 'resident' AND kind IN {NEWS}"
            f" AND called_off = '' AND (state IN {NOT_LEFT} OR state = 'sending') AND {ground}"
        )
    _end(op.get_bind())
    with op.batch_alter_table('resident_news') as batch_op:
        batch_op.drop_column('by_sms')


def _end(connection: sa.Connection) -> None:
    ended = f"FROM notice WHERE called_off <> '' AND state IN {NOT_LEFT}"
    moment = sa.bindparam('moment', datetime.now(UTC), sa.DateTime(timezone=True))
    connection.execute(
        sa.text(
            'INSERT INTO notice_event (notice_id, at, state, attempt, provider, code)'
            f" SELECT id, :moment, 'called_off', attempts, provider, called_off {ended}"
        ).bindparams(moment)
    )
    connection.execute(
        sa.text(
            'INSERT INTO notice_tally (channel, state, bucket, shard, steps, seconds)'
            f" SELECT channel, 'called_off', -1, 0, count(*), 0 {ended} GROUP BY channel"
            ' ON CONFLICT (channel, state, bucket, shard) DO UPDATE SET steps = notice_tally.steps + excluded.steps'
        )
    )
    connection.execute(
        sa.text(
            f"UPDATE notice SET state = 'called_off', last_error = called_off"
            f" WHERE called_off <> '' AND state IN {NOT_LEFT}"
        )
    )


def downgrade() -> None:
    with op.batch_alter_table('resident_news') as batch_op:
        batch_op.add_column(sa.Column('by_sms', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(
        "UPDATE resident_news SET by_sms = EXISTS (SELECT 1 FROM notice WHERE notice.state <> 'called_off'"
        " AND notice.group_key LIKE 'news:' || resident_news.id || '\\:resident\\:%')"
    )
    with op.batch_alter_table('resident_news') as batch_op:
        batch_op.alter_column('by_sms', existing_type=sa.Boolean(), existing_nullable=False, server_default=None)
