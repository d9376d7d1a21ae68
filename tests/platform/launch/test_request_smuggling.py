"""Where a request ends must not be read in two ways by a proxy and the web process (RFC 9112, 6; ASVS 5.0, 4.2.1)."""

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from tests.platform.launch.test_http import Patient, listening, rest_of

SEEN: list[tuple[str, bytes]] = []
"""Path and body of each request that reached the application."""


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive)
    SEEN.append((request.url.path, await request.body()))
    await PlainTextResponse("seen", headers={"connection": "close"})(scope, receive, send)


def answer_to(sent: bytes) -> bytes:
    SEEN.clear()
    with listening(Patient, application) as connection:
        connection.sendall(sent)
        return rest_of(connection)


SMUGGLED = b"GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n"


@pytest.mark.parametrize(
    "headers",
    [
        b"content-length: 0\r\ncontent-length: 36\r\n",
        b"content-length: 0, 36\r\n",
        b"content-length: +36\r\n",
        b"content-length: 0x24\r\n",
        b"content-length : 36\r\n",
        b"transfer-encoding: xchunked\r\n",
        b"transfer-encoding: gzip, chunked\r\n",
        b"transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n",
        b"transfer-encoding : chunked\r\n",
    ],
)
def test_a_request_whose_end_is_in_doubt_is_refused(headers: bytes) -> None:
    answer = answer_to(b"POST / HTTP/1.1\r\nhost: a\r\n" + headers + b"\r\n" + SMUGGLED)
    assert answer.split(b" ", 2)[1] in (b"400", b"501")
    assert SEEN == []


def test_chunks_go_before_a_stated_length() -> None:
    sent = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 41\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED
    answer_to(sent)
    assert SEEN == [("/", b"")], "the stated length takes nothing more in, and nothing else is read from the connection"


@pytest.mark.parametrize("chunk", [b"-1\r\nx\r\n", b"0x1\r\nx\r\n", b"1\r\nxx\r\n"])
def test_a_chunk_of_doubtful_size_ends_the_connection(chunk: bytes) -> None:
    answer_to(b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n" + chunk + b"0\r\n\r\n" + SMUGGLED)
    assert ("/smuggled", b"") not in SEEN
