"""A request id on every answer, and one line in the log for every error that nobody expected.

No line holds a personal value: messages of exceptions are left out, because they may name what was typed, and those of
PostgreSQL the row.
"""

import secrets
from collections.abc import Callable

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from tuoju.database.error_facts import facts_of
from tuoju.web.kit.routes import route_of

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
    actor = scope["state"].get("actor")
    log.error(
        "request_failed",
        request_id=scope["state"]["request_id"],
        user_id=actor.user_id if actor is not None else None,
        method=scope["method"],
        route=route_of(scope),
        **facts_of(error),
    )
