"""The declared rules as policies, role and grants of PostgreSQL.

`install` is run by `migrate` after the migrations, since policies are a function of the present tables; `remove` before
them, since a migration changes rows of every region and columns that policies name.
"""

import hashlib
from collections.abc import Collection, Iterator

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import ProgrammingError

from tuoju.database.row_scopes import (
    APPEND_ONLY,
    DELETABLE,
    REACHED,
    ROW_RULES,
    UNSCOPED,
    RowRule,
    fill,
    own_referral,
)
from tuoju.database.scopes import APP_ROLE

_POLICY = "tuoju_scope"
_FUNCTION = "tuoju_reached_"
_MARKED = f"{_FUNCTION}need()"
"""The function whose comment holds the fingerprint of what is installed."""


class RoleMissing(Exception):
    """The role of the service is missing, and the migration's own role may not make it."""

    def __init__(self) -> None:
        super().__init__(
            f"The role {APP_ROLE} is missing. As a database administrator run: CREATE ROLE {APP_ROLE} NOLOGIN;"
        )


def make_role(connection: Connection) -> None:
    """Make the role of the service unless the cluster has it; two databases may be migrated at once.

    Raises RoleMissing.
    """
    if _has_role(connection):
        return
    create = f"CREATE ROLE {APP_ROLE} NOLOGIN NOINHERIT NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE"
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(create)
            connection.exec_driver_sql(f"GRANT {APP_ROLE} TO CURRENT_USER")  # whoever migrates may serve too
    except ProgrammingError as error:  # another migration was faster, or this role may not create roles
        if not _has_role(connection):
            raise RoleMissing from error


def _has_role(connection: Connection) -> bool:
    query = f"SELECT 1 FROM pg_roles WHERE rolname = '{APP_ROLE}'"
    return connection.exec_driver_sql(query).first() is not None


def install(connection: Connection) -> None:
    """Put the declared policies and grants in force. Nothing on SQLite."""
    if connection.dialect.name != "postgresql":
        return
    make_role(connection)
    for statement in _statements(connection):
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(f"COMMENT ON FUNCTION {_MARKED} IS '{_fingerprint(connection)}'")


def in_force(connection: Connection) -> bool:
    """Whether what is declared is what was installed last, so that no table has to be locked for it. True on SQLite."""
    if connection.dialect.name != "postgresql":
        return True
    query = f"SELECT obj_description(to_regprocedure('{_MARKED}'), 'pg_proc')"
    return bool(connection.exec_driver_sql(query).scalar_one() == _fingerprint(connection))


def unprotected_tables(connection: Connection) -> list[str]:
    """The tables with a declared rule on which PostgreSQL does not enforce it."""
    query = (
        "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
        " AND relrowsecurity AND relforcerowsecurity"
    )
    return sorted(ROW_RULES.keys() - set(connection.exec_driver_sql(query).scalars().all()))


def _fingerprint(connection: Connection) -> str:
    return hashlib.sha256("\n".join(_statements(connection)).encode()).hexdigest()


def _statements(connection: Connection) -> list[str]:
    return [*_functions(connection), *_grants(connection), *_policies()]


