"""The body of a request has a limit by route, checked before it is read, spooled or parsed."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import pytest
from fastapi.testclient import TestClient
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from factories.databases import UnitOfWork
from factories.pages import SETTINGS, Visitor
from tuoju.accounts.models import Role
from tuoju.database.engine import make_engine
from tuoju.web.app import create_app
from tuoju.web.kit.body_limits import (
    MAX_BUFFERED,
    MAX_BYTES,
    BodyLimits,
    BodyTooLarge,
    BodyTooSlow,
    large_body_routes,
)

AWAY = UnitOfWork(make_engine("postgresql+psycopg://nobody@127.0.0.1:1/none"))
MEGABYTE = 1_000_000


@pytest.fixture
def client() -> TestClient:
    return TestClient(create_app(AWAY, SETTINGS), follow_redirects=False)


def pieces(count: int, read: list[int]) -> Iterator[bytes]:
    """A body of `count` megabytes without a stated length; what was sent of it is counted."""
    for _ in range(count):
        read.append(MEGABYTE)
        yield b"[" * MEGABYTE


class TestSize:
    @pytest.mark.parametrize("path", ["/sign-in", "/language", "/no-such-page", "/residents", "/drafts/resident-new"])
    def test_a_form_is_refused_by_its_stated_length(self, client: TestClient, path: str) -> None:
        answer = client.post(path, content=b"a=" + b"b" * 2 * MEGABYTE, headers={"accept-language": "en"})
        assert answer.status_code == 413
        assert "The limit here is 128 KB" in answer.text

    def test_json_is_refused_as_a_problem(self, client: TestClient) -> None:
        answer = client.post("/api/v1/tokens", content=b"[" * 2 * MEGABYTE)
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "application/problem+json"

    def test_a_body_without_length_is_cut_off_at_the_limit(self, client: TestClient) -> None:
        read: list[int] = []
        answer = client.post("/api/v1/tokens", content=pieces(3, read))
        assert answer.status_code == 413

    def test_the_receiver_is_not_asked_for_what_is_refused(self) -> None:
        def asked(length: str | None) -> int:
            return run_limited([b"x" * MAX_BYTES] * 9, length=length).asked

        assert asked(length=str(9 * MAX_BYTES)) == 0
        assert asked(length=None) == 2

    def test_a_body_up_to_the_limit_arrives_whole(self) -> None:
        sent = [b"x" * (MAX_BYTES // 2)] * 2
        assert run_limited(sent).body == b"".join(sent)
        assert run_limited([]).body == b""

    def test_an_upload_of_someone_not_signed_in_is_not_read(self, unit_of_work: UnitOfWork) -> None:
        client = TestClient(create_app(unit_of_work, SETTINGS), follow_redirects=False)
        answer = client.post("/imports/residents", files={"file": ("a.xlsx", b"x" * 2 * MEGABYTE)})
        assert answer.status_code == 303
        assert answer.headers["location"] == "/sign-in"

    @pytest.mark.parametrize(
        ("path", "megabytes", "status"),
        [("/imports/residents", 6, 413), ("/cases/1/attachments", 41, 413), ("/cases/1/attachments", 39, 403)],
    )
    def test_uploads_have_the_limit_of_their_route(
        self, unit_of_work: UnitOfWork, path: str, megabytes: int, status: int
    ) -> None:
        visitor = Visitor(unit_of_work, Role.social_worker)
        files = {"file": ("a.xlsx", b"x" * megabytes * MEGABYTE)}
        assert visitor.client.post(path, files=files).status_code == status


class TestTime:
    def test_a_body_that_does_not_come_is_given_up(self) -> None:
        assert run_limited([], stalls=True).status == 408

    def test_a_body_that_trickles_is_given_up(self) -> None:
        assert run_limited([b"x"] * 3, stalls=True).status == 408


class TestDeclarations:
    def test_every_form_with_files_declares_what_it_takes(self, client: TestClient) -> None:
        declared = [
            route
            for route in large_body_routes(client.app)
            if route.max_bytes > MAX_BUFFERED  # type: ignore[arg-type]
        ]
        for path in ("/cases/1/attachments", "/imports/residents", "/verify", "/residents/1/consents"):
            assert [route for route in declared if route.pattern.match(path)], path
        assert all(route.methods == {"POST"} for route in declared)


class Limited:
    """What became of one request behind the limits."""

    def __init__(self) -> None:
        self.asked = 0
        self.body = b""
        self.status = 0


def run_limited(sent: list[bytes], *, length: str | None = None, stalls: bool = False) -> Limited:
    """Send the pieces to an application behind the limits; `stalls` for a client that then sends no more."""
    result = Limited()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        result.body = await Request(scope, receive).body()
        await PlainTextResponse("done")(scope, receive, send)

    def answer(_request: Request, error: Exception) -> Response:
        assert isinstance(error, BodyTooLarge | BodyTooSlow)
        return PlainTextResponse("refused", 413 if isinstance(error, BodyTooLarge) else 408)

    async def messages() -> AsyncIterator[Message]:
        for number, piece in enumerate(sent, start=1):
            yield {"type": "http.request", "body": piece, "more_body": stalls or number < len(sent)}
        if stalls:
            await anyio.sleep_forever()
        yield {"type": "http.request", "body": b"", "more_body": False}

    async def play() -> None:
        coming = messages()

        async def receive() -> Message:
            result.asked += 1
            return await anext(coming)

        async def send(message: Message) -> None:
            result.status = message.get("status", result.status)

        headers: list[Any] = [(b"content-length", length.encode())] if length else []
        scope = {"type": "http", "method": "POST", "path": "/", "headers": headers, "query_string": b""}
        await BodyLimits(app, (), answer, seconds=0.05 if stalls else 60)(scope, receive, send)

    anyio.run(play)
    return result
