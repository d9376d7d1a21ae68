"""The post office: notices by several channels, their history, and what workers share."""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

_STATES = ('created', 'sending', 'sent', 'delivered', 'temporary_failure', 'permanent_failure', 'technical_failure')
_CHANNELS = ('in_app', 'email', 'sms', 'robot', 'webhook')
_KINDS = ('referral_received', 'referral_accepted', 'referral_rejected', 'referral_waitlisted', 'referral_expired', 'referral_cancelled', 'referral_completed', 'referral_failed', 'gap_found', 'override_to_review')
_OPEN = sa.text("state IN ('created', 'sending', 'temporary_failure')")


def _words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _moment(name: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, length: int | None = None) -> "sa.Column[object]":
    return sa.Column(name, sa.String(length) if length else sa.String(), nullable=False)


def upgrade() -> None:
    # The words of a kind are no longer checked by the database, so the table is made anew around its rows.
    op.execute("CREATE TABLE notice_kept AS SELECT * FROM notice")
    op.drop_table('notice')
    op.create_table(
        'notice',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column('key', sa.String(), nullable=False, unique=True),
        _text('group_key'),
        sa.Column('message_id', sa.String(32), nullable=False, unique=True),
        _text('kind', 40),
        sa.Column('channel', _words('channel', *_CHANNELS), nullable=False),
        sa.Column('urgency', _words('urgency', 'urgent', 'normal', 'digest'), nullable=False),
        _text('recipient_type', 40),
        sa.Column('recipient_id', sa.Integer(), nullable=False),
        sa.Column('address', sa.Text(), nullable=False),
        _text('language'),
        _text('link'),
        sa.Column('parameters', sa.JSON(), nullable=False),
        sa.Column('state', _words('noticestate', *_STATES), nullable=False),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('handovers', sa.Integer(), nullable=False),
        _text('lease'),
        _moment('lease_until', nullable=True),
        _text('provider'),
        _text('provider_reference'),
        _text('last_error'),
        _moment('created_at'),
        _moment('not_before', nullable=True),
        _moment('next_attempt_at'),
        _moment('hand_over_at'),
        _moment('sent_at', nullable=True),
        _moment('delivered_at', nullable=True),
        _moment('read_at', nullable=True),
    )
    group = "substr(key, 1, length(key) - length(CAST(recipient_id AS VARCHAR))) || 'user:' || recipient_id"
    op.execute(
        "INSERT INTO notice (id, key, group_key, message_id, kind, channel, urgency, recipient_type, recipient_id, address,"
        " language, link, parameters, state, attempts, handovers, lease, provider, provider_reference, last_error,"
        " created_at, next_attempt_at, hand_over_at, delivered_at, read_at)"
        f" SELECT id, {group} || ':in_app:0', {group}, 'earlier-' || id, kind, channel, 'normal', 'user', recipient_id, '',"
        " 'zh_CN', link, parameters, state, attempts, 0, '', '', '', '',"
        " created_at, next_attempt_at, next_attempt_at, delivered_at, read_at FROM notice_kept"
    )
    op.execute("DROP TABLE notice_kept")
    if op.get_bind().dialect.name == 'postgresql':
        op.execute("SELECT setval(pg_get_serial_sequence('notice', 'id'), COALESCE((SELECT max(id) FROM notice), 0) + 1, false)")
    op.create_index('ix_notice_group_key', 'notice', ['group_key'])
    op.create_index('ix_notice_state', 'notice', ['state'])
    op.create_index('ix_notice_created_at', 'notice', ['created_at'])
    op.create_index('ix_notice_open', 'notice', ['hand_over_at'], postgresql_where=_OPEN, sqlite_where=_OPEN)
    op.create_index('ix_notice_inbox', 'notice', ['recipient_type', 'recipient_id', 'channel', 'id'])
    op.create_index('ix_notice_provider_reference', 'notice', ['provider', 'provider_reference'])
    op.create_table(
        'notice_event',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column('notice_id', sa.Integer(), sa.ForeignKey('notice.id'), nullable=False),
        _moment('at'),
        sa.Column('state', _words('noticestate', *_STATES), nullable=False),
        sa.Column('attempt', sa.Integer(), nullable=False),
        _text('provider'),
        _text('code'),
        sa.Column('by_id', sa.Integer(), nullable=True),
    )
    op.create_index('ix_notice_event_notice_id', 'notice_event', ['notice_id'])
    op.create_table(
        'paused_channel',
        sa.Column('channel', _words('channel', *_CHANNELS), primary_key=True),
        _moment('paused_at'),
        sa.Column('paused_by', sa.Integer(), nullable=True),
    )
    op.create_table(
        'provider_circuit',
        sa.Column('provider', sa.String(), primary_key=True),
        sa.Column('failures', sa.Integer(), nullable=False),
        _moment('open_until', nullable=True),
    )
    op.create_table(
        'periodic_turn',
        sa.Column('job', sa.String(), primary_key=True),
        sa.Column('number', sa.Integer(), nullable=False),
        _text('period'),
        _moment('taken_at'),
    )


def downgrade() -> None:
    for table in ('periodic_turn', 'provider_circuit', 'paused_channel', 'notice_event'):
        op.drop_table(table)
    # What left the house and what the former release has no word for is not carried back.
    op.execute(
        "CREATE TABLE notice_kept AS SELECT * FROM notice WHERE channel = 'in_app' AND recipient_type = 'user'"
        " AND kind IN (" + ", ".join(f"'{kind}'" for kind in _KINDS) + ")"
    )
    op.drop_table('notice')
    op.create_table(
        'notice',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column('key', sa.String(), nullable=False, unique=True),
        sa.Column('kind', _words('noticekind', *_KINDS), nullable=False),
        sa.Column('channel', _words('channel', 'in_app'), nullable=False),
        sa.Column('recipient_id', sa.Integer(), nullable=False),
        _text('link'),
        sa.Column('parameters', sa.JSON(), nullable=False),
        sa.Column('state', _words('noticestate', *_STATES), nullable=False),
        sa.Column('attempts', sa.Integer(), nullable=False),
        _moment('created_at'),
        _moment('next_attempt_at'),
        _moment('delivered_at', nullable=True),
        _moment('read_at', nullable=True),
    )
    op.execute(
        "INSERT INTO notice SELECT id, key, kind, channel, recipient_id, link, parameters, state, attempts, created_at,"
        " next_attempt_at, delivered_at, read_at FROM notice_kept"
    )
    op.execute("DROP TABLE notice_kept")
    op.create_index('ix_notice_recipient_id', 'notice', ['recipient_id'])
    op.create_index('ix_notice_state', 'notice', ['state'])
