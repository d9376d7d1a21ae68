"""How large the body of a request may be, and how long it may take to arrive; checked before anything is read.

A route that takes more than MAX_BYTES says so with `takes_body`. Bodies up to MAX_BUFFERED are received in whole before
the request begins, so that a slow client holds neither a place (load_limits) nor a database connection.
"""

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import anyio
from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BYTES = 128 * 1024
"""Of a form or of JSON. The longest forms are a few thousand Chinese characters, of 9 bytes each in a form."""
MAX_BUFFERED = 1_250_000
"""A larger body is streamed to the route."""
LEAST_BYTES_A_SECOND = 2_000
"""What a client must send on average, after the first seconds: a photo of 1 MB over a bad mobile connection."""


class BodyTooLarge(Exception):
    """The body has more than `limit` bytes, or says so."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit} bytes")
        self.limit = limit


class BodyTooSlow(Exception):
    """The body did not arrive in time."""


@dataclass(frozen=True)
class BodyLimit:
    """The declaration of a route; see `takes_body`."""

    max_bytes: int

    def __call__(self) -> None:
        """Checks nothing: the middleware has done so, before the route was called."""


def takes_body(content_bytes: int) -> Any:
    """A dependency of a route that takes so many bytes of files or text, beside what other fields of a form take."""
    return Depends(BodyLimit(content_bytes + MAX_BYTES))


@dataclass(frozen=True)
class LargeBodyRoute:
    """A route that declares a limit of its own."""

    pattern: re.Pattern[str]
    methods: frozenset[str]
    max_bytes: int


def large_body_routes(app: FastAPI) -> list[LargeBodyRoute]:
    """All routes of the application that declare a limit of their own."""
    return [
        LargeBodyRoute(compile_path(context.path or "")[0], frozenset(route.methods or ()), limit.max_bytes)
        for context in iter_route_contexts(app.routes)
        if isinstance(route := context.original_route, APIRoute)
        for limit in _limits(route)
    ]


def _limits(route: APIRoute) -> Iterable[BodyLimit]:
    return (depends.dependency for depends in route.dependencies if isinstance(depends.dependency, BodyLimit))


def is_streamed(scope: Scope) -> bool:
    """Whether the request is one whose body is read by the route itself, at the speed of the client."""
    return bool(scope.get("state", {}).get("body_is_streamed"))


class BodyLimits:
    """Refuses a body that is too large by its Content-Length unread, any other as soon as it is.

    `seconds` is how long a body may take to begin with; what arrives adds to it by LEAST_BYTES_A_SECOND.
    Sources: OWASP ASVS 5.0, 4.2.1 and 5.2.1; Apache's mod_reqtimeout for the rate.
    """

    def __init__(
        self,
        app: ASGIApp,
        routes: Iterable[LargeBodyRoute],
        answer: Callable[[Request, Exception], Response],
        seconds: float,
    ) -> None:
        self.app = app
        self.routes = tuple(routes)
        self.answer = answer
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self._limit(scope)
        bounded = _Bounded(receive, limit, self.seconds)
        try:
            if _stated_length(scope) > limit:
                raise BodyTooLarge(limit)
            if limit > MAX_BUFFERED:
                scope.setdefault("state", {})["body_is_streamed"] = True
                receive_from: Receive = bounded.receive
            else:
                receive_from = await _received(bounded.receive, receive)
        except (BodyTooLarge, BodyTooSlow) as error:
            response = self.answer(Request(scope, receive), error)
            await response(scope, receive, send)
        else:
            await self.app(scope, receive_from, send)

    def _limit(self, scope: Scope) -> int:
        for route in self.routes:
            if scope["method"] in route.methods and route.pattern.match(scope["path"]):
                return route.max_bytes
        return MAX_BYTES


def _stated_length(scope: Scope) -> int:
    """The Content-Length; 0 without one. The server refuses one that is no number."""
    stated = Headers(scope=scope).get("content-length", "")
    return int(stated) if stated.isascii() and stated.isdigit() else 0


class _Bounded:
    """Receives a body up to its limit. Raises BodyTooLarge, BodyTooSlow."""

    def __init__(self, receive: Receive, limit: int, seconds: float) -> None:
        self._receive = receive
        self._limit = limit
        self._seconds = seconds
        self._begun: float | None = None
        self._bytes = 0
        self._ended = False

    async def receive(self) -> Message:
        if self._ended:
            return await self._receive()
        self._begun = self._begun or time.monotonic()
        due_at = self._begun + self._seconds + self._bytes / LEAST_BYTES_A_SECOND
        with anyio.move_on_after(due_at - time.monotonic()) as waited:
            message = await self._receive()
        if waited.cancelled_caught:
            raise BodyTooSlow
        self._bytes += len(message.get("body", b""))
        self._ended = not message.get("more_body", False)
        if self._bytes > self._limit:
            raise BodyTooLarge(self._limit)
        return message


async def _received(receive_bounded: Receive, receive: Receive) -> Receive:
    """Receive the whole body; what hands it out as one message, and then what follows. Raises BodyTooLarge,
    BodyTooSlow."""
    pieces = []
    while True:
        message = await receive_bounded()
        if message["type"] != "http.request":
            return first(message, receive)
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            return first({"type": "http.request", "body": b"".join(pieces), "more_body": False}, receive)


def first(message: Message, receive: Receive) -> Receive:
    """What hands out a message that was taken already, and then what follows."""
    waiting = [message]

    async def receive_again() -> Message:
        return waiting.pop() if waiting else await receive()

    return receive_again