def remove(connection: Connection) -> None:
    """Take policies and functions away, so that every row is reached. Nothing on SQLite."""
    if connection.dialect.name != "postgresql":
        return
    policies = "SELECT tablename, policyname FROM pg_policies WHERE schemaname = current_schema()"
    for table, policy in connection.exec_driver_sql(policies).all():
        connection.exec_driver_sql(f'DROP POLICY "{policy}" ON "{table}"')
    secured = "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relrowsecurity"
    for table in connection.exec_driver_sql(secured).scalars().all():
        connection.exec_driver_sql(f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY')
    for name in REACHED:
        connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {_FUNCTION}{name}()")


def _setting(name: str, cast: str = "") -> str:
    """A setting of the transaction, read once a query (an InitPlan) and not once a row."""
    value = f"NULLIF(current_setting('tuoju.{name}', true), '')"
    return f"(SELECT {value}{cast})"


_SETTINGS = {
    "regions": "SELECT unnest(string_to_array(current_setting('tuoju.regions', true), ','))",
    "organization": _setting("organization", "::int"),
    "referral": _setting("referral", "::int"),
    "user": _setting("user", "::int"),
    "administers": _setting("administers"),
    "whole_city": "(SELECT current_setting('tuoju.reach', true) = 'city')",
}


_IN_FUNCTION = f"(SELECT current_user <> '{APP_ROLE}' AND current_setting('role') = '{APP_ROLE}')"
"""The owner within one of our functions, called by the service: it may look at every row, and has to, since policies
that call the function again would not end. Alone the owner has no such right."""


def _resolve(table: str, name: str, of: str) -> str:
    if name == "parent":
        return "TRUE"  # the policy of that table holds for what this one reads of it
    if name == "reached":
        return f"SELECT {_FUNCTION}{of}()"
    return table if name == "table" else _SETTINGS[name]


def condition(table: str, rule: RowRule, predicate: str) -> str:
    """A predicate as SQL of PostgreSQL, behind the reaches that pass without looking at the row."""
    reaches = ["system", *(["city"] if rule.in_city else []), *(["entrance"] if rule.at_entrance else [])]
    passing = ", ".join(f"'{reach}'" for reach in reaches)
    scoped = fill(predicate, lambda name, of: _resolve(table, name, of))
    reach = _setting("reach")
    return f"{reach} IN ({passing}) OR ({reach} IN ('scope', 'city') AND ({scoped}))"


def _policies() -> Iterator[str]:
    for table, rule in ROW_RULES.items():
        read = f"{_IN_FUNCTION} OR {condition(table, rule, rule.read)}"  # in this order: alternatives end at the first
        keep = condition(table, rule, rule.keep or rule.read)
        change = condition(table, rule, rule.change or rule.read)
        yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
        yield f"CREATE POLICY {_POLICY}_read ON {table} FOR SELECT USING ({read})"
        yield f"CREATE POLICY {_POLICY}_add ON {table} FOR INSERT WITH CHECK ({keep})"
        yield f"CREATE POLICY {_POLICY}_change ON {table} FOR UPDATE USING ({change}) WITH CHECK ({keep})"
        yield f"CREATE POLICY {_POLICY}_remove ON {table} FOR DELETE USING ({change})"


def _functions(connection: Connection) -> Iterator[str]:
    """What referrals lead to, read with the rights of the owner: policies that read each other's tables would not
    end. Each runs once a query."""
    schema = connection.exec_driver_sql("SELECT current_schema()").scalar_one()
    for name, query in REACHED.items():
        body = fill(query, _own_referral)
        yield f"DROP FUNCTION IF EXISTS {_FUNCTION}{name}()"
        yield (
            f"CREATE FUNCTION {_FUNCTION}{name}() RETURNS SETOF integer LANGUAGE sql STABLE SECURITY DEFINER"
            f" SET search_path = {schema}, pg_temp AS $$ {body} $$"
        )
        yield f"REVOKE ALL ON FUNCTION {_FUNCTION}{name}() FROM PUBLIC"
        yield f"GRANT EXECUTE ON FUNCTION {_FUNCTION}{name}() TO {APP_ROLE}"


def _own_referral(_name: str, _of: str) -> str:
    return fill(own_referral(), lambda name, of: _resolve("referral", name, of))


def _grants(connection: Connection) -> Iterator[str]:
    schema = connection.exec_driver_sql("SELECT current_schema()").scalar_one()
    yield f"GRANT USAGE ON SCHEMA {schema} TO {APP_ROLE}"
    for table in (*ROW_RULES, *UNSCOPED):
        yield f"REVOKE ALL ON {table} FROM {APP_ROLE}"
        yield f"GRANT {', '.join(_rights(table))} ON {table} TO {APP_ROLE}"
    if inspect(connection).has_table("alembic_version"):
        yield f"GRANT SELECT ON alembic_version TO {APP_ROLE}"  # `tuoju check` says whether the tables are up to date
    for sequence in inspect(connection).get_sequence_names():
        yield f"GRANT USAGE ON SEQUENCE {sequence} TO {APP_ROLE}"


def _rights(table: str) -> Collection[str]:
    if table in APPEND_ONLY:
        return ("SELECT", "INSERT")
    return ("SELECT", "INSERT", "UPDATE", *(["DELETE"] if table in DELETABLE else []))
