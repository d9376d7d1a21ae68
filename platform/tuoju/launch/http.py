"""The HTTP connections of the web process: uvicorn's, with a time for every stage in which a client can hold one."""

import asyncio
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

APP = "tuoju.launch.asgi:app"
HEADER_SECONDS = 10.0
"""From the first byte of a request, or the opening of the connection, to the end of its headers; uvicorn has no limit.
What is left of a body that was refused has to arrive within the same time."""
WRITE_SECONDS = 60.0
"""How long an answer may wait for a client that reads nothing."""
IDLE_SECONDS = 5
"""How long a connection stays open between two requests."""
MAX_HEADER_BYTES = 32 * 1024
"""Of the request line and all headers; cookies of ours take about 1,000."""
MAX_CONNECTIONS = 800
"""Open connections of a process, which has 1,024 files by default. Beyond, requests get a bare 503."""


class BoundedHttp(H11Protocol):
    """Closes connections whose client is too slow in sending headers or in reading the answer (CWE-400)."""

    header_seconds = HEADER_SECONDS
    write_seconds = WRITE_SECONDS

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._header_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_headers()

    def data_received(self, data: bytes) -> None:
        if not self._is_answering():
            self._await_headers()
        super().data_received(data)
        if self._is_answering():
            self._stop_header_timer()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._write_timer = self.loop.call_later(self.write_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_write_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_header_timer()
        self._stop_write_timer()
        super().connection_lost(exc)

    def _await_headers(self) -> None:
        if self._header_timer is None:
            self._header_timer = self.loop.call_later(self.header_seconds, self.transport.close)

    def _stop_header_timer(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

    def _stop_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _is_answering(self) -> bool:
        """Whether the headers of a request have arrived and its answer has not ended."""
        return self.cycle is not None and not self.cycle.response_complete


def serve_http(host: str, port: int, workers: int = 1) -> None:
    """Serve the application until it is stopped, in one process or several, with all bounds of its connections.

    Addresses hold the tokens of links, so there is no access log, and only TrustedProxies read what proxies say.
    """
    uvicorn.run(
        APP,
        host=host,
        port=port,
        workers=workers,
        http=BoundedHttp,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=30,
        limit_concurrency=MAX_CONNECTIONS,
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
    )
