"""Vectors of the texts of needs and projects."""

import sqlalchemy as sa
from alembic import op

revision = "0023_text_vectors"
down_revision = "0022_complaints"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "need_vector",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("need_version", sa.Integer(), nullable=False),
        sa.Column("vector", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_need_vector_need_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need_vector")),
        sa.UniqueConstraint("need_id", name=op.f("uq_need_vector_need_id")),
    )
    op.create_table(
        "project_vector",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("project_version", sa.Integer(), nullable=False),
        sa.Column("vector", sa.String(), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_project_vector_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_vector")),
        sa.UniqueConstraint("project_id", name=op.f("uq_project_vector_project_id")),
    )


def downgrade() -> None:
    op.drop_table("project_vector")
    op.drop_table("need_vector")
