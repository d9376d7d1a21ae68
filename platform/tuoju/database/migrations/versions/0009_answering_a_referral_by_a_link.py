"""Answering a referral by a link."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('organization_contact',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('mobile', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('changed_by', sa.Integer(), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['changed_by'], ['user_account.id'], name=op.f('fk_organization_contact_changed_by')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_organization_contact_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organization_contact')),
    sa.UniqueConstraint('organization_id', name=op.f('uq_organization_contact_organization_id'))
    )
    op.create_table('referral_link',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('referral_id', sa.Integer(), nullable=False),
    sa.Column('handle', sa.String(), nullable=False),
    sa.Column('token_hash', sa.String(), nullable=False),
    sa.Column('issued_by', sa.Integer(), nullable=True),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_by', sa.Integer(), nullable=True),
    sa.Column('uses', sa.Integer(), nullable=False),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['issued_by'], ['user_account.id'], name=op.f('fk_referral_link_issued_by')),
    sa.ForeignKeyConstraint(['referral_id'], ['referral.id'], name=op.f('fk_referral_link_referral_id')),
    sa.ForeignKeyConstraint(['revoked_by'], ['user_account.id'], name=op.f('fk_referral_link_revoked_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_referral_link')),
    sa.UniqueConstraint('handle', name=op.f('uq_referral_link_handle')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_referral_link_token_hash'))
    )
    with op.batch_alter_table('referral_link', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_referral_link_referral_id'), ['referral_id'], unique=False)
        batch_op.create_index('uq_referral_link_standing', ['referral_id'], unique=True, sqlite_where=sa.text('revoked_at IS NULL'), postgresql_where=sa.text('revoked_at IS NULL'))

    op.create_table('referral_message',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('referral_id', sa.Integer(), nullable=False),
    sa.Column('side', sa.Enum('sender', 'receiver', 'clock', name='side', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('by', sa.Integer(), nullable=True),
    sa.Column('link_id', sa.Integer(), nullable=True),
    sa.Column('named', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['by'], ['user_account.id'], name=op.f('fk_referral_message_by')),
    sa.ForeignKeyConstraint(['link_id'], ['referral_link.id'], name=op.f('fk_referral_message_link_id')),
    sa.ForeignKeyConstraint(['referral_id'], ['referral.id'], name=op.f('fk_referral_message_referral_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_referral_message'))
    )
    with op.batch_alter_table('referral_message', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_referral_message_referral_id'), ['referral_id'], unique=False)

    with op.batch_alter_table('referral', schema=None) as batch_op:
        batch_op.add_column(sa.Column('first_visit_on', sa.Date(), nullable=True))

    with op.batch_alter_table('referral_event', schema=None) as batch_op:
        batch_op.add_column(sa.Column('link_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('named', sa.Text(), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_referral_event_link_id'), 'referral_link', ['link_id'], ['id'])

    with op.batch_alter_table('service_visit', schema=None) as batch_op:
        batch_op.add_column(sa.Column('link_id', sa.Integer(), nullable=True))
        batch_op.alter_column('recorded_by',
               existing_type=sa.INTEGER(),
               nullable=True)
        batch_op.create_foreign_key(batch_op.f('fk_service_visit_link_id'), 'referral_link', ['link_id'], ['id'])


def downgrade() -> None:
    with op.batch_alter_table('service_visit', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_service_visit_link_id'), type_='foreignkey')
        batch_op.alter_column('recorded_by',
               existing_type=sa.INTEGER(),
               nullable=False)
        batch_op.drop_column('link_id')

    with op.batch_alter_table('referral_event', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_referral_event_link_id'), type_='foreignkey')
        batch_op.drop_column('named')
        batch_op.drop_column('link_id')

    with op.batch_alter_table('referral', schema=None) as batch_op:
        batch_op.drop_column('first_visit_on')

    with op.batch_alter_table('referral_message', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_referral_message_referral_id'))

    op.drop_table('referral_message')
    with op.batch_alter_table('referral_link', schema=None) as batch_op:
        batch_op.drop_index('uq_referral_link_standing', sqlite_where=sa.text('revoked_at IS NULL'), postgresql_where=sa.text('revoked_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_referral_link_referral_id'))

    op.drop_table('referral_link')
    op.drop_table('organization_contact')
