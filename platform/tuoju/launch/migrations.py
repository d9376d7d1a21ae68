"""Bringing a database to the present tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from tuoju.database.engine import WRITES
from tuoju.launch.tables import METADATA


class RowsLeftAlone(Exception):
    """After an upgrade some rows point at nothing; it was undone. `tables` names where they lie."""

    def __init__(self, tables: set[str]) -> None:
        super().__init__(", ".join(sorted(tables)))
        self.tables = tables


class UnknownSchema(Exception):
    """Another version of Tuoju wrote the database: its `revision` is none of this version's, so it is left alone."""

    def __init__(self, revision: str) -> None:
        super().__init__(revision)
        self.revision = revision


def migrate(engine: Engine) -> None:
    """Upgrade to the latest migration; does nothing if it is there. Raises UnknownSchema and RowsLeftAlone."""
    with engine.execution_options(**WRITES).connect() as connection, keys_at_rest(connection), connection.begin():
        config = config_for(connection)
        _require_known_revision(connection, config)
        command.upgrade(config, "head")
        if engine.dialect.name == "sqlite":
            lost = {row[0] for row in connection.exec_driver_sql("PRAGMA foreign_key_check")}
            if lost:
                raise RowsLeftAlone(lost)


def _require_known_revision(connection: Connection, config: Config) -> None:
    revisions = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    for revision in MigrationContext.configure(connection).get_current_heads():
        if revision not in revisions:
            raise UnknownSchema(revision)


@contextmanager
def keys_at_rest(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by making it anew, which foreign keys would forbid while other rows point at it. They are
    checked as a whole afterwards instead. Only outside a transaction can they be put to rest."""
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
