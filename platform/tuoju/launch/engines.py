"""The database engine of a process, from the settings."""

from contextlib import suppress
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from tuoju.database.engine import make_engine
from tuoju.database.installation import keep_to
from tuoju.database.observation import observe
from tuoju.launch.settings import Settings

REPLICA_TIMEOUTS = {"connect_timeout": 3, "tcp_user_timeout": 5000, "keepalives_idle": 5, "keepalives_interval": 2}
"""Options of libpq: a replica that is frozen or cut off is given up after seconds."""


def engine_of(settings: Settings) -> Engine:
    """The engine of the service. Raises WrongDatabase if the database is there and belongs to another environment; one
    that is away now is checked when it is back."""
    engine = make_engine(settings.database_url, **pool_options(settings))
    keep_to(engine, settings.named_environment)
    observe(engine)
    with suppress(DBAPIError), engine.connect():
        pass
    engine.dispose()  # processes that fork from this one must not share the connection
    return engine


def replica_of(settings: Settings) -> Engine | None:
    """The engine of the read replica, whose transactions PostgreSQL keeps read-only; None if there is none."""
    if not settings.replica_url:
        return None
    options = pool_options(settings)
    if make_url(settings.replica_url).get_backend_name() == "postgresql":
        options["connect_args"] = REPLICA_TIMEOUTS
    engine = make_engine(settings.replica_url, **options)
    keep_to(engine, settings.named_environment)
    observe(engine)
    return engine.execution_options(postgresql_readonly=True)


def pool_options(settings: Settings) -> dict[str, Any]:
    """The options of the engine of a process: how many connections it has, and how long it waits for one."""
    options: dict[str, Any] = {
        "pool_size": settings.database_pool_size,
        "max_overflow": settings.database_pool_overflow,
        "pool_timeout": settings.database_pool_seconds,
    }
    if make_url(settings.database_url).get_backend_name() == "sqlite":
        options["connect_args"] = {"timeout": settings.database_busy_seconds}
    return options
