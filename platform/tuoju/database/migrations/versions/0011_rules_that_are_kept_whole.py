"""Notices before a decision, what each step decided, objections looked into, and what a society is.

The words of a state may only grow here: nothing that was recorded has to change.
"""

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

STATES = ('recorded', 'investigating', 'under_review', 'approved', 'refused', 'relieved', 'publicised', 'objected', 'closed', 'withdrawn', 'entered_in_error')
VERBS = ('investigate', 'give_opinion', 'return_back', 'approve', 'refuse', 'complete_relief', 'publicise', 'object', 'answer_objection', 'close', 'withdraw', 'reopen', 'mark_in_error')
DUE = ('opinion', 'relief', 'notice')
OPINIONS = ('relieve', 'services_only', 'refuse')
REASONS = ('not_in_hardship', 'helped_already', 'other_scheme', 'not_as_stated', 'other')


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)


def _let_grow(table: str, column: str, name: str, before: tuple[str, ...], more: tuple[str, ...], nullable: bool) -> None:
    with op.batch_alter_table(table) as batch_op:
        batch_op.alter_column(column, existing_type=_words(name, *before), type_=_words(name, *before, *more), existing_nullable=nullable)


def upgrade() -> None:
    _let_grow('assistance_case', 'state', 'casestate', STATES, ('announced',), False)
    _let_grow('assistance_case', 'due_step', 'clockstep', DUE, ('objection',), True)
    _let_grow('case_step', 'to_state', 'casestate', STATES, ('announced',), False)
    _let_grow('case_step', 'verb', 'caseverb', VERBS, ('announce', 'answer_before_decision'), False)
    with op.batch_alter_table('assistance_case') as batch_op:
        batch_op.add_column(sa.Column('objected_at', sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table('case_step') as batch_op:
        batch_op.add_column(sa.Column('opinion', _words('opinion', *OPINIONS), nullable=True))
        batch_op.add_column(sa.Column('granted_fen', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('refusal_reason', _words('refusalreason', *REASONS), nullable=True))
    with op.batch_alter_table('policy') as batch_op:
        batch_op.add_column(sa.Column('revisitors_at_least', sa.Integer(), nullable=False, server_default='2'))
        batch_op.add_column(sa.Column('repeat_within_days', sa.Integer(), nullable=False, server_default='180'))
        batch_op.add_column(sa.Column('low_balance_fen', sa.Integer(), nullable=True))
        batch_op.create_unique_constraint(batch_op.f('uq_policy_scheme_region_code_valid_from'), ['scheme', 'region_code', 'valid_from'])
    op.execute("UPDATE policy SET low_balance_fen = 300000 WHERE scheme = 'society_relief'")
    with op.batch_alter_table('policy') as batch_op:
        batch_op.alter_column('revisitors_at_least', existing_type=sa.Integer(), server_default=None)
        batch_op.alter_column('repeat_within_days', existing_type=sa.Integer(), server_default=None)
    with op.batch_alter_table('public_notice') as batch_op:
        batch_op.alter_column('relieved_on', existing_type=sa.Date(), nullable=True)
        batch_op.add_column(sa.Column('helps', sa.JSON(), nullable=False, server_default='[]'))
        batch_op.add_column(sa.Column('due_on', sa.Date(), nullable=True))
    with op.batch_alter_table('public_notice') as batch_op:
        batch_op.alter_column('helps', existing_type=sa.JSON(), server_default=None)
    with op.batch_alter_table('objection') as batch_op:
        batch_op.add_column(sa.Column('recheck', _words('recheck', 'revisit', 'deliberation'), nullable=True))
    op.create_table(
        'society',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('region_code', sa.String(), nullable=False),
        sa.Column('households', sa.Integer(), nullable=True),
        sa.Column('telephone', sa.String(), nullable=False),
        sa.Column('recorded_by', sa.Integer(), nullable=False),
        sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['recorded_by'], ['user_account.id'], name=op.f('fk_society_recorded_by')),
        sa.ForeignKeyConstraint(['region_code'], ['region.code'], name=op.f('fk_society_region_code')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_society')),
        sa.UniqueConstraint('region_code', name=op.f('uq_society_region_code')),
    )


def downgrade() -> None:
    op.drop_table('society')
    with op.batch_alter_table('objection') as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_objection_recheck'), type_='check')
        batch_op.drop_column('recheck')
    with op.batch_alter_table('public_notice') as batch_op:
        batch_op.drop_column('due_on')
        batch_op.drop_column('helps')
    with op.batch_alter_table('policy') as batch_op:
        batch_op.drop_constraint(batch_op.f('uq_policy_scheme_region_code_valid_from'), type_='unique')
        batch_op.drop_column('low_balance_fen')
        batch_op.drop_column('repeat_within_days')
        batch_op.drop_column('revisitors_at_least')
    with op.batch_alter_table('case_step') as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_case_step_refusalreason'), type_='check')
        batch_op.drop_constraint(batch_op.f('ck_case_step_opinion'), type_='check')
        batch_op.drop_column('refusal_reason')
        batch_op.drop_column('granted_fen')
        batch_op.drop_column('opinion')
    with op.batch_alter_table('assistance_case') as batch_op:
        batch_op.drop_column('objected_at')
