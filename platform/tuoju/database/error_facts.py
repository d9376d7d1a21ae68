"""What a log may say of an error: its types, where in our code it was raised, and the constraint it broke.

Messages are left out, because they may name what was typed, and those of PostgreSQL the row.
"""

from collections.abc import Iterator
from types import TracebackType
from typing import Any

from sqlalchemy.exc import DBAPIError, IntegrityError

from tuoju.database.integrity import read_violation


def facts_of(error: BaseException) -> dict[str, Any]:
    """Fields for a line of the log, without a personal value."""
    facts: dict[str, Any] = {
        "error": name_of(error),
        "caused_by": [name_of(cause) for cause in _causes(error)],
        "raised_in": list(places_of(error.__traceback__)),
    }
    if isinstance(error, DBAPIError):
        facts["sqlstate"] = str(getattr(error.orig, "sqlstate", "") or getattr(error.orig, "sqlite_errorname", ""))
    if isinstance(error, IntegrityError):
        violation = read_violation(error)
        facts |= {"violation": violation.kind.value, "constraint": violation.constraint}
    return facts


def name_of(error: BaseException) -> str:
    """The type of an error with its module."""
    return f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause = error.__cause__ or error.__context__
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def places_of(traceback: TracebackType | None) -> Iterator[str]:
    """The calls of our own code that led there, outermost first, and the last call of all."""
    while traceback is not None:
        frame = traceback.tb_frame
        module = str(frame.f_globals.get("__name__", ""))
        if module.startswith("tuoju") or traceback.tb_next is None:
            yield f"{module}:{traceback.tb_lineno} {frame.f_code.co_name}"
        traceback = traceback.tb_next
