"""News for residents without an account, and what they say."""

import sqlalchemy as sa
from alembic import op

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None


def words(name: str, *given: str) -> sa.Enum:
    return sa.Enum(*given, name=name, native_enum=False, create_constraint=True, length=40)


BEFORE = words('consentpurpose', 'referral', 'publicity', 'checking')
AFTER = words('consentpurpose', 'referral', 'publicity', 'checking', 'news')


def upgrade() -> None:
    op.create_table('resident_news',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('referral_id', sa.Integer(), nullable=False),
    sa.Column('moment', words('moment', 'referred', 'accepted', 'visit', 'closed'), nullable=False),
    sa.Column('about', sa.String(), nullable=False),
    sa.Column('by_sms', sa.Boolean(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('told_by', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['referral_id'], ['referral.id'], name=op.f('fk_resident_news_referral_id')),
    sa.ForeignKeyConstraint(['told_by'], ['user_account.id'], name=op.f('fk_resident_news_told_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_resident_news')),
    sa.UniqueConstraint('referral_id', 'moment', 'about', name=op.f('uq_resident_news_referral_id_moment_about'))
    )
    with op.batch_alter_table('resident_news', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_resident_news_referral_id'), ['referral_id'], unique=False)
    with op.batch_alter_table('assistance_case', schema=None) as batch_op:
        batch_op.add_column(sa.Column('with_care', sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table('assistance_case', schema=None) as batch_op:
        batch_op.alter_column('with_care', existing_type=sa.Boolean(), existing_nullable=False, server_default=None)
    with op.batch_alter_table('referral', schema=None) as batch_op:
        batch_op.add_column(sa.Column('solved', sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column('satisfaction_by', words('answerer', 'self', 'family'), nullable=True))
        batch_op.add_column(sa.Column('asked_by', words('askedby', 'in_person', 'phone', 'link'), nullable=True))
        batch_op.add_column(sa.Column('resident_said', sa.Text(), nullable=True))
    with op.batch_alter_table('consent', schema=None) as batch_op:
        batch_op.alter_column('purpose', existing_type=BEFORE, type_=AFTER, existing_nullable=False)


def downgrade() -> None:
    with op.batch_alter_table('consent', schema=None) as batch_op:
        batch_op.alter_column('purpose', existing_type=AFTER, type_=BEFORE, existing_nullable=False)
    with op.batch_alter_table('referral', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_referral_askedby'), type_='check')
        batch_op.drop_constraint(batch_op.f('ck_referral_answerer'), type_='check')
        for name in ('resident_said', 'asked_by', 'satisfaction_by', 'solved'):
            batch_op.drop_column(name)
    with op.batch_alter_table('assistance_case', schema=None) as batch_op:
        batch_op.drop_column('with_care')
    op.drop_table('resident_news')
