"""Reads the schema of a database in a form in which two databases can be compared."""

import re
from collections.abc import Iterator

from sqlalchemy import Connection, Engine

from tuoju.database.row_security import install
from tuoju.launch.tables import METADATA

Schema = dict[str, set[str]]
"""The definitions of each table, in the database's own words."""

VERSION_TABLE = "alembic_version"
"""Where Alembic keeps the revision; the code declares no such table."""


def declare(engine: Engine) -> None:
    """Make what the code declares, without migrations: tables, and on PostgreSQL policies and grants."""
    with engine.begin() as connection:
        METADATA.create_all(connection)
        install(connection)


def read_schema(connection: Connection) -> Schema:
    """Every definition by its table: columns with type, nullability and default; CHECK, unique, primary and foreign
    keys; indexes with their WHERE; triggers with their text; policies of rows, and the rights of the service.

    The order of columns and constraints is left out, because a column that a migration adds stands at the end.
    """
    lines = _read_postgresql(connection) if connection.dialect.name == "postgresql" else _read_sqlite(connection)
    schema: Schema = {}
    for table, definition in lines:
        if table != VERSION_TABLE:
            schema.setdefault(table, set()).add(" ".join(definition.split()))
    return schema


def _read_sqlite(connection: Connection) -> Iterator[tuple[str, str]]:
    rows = connection.exec_driver_sql("SELECT type, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    for kind, table, sql in rows:
        text = sql.replace('"', "")  # SQLite puts quotes around the names of what was renamed
        if kind != "table":
            yield table, text
            continue
        start, end = text.index("("), text.rindex(")")
        for part in _split(text[start + 1 : end]):
            yield table, part
        yield table, f"table options: {text[end + 1 :]}"


def _split(body: str) -> Iterator[str]:
    """The parts of a CREATE TABLE between its commas, except for commas within brackets or quotes."""
    depth, quoted, start = 0, False, 0
    for position, character in enumerate(body):
        if character == "'":
            quoted = not quoted
        elif not quoted and character in "()":
            depth += 1 if character == "(" else -1
        elif not quoted and character == "," and depth == 0:
            yield body[start:position]
            start = position + 1
    yield body[start:]


_COLUMNS = """
SELECT relname, attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid), attidentity,
       attgenerated
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped
"""
_CONSTRAINTS = """
SELECT relname, conname, pg_get_constraintdef(pg_constraint.oid), convalidated
FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
WHERE connamespace = current_schema()::regnamespace AND contype <> 'n'
"""
_INDEXES = """
SELECT relname, pg_get_indexdef(indexrelid), indisvalid
FROM pg_index JOIN pg_class ON pg_class.oid = indrelid WHERE relnamespace = current_schema()::regnamespace
"""
_TRIGGERS = """
SELECT relname, pg_get_triggerdef(pg_trigger.oid), prosrc
FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_proc ON pg_proc.oid = tgfoid WHERE NOT tgisinternal
"""
_POLICIES = """
SELECT tablename, policyname, cmd, roles, qual, with_check FROM pg_policies WHERE schemaname = current_schema()
"""
_SECURED = """
SELECT relname, 'row level security', relrowsecurity, relforcerowsecurity FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
"""
_GRANTS = """
SELECT table_name, 'grant', privilege_type, grantee FROM information_schema.role_table_grants
WHERE table_schema = current_schema() AND grantee = 'tuoju_app'
"""


def _read_postgresql(connection: Connection) -> Iterator[tuple[str, str]]:
    for query in (_COLUMNS, _CONSTRAINTS, _INDEXES, _TRIGGERS, _POLICIES, _SECURED, _GRANTS):
        for table, *definition in connection.exec_driver_sql(query):
            yield table, _without_casts(" ".join(str(part) for part in definition))


def _without_casts(definition: str) -> str:
    """PostgreSQL casts the words of a list one by one once it was dumped and loaded, and the list as a whole before."""
    text = re.sub(r"::(character varying|text)(\[\])?", "", definition)
    text = re.sub(r"\(('[^']*')\)", r"\1", text)
    return re.sub(r"\(\((ARRAY\[[^\]]*\])\)\)", r"(\1)", text)
