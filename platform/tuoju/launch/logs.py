"""The log of a process: one JSON object a line, on stderr. What opens a link is cut out of every line."""

import logging
import re
import shutil
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, TextIO

import structlog

from tuoju.database.error_facts import facts_of

_SECRETS = re.compile(
    r"((?:/|%2f)(?:a|my|invitation|contact-changes|addresses)(?:/|%2f)|[?&]token=|token%3d)[^\s/?&#\"'<>]+",
    re.IGNORECASE,
)
"""Tokens of links, and those that gateways put into the address of their reports."""
CUT = "[cut]"
LOG_BYTES = 20_000_000
"""How large the log of `tuoju serve` grows before it begins anew."""
LOGS_KEPT = 5


def configure_logs(stream: TextIO | None = None) -> None:
    """Write time, level and the id of the request with every line, to `stream` or stderr. Called once by each process
    that serves."""
    logging.setLogRecordFactory(_record_without_tokens)
    _configure_libraries(stream)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _event_without_tokens,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_names: LossyLogger(stream or sys.stderr),
    )


def _configure_libraries(stream: TextIO | None) -> None:
    """Let uvicorn, Celery and other libraries write the same kind of line, from WARNING on."""
    handler = _JsonHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.contextvars.merge_contextvars,
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
            processors=[
                _facts_in_place_of_messages,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    for former in [former for former in root.handlers if isinstance(former, _JsonHandler)]:
        root.removeHandler(former)
    root.addHandler(handler)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "celery"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True


class LossyLogger(structlog.WriteLogger):
    """Drops a line that cannot be written, as the handlers of the standard library do: a full disk ends no process."""

    def msg(self, message: str) -> None:
        """Write the line if that is possible."""
        with suppress(OSError):
            super().msg(message)

    log = debug = info = warn = warning = fatal = failure = err = error = critical = exception = msg


class _JsonHandler(logging.StreamHandler[Any]):
    """Writes to `stream`, or to stderr as it is when a line is written."""

    def __init__(self, stream: TextIO | None) -> None:
        super().__init__(stream)
        self._own_stream = stream

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = self._own_stream or sys.stderr
        super().emit(record)


def _facts_in_place_of_messages(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Of an error only its types and places: its message, which Celery repeats in its own, may name a person."""
    record: logging.LogRecord = event["_record"]
    error = next((part for part in event.pop("exc_info", None) or () if isinstance(part, BaseException)), None)
    if error is None:
        return event
    event.update(facts_of(error))
    event["event"] = str(record.msg) if record.name != "celery.app.trace" else "task_failed"
    context = getattr(record, "data", None)
    if isinstance(context, dict):
        event.update(task=context.get("name"), task_id=context.get("id"))
    return event


def rotate(log: IO[bytes], path: Path) -> None:
    """Begin a log file anew when it is full, and keep the last ones as `.1` to `.5`.

    The processes that write into it have it open for appending and go on at its new end; a line that they write between
    the copy and the cut is lost. On a full disk the file stays as it is.
    """
    if path.stat().st_size < LOG_BYTES:
        return
    copy = path.with_name(f"{path.name}.0")
    try:
        shutil.copyfile(path, copy)
    except OSError:
        copy.unlink(missing_ok=True)
        return
    for number in range(LOGS_KEPT - 1, -1, -1):
        older = path.with_name(f"{path.name}.{number}")
        if older.exists():
            older.replace(path.with_name(f"{path.name}.{number + 1}"))
    log.truncate(0)


def without_tokens(value: object) -> Any:
    """A value to be logged, with the tokens in its text cut out, at any depth; other values stay as they are."""
    match value:
        case str():
            return _SECRETS.sub(rf"\1{CUT}", value)
        case dict():
            return {name: without_tokens(item) for name, item in value.items()}
        case tuple() | list():
            return type(value)(without_tokens(item) for item in value)
        case None | bool() | int() | float():
            return value
    text = str(value)
    return without_tokens(text) if _SECRETS.search(text) else value


def _event_without_tokens(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {name: without_tokens(value) for name, value in event.items()}


def _record_without_tokens(*arguments: Any, **options: Any) -> logging.LogRecord:
    """A record of the standard library, as uvicorn and Celery write them.

    A filter of a logger would not see what its children log, and that of a handler not the handlers added later.
    """
    record = logging.LogRecord(*arguments, **options)
    record.msg, record.args = without_tokens(record.msg), without_tokens(record.args)
    return record
