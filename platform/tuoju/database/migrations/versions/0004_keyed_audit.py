"""Keyed entries and heads of the audit, where they came from, and triggers that refuse to change them.

Entries of 0.1.0 keep an empty `key_id`. The key is not in the database, so that sealing them is not done here:
`tuoju migrate` does it next, or the first entry that follows them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004_keyed_audit"
down_revision = "0003_sign_in"
branch_labels = None
depends_on = None

TRIGGERS = {
    "sqlite": (
        "CREATE TRIGGER audit_entry_update BEFORE UPDATE ON audit_entry"
        " BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
        "CREATE TRIGGER audit_entry_delete BEFORE DELETE ON audit_entry"
        " BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
        "CREATE TRIGGER audit_entry_replace BEFORE INSERT ON audit_entry WHEN EXISTS (SELECT 1 FROM audit_entry"
        " WHERE id = NEW.id OR (scope = NEW.scope AND sequence = NEW.sequence))"
        " BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION audit_entry_stays() RETURNS trigger AS $$ BEGIN"
        " RAISE EXCEPTION 'the audit is append-only'; END $$ LANGUAGE plpgsql",
        "CREATE TRIGGER audit_entry_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_stays()",
    ),
}
NEW_TEXTS = {"audit_chain": ("key_id", "mac"), "audit_entry": ("address", "request_id", "key_id", "mac")}


def upgrade() -> None:
    for table, names in NEW_TEXTS.items():
        with op.batch_alter_table(table) as batch:
            for name in names:
                batch.add_column(sa.Column(name, sa.String(), nullable=False, server_default=""))
            if table == "audit_entry":
                batch.add_column(sa.Column("session_id", sa.Integer(), nullable=True))
        with op.batch_alter_table(table) as batch:
            for name in names:
                batch.alter_column(name, server_default=None)
    connection = op.get_bind()
    for statement in TRIGGERS[connection.dialect.name]:
        connection.exec_driver_sql(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER audit_entry_stays ON audit_entry")
        op.execute("DROP FUNCTION audit_entry_stays()")
    else:
        op.execute("DROP TRIGGER audit_entry_update")
        op.execute("DROP TRIGGER audit_entry_delete")
        op.execute("DROP TRIGGER audit_entry_replace")
    for table, names in NEW_TEXTS.items():
        with op.batch_alter_table(table) as batch:
            for name in names:
                batch.drop_column(name)
            if table == "audit_entry":
                batch.drop_column("session_id")
