"""A request id on every answer, and one line in the log for every error that nobody expected.

No line holds a personal value: messages of exceptions are left out, because they may name what was typed, and those of
PostgreSQL the row.
"""

import secrets
from collections.abc import Callable, Iterator
from types import TracebackType

import structlog
from sqlalchemy.exc import DBAPIError, IntegrityError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from tuoju.database.integrity import read_violation

log = structlog.get_logger()

HEADER = "x-request-id"
Answer = Callable[[Request, Exception], Response]


class ResponseBroken(Exception):
    """The request failed after a part of its answer had left; the reason is in the log."""


class RequestIds:
    """Gives each request an id: in `scope["state"]`, in every line logged meanwhile, and in the answer's header."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = secrets.token_hex(6)
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        with bound_contextvars(request_id=request_id):
            await self.app(scope, receive, send_with_id)


class ReportErrors:
    """Logs what nobody has handled, and answers it. Nothing is raised further: the server would print its message."""

    def __init__(self, app: ASGIApp, answer: Answer) -> None:
        self.app = app
        self.answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def send_and_see(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, send_and_see)
        except Exception as error:
            report(scope, error)
            if started:
                raise ResponseBroken from None
            response = await run_in_threadpool(self.answer, Request(scope, receive), error)
            await response(scope, receive, send)


def answer_plainly(request: Request, _error: Exception) -> Response:
    """Where even the page of an error can not be made: the database is away, or a middleware failed."""
    return PlainTextResponse(f"Something went wrong here. Number: {request_id_of(request)}", 500)


def request_id_of(request: Request) -> str:
    return str(request.state.request_id)


def report(scope: Scope, error: Exception) -> None:
    """Log an unexpected error: where it was raised and what kinds of error it consists of."""
    log.error(
        "request_failed",
        request_id=scope["state"]["request_id"],
        method=scope["method"],
        route=getattr(scope.get("route"), "path", ""),
        error=_name(error),
        caused_by=[_name(cause) for cause in _causes(error)],
        raised_in=list(_places(error.__traceback__)),
        **_database_facts(error),
    )


def _database_facts(error: Exception) -> dict[str, str]:
    facts = {}
    if isinstance(error, DBAPIError):
        facts["sqlstate"] = str(getattr(error.orig, "sqlstate", "") or getattr(error.orig, "sqlite_errorname", ""))
    if isinstance(error, IntegrityError):
        violation = read_violation(error)
        facts |= {"violation": violation.kind.value, "constraint": violation.constraint}
    return facts


def _name(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause = error.__cause__ or error.__context__
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _places(traceback: TracebackType | None) -> Iterator[str]:
    """The calls of our own code that led there, outermost first, and the last call of all."""
    while traceback is not None:
        frame = traceback.tb_frame
        module = str(frame.f_globals.get("__name__", ""))
        if module.startswith("tuoju") or traceback.tb_next is None:
            yield f"{module}:{traceback.tb_lineno} {frame.f_code.co_name}"
        traceback = traceback.tb_next
