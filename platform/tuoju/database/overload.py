"""Tells a database that is busy or away from a statement that is wrong: the same request may succeed later."""

from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

_BUSY_STATES = frozenset({"57014", "55P03", "53300", "40P01", "40001"})
"""SQLSTATEs of PostgreSQL: statement timeout, lock not available, too many connections, deadlock, serialization."""
_AWAY_STATES = ("08", "57P", "53100", "53200", "58", "25006")
"""How SQLSTATEs begin: connection lost, shut down or starting, disk full, out of memory, I/O error, read-only."""
_AWAY_NAMES = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PROTOCOL", "SQLITE_NOMEM")


def is_overload(error: SQLAlchemyError) -> bool:
    """Whether no connection came free in time, or a statement or a lock took longer than it may."""
    if isinstance(error, PoolTimeout):
        return True
    original = error.orig if isinstance(error, DBAPIError) else None
    is_locked = str(getattr(original, "sqlite_errorname", "")).startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
    return is_locked or getattr(original, "sqlstate", None) in _BUSY_STATES


def is_away(error: SQLAlchemyError) -> bool:
    """Whether the database cannot be reached, has broken the connection, or cannot write: its disk is full."""
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return str(state).startswith(_AWAY_STATES)
    name = str(getattr(error.orig, "sqlite_errorname", ""))
    if name:
        return name.startswith(_AWAY_NAMES)
    # psycopg knows no code where it got no answer.
    return error.connection_invalidated or isinstance(error, OperationalError)
