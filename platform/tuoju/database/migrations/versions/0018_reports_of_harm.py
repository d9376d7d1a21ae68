"""Reports of harm to a child."""

import sqlalchemy as sa
from alembic import op

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'protection_report',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('region_code', sa.String(), nullable=False),
        sa.Column('resident_id', sa.Integer(), nullable=True),
        sa.Column('told', sa.Enum('police', 'civil_affairs', 'hotline', name='toldwhom', native_enum=False, create_constraint=True, length=40), nullable=False),
        sa.Column('told_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('what', sa.Text(), nullable=False),
        sa.Column('reported_by', sa.Integer(), nullable=False),
        sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('followed_up_by', sa.Integer(), nullable=True),
        sa.Column('followed_up_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('followed_up', sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(['followed_up_by'], ['user_account.id'], name=op.f('fk_protection_report_followed_up_by')),
        sa.ForeignKeyConstraint(['region_code'], ['region.code'], name=op.f('fk_protection_report_region_code')),
        sa.ForeignKeyConstraint(['reported_by'], ['user_account.id'], name=op.f('fk_protection_report_reported_by')),
        sa.ForeignKeyConstraint(['resident_id'], ['resident.id'], name=op.f('fk_protection_report_resident_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_protection_report')),
    )
    op.create_index(op.f('ix_protection_report_region_code'), 'protection_report', ['region_code'])


def downgrade() -> None:
    op.drop_index(op.f('ix_protection_report_region_code'), table_name='protection_report')
    op.drop_table('protection_report')
