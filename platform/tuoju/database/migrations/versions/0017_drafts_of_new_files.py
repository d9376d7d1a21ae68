"""Drafts of new files get a key each: there may be several of one person.

The one that an account had under the name of the form goes on under a key of zeros.
"""

from alembic import op

revision = "0017_drafts_of_new_files"
down_revision = "0016_background_jobs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE draft SET form = 'resident-new-000000000000' WHERE form = 'resident-new'")


def downgrade() -> None:
    op.execute("UPDATE draft SET form = 'resident-new' WHERE form = 'resident-new-000000000000'")
