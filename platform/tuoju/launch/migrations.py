"""Updates a database to the tables of this version."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from tuoju.database import row_security
from tuoju.database.engine import WRITES
from tuoju.launch.tables import METADATA


class BrokenForeignKeys(Exception):
    """After an upgrade some foreign keys refer to no row, so it was rolled back. `tables` names their tables."""

    def __init__(self, tables: set[str]) -> None:
        super().__init__(", ".join(sorted(tables)))
        self.tables = tables


class UnknownSchema(Exception):
    """Another version of Tuoju wrote the database: this version does not know its `revision`, and changes nothing."""

    def __init__(self, revision: str) -> None:
        super().__init__(revision)
        self.revision = revision


def migrate(engine: Engine) -> None:
    """Upgrade to the latest migration if the database is older. Raises UnknownSchema and BrokenForeignKeys."""
    with engine.execution_options(**WRITES).connect() as connection, foreign_keys_off(connection), connection.begin():
        config = config_for(connection)
        _require_known_revision(connection)
        renews_security = _is_behind(connection, config) or not row_security.in_force(connection)
        if renews_security:
            row_security.remove(connection)
        command.upgrade(config, "head")
        if renews_security:
            row_security.install(connection)
        if engine.dialect.name == "sqlite":
            lost = {row[0] for row in connection.exec_driver_sql("PRAGMA foreign_key_check")}
            if lost:
                raise BrokenForeignKeys(lost)


def require_known_schema(engine: Engine) -> None:
    """Raises UnknownSchema. Nothing is changed."""
    with engine.connect() as connection:
        _require_known_revision(connection)


def is_up_to_date(connection: Connection) -> bool:
    """Whether the tables, and on PostgreSQL the policies, are those of this version. Raises UnknownSchema."""
    _require_known_revision(connection)
    return not _is_behind(connection, config_for(connection)) and row_security.in_force(connection)


def _is_behind(connection: Connection, config: Config) -> bool:
    heads = ScriptDirectory.from_config(config).get_heads()
    return set(MigrationContext.configure(connection).get_current_heads()) != set(heads)


def known_revisions() -> frozenset[str]:
    """The schemas that this version can bring to its own."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(config_for(None)).walk_revisions())


def _require_known_revision(connection: Connection) -> None:
    revisions = known_revisions()
    for revision in MigrationContext.configure(connection).get_current_heads():
        if revision not in revisions:
            raise UnknownSchema(revision)


@contextmanager
def foreign_keys_off(connection: Connection) -> Iterator[None]:
    """Switch foreign keys off on SQLite within the block; must be entered outside of a transaction.

    SQLite changes a table by creating it again, which foreign keys forbid while other rows refer to it. `migrate`
    checks all of them afterwards instead.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.driver_connection
    if driver is None:
        raise RuntimeError("the connection is closed")
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def config_for(connection: object) -> Config:
    """The configuration of Alembic for one connection."""
    config = Config()
    config.set_main_option("script_location", str(files("tuoju.database") / "migrations"))
    config.attributes["connection"] = connection
    config.attributes["metadata"] = METADATA
    return config
