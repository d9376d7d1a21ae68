"""A client that sends or reads too slowly, or sends headers without end, loses its connection."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from tuoju.launch.http import MAX_HEADER_BYTES, BoundedHttp

LARGE = b"x" * 40_000_000
"""More than the buffers between two sockets hold."""

ENDED = threading.Event()
"""Set when an answer was sent or given up."""


class Hasty(BoundedHttp):
    header_seconds = 0.2
    write_seconds = 0.2


class Patient(BoundedHttp):
    header_seconds = 30
    write_seconds = 30


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive)
    if request.method == "POST":
        answer: Response = PlainTextResponse("refused", 413)
    else:
        answer = Response(LARGE if request.url.path == "/large" else b"done")
    await answer(scope, receive, send)
    ENDED.set()


@contextmanager
def listening(protocol: type[BoundedHttp], app: ASGIApp = application) -> Iterator[socket.socket]:
    """A connection to a server with the protocol."""
    config = uvicorn.Config(
        app, port=0, log_level="critical", http=protocol, lifespan="off", h11_max_incomplete_event_size=MAX_HEADER_BYTES
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    give_up_at = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < give_up_at, "the server did not start"
        thread.join(0.02)
    address = server.servers[0].sockets[0].getsockname()
    with socket.create_connection(address[:2], timeout=20) as connection:
        yield connection
    server.should_exit = True
    thread.join(20)


def rest_of(connection: socket.socket) -> bytes:
    """What the server sends until it closes the connection."""
    received = b""
    try:
        while piece := connection.recv(65536):
            received += piece
    except ConnectionResetError:
        pass
    return received


@pytest.mark.parametrize("sent", [b"", b"GET / HTT", b"GET / HTTP/1.1\r\nhost: a\r\nx: "])
def test_headers_that_do_not_end_are_given_up(sent: bytes) -> None:
    with listening(Hasty) as connection:
        connection.sendall(sent)
        assert rest_of(connection) == b""


def test_the_next_request_of_a_connection_has_the_same_time() -> None:
    with listening(Hasty) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nhost: a\r\n\r\nGET / HTT")
        answer = rest_of(connection)
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.count(b"HTTP/1.1") == 1


def test_what_follows_a_refused_body_is_not_waited_for() -> None:
    with listening(Hasty) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 999999999\r\n\r\nxxxx")
        assert rest_of(connection).startswith(b"HTTP/1.1 413")


def test_an_answer_that_is_not_read_is_given_up() -> None:
    with listening(Hasty) as connection:
        ENDED.clear()
        connection.sendall(b"GET /large HTTP/1.1\r\nhost: a\r\n\r\n")
        assert ENDED.wait(20), "the answer waits for its reader"
        assert len(rest_of(connection)) < len(LARGE)


def test_headers_without_end_are_refused() -> None:
    with listening(Patient) as connection:
        try:
            connection.sendall(b"GET / HTTP/1.1\r\nhost: a\r\nx: " + b"y" * 4_000_000)
        except (BrokenPipeError, ConnectionResetError):
            return
        assert rest_of(connection)[:12] in (b"", b"HTTP/1.1 400")


def test_an_ordinary_request_is_answered_and_its_connection_kept() -> None:
    with listening(Patient) as connection:
        for _ in range(2):
            connection.sendall(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            received = b""
            while not received.endswith(b"done"):
                received += connection.recv(65536)
            assert received.startswith(b"HTTP/1.1 200")
