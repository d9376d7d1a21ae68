"""Divisions that change on a day: first and last day, what followed them, and outlines for the map."""

import sqlalchemy as sa
from alembic import op

revision = "0012_dated_divisions"
down_revision = "0011_reopened_referrals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("region", sa.Column("valid_from", sa.Date(), nullable=True))
    op.add_column("region", sa.Column("valid_to", sa.Date(), nullable=True))
    op.create_table(
        "region_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "rename",
                "move",
                "merge",
                "create",
                name="regionchangekind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("successor_code", sa.String(), nullable=True),
        sa.Column("former_parent_code", sa.String(), nullable=True),
        sa.Column("former_name", sa.String(), nullable=False),
        sa.Column("changed_on", sa.Date(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_region_change_region_code")),
        sa.ForeignKeyConstraint(["successor_code"], ["region.code"], name=op.f("fk_region_change_successor_code")),
        sa.ForeignKeyConstraint(
            ["former_parent_code"], ["region.code"], name=op.f("fk_region_change_former_parent_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_region_change")),
    )
    op.create_index(op.f("ix_region_change_region_code"), "region_change", ["region_code"], unique=False)
    op.create_index(op.f("ix_region_change_changed_on"), "region_change", ["changed_on"], unique=False)
    op.create_table(
        "region_outline",
        sa.Column("region_code", sa.String(length=12), nullable=False),
        sa.Column("polygons", sa.JSON(), nullable=False),
        sa.Column("label_shift", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_region_outline_region_code")),
        sa.PrimaryKeyConstraint("region_code", name=op.f("pk_region_outline")),
    )


def downgrade() -> None:
    op.drop_table("region_outline")
    op.drop_table("region_change")
    with op.batch_alter_table("region") as table:
        table.drop_column("valid_to")
        table.drop_column("valid_from")
