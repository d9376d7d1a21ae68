"""Bringing a database to the present tables."""

from importlib.resources import files

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from tuoju.database.engine import WRITES
from tuoju.launch.tables import METADATA


def migrate(engine: Engine) -> None:
    """Upgrade to the latest migration; nothing to do if it is there."""
    with engine.execution_options(**WRITES).begin() as connection:
        command.upgrade(config_for(connection), "head")


def config_for(connection: object) -> Config:
    """The configuration of Alembic for one connection."""
    config = Config()
    config.set_main_option("script_location", str(files("tuoju.database") / "migrations"))
    config.attributes["connection"] = connection
    config.attributes["metadata"] = METADATA
    return config
