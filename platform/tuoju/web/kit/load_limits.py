"""How many requests a process works on at once, and how many wait: what is beyond gets a 503 at once.

A request holds one database connection and one thread at a time. With as many places as connections no request waits
for another's connection, and a queue of bounded length keeps the answer to the rest quick instead of slow for all.
"""

from collections.abc import Callable
from dataclasses import dataclass

import anyio
from anyio import CapacityLimiter
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tuoju.web.kit.body_limits import first, is_streamed
from tuoju.web.kit.hosts import PROBES

ASSETS = "/static/"


@dataclass(frozen=True)
class Capacity:
    """How much a process takes on."""

    requests: int = 10
    """Worked on at once; as many as the database pool has connections."""
    uploads: int = 4
    """Of large bodies, at once beside them: they take as long as their clients do."""
    waiting: int = 100
    """Requests that may wait for their turn."""
    seconds: float = 15
    """How long one may wait."""

    @property
    def threads(self) -> int:
        """Threads of the process: one a request, and some for health checks and assets."""
        return self.requests + self.uploads + 4


class LoadLimits:
    """Lets requests in up to a capacity; the health address and assets, which need no connection, always."""

    def __init__(self, app: ASGIApp, capacity: Capacity, busy: Callable[[Request], Response]) -> None:
        self.app = app
        self.capacity = capacity
        self.busy = busy
        self.requests = CapacityLimiter(capacity.requests)
        self.uploads = CapacityLimiter(capacity.uploads)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in PROBES or scope["path"].startswith(ASSETS):
            await self.app(scope, receive, send)
            return
        place = Place(self.uploads if is_streamed(scope) else self.requests)
        must_wait = place.is_none_free()
        if not await place.take(self.capacity.waiting, self.capacity.seconds):
            await self.busy(Request(scope, receive))(scope, receive, send)
            return

        async def send_and_leave(message: Message) -> None:
            place.leave()  # all work is done when the answer begins: a client that reads slowly holds no place
            await send(message)

        try:
            if must_wait and not is_streamed(scope):
                body = await receive()
                if await _has_left(receive):
                    return
                receive = first(body, receive)
            await self.app(scope, receive, send_and_leave)
        finally:
            place.leave()


class Place:
    """The place of one request among those that a limiter lets in."""

    def __init__(self, limiter: CapacityLimiter) -> None:
        self._limiter = limiter
        self._is_taken = False

    def is_none_free(self) -> bool:
        return self._limiter.available_tokens < 1

    async def take(self, waiting: int, seconds: float) -> bool:
        """Take a place, if need be after a wait; False if `waiting` requests wait already, or after `seconds`."""
        if self.is_none_free() and self._limiter.statistics().tasks_waiting >= waiting:
            return False
        with anyio.move_on_after(seconds):
            await self._limiter.acquire_on_behalf_of(self)
            self._is_taken = True
        return self._is_taken

    def leave(self) -> None:
        """Leave the place to the next; once is enough."""
        if self._is_taken:
            self._is_taken = False
            self._limiter.release_on_behalf_of(self)


async def _has_left(receive: Receive) -> bool:
    """Whether the client of a request that was received in whole has gone meanwhile; it does not wait."""
    with anyio.move_on_after(0):
        return bool((await receive())["type"] == "http.disconnect")
    return False
