"""A process takes on what it can do; the rest is answered 503 at once, in the reader's language."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from factories.databases import UnitOfWork
from factories.pages import SETTINGS
from tuoju.database.engine import make_engine
from tuoju.database.overload import is_overload
from tuoju.web.app import create_app
from tuoju.web.kit.load_limits import Capacity, LoadLimits
from tuoju.web.kit.settings import WebSettings

AWAY = UnitOfWork(make_engine("postgresql+psycopg://nobody@127.0.0.1:1/none"))
"""A database that does not answer: what is answered all the same needs none."""
FULL = WebSettings(secret_key="s" * 32, secure_cookies=False, capacity=Capacity(requests=0, uploads=0, waiting=0))


class TestAFullProcess:
    @pytest.fixture
    def client(self) -> TestClient:
        return TestClient(create_app(AWAY, FULL), follow_redirects=False)

    @pytest.mark.parametrize(("language", "words"), [("zh-CN", "现在使用的人很多"), ("en", "very busy right now")])
    def test_a_page_says_so_in_the_language_of_the_reader(self, client: TestClient, language: str, words: str) -> None:
        answer = client.get("/cases", headers={"accept-language": language}, cookies={"session": "x" * 43})
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert words in answer.text

    def test_the_api_answers_a_problem(self, client: TestClient) -> None:
        answer = client.get("/api/v1/residents", headers={"authorization": "Bearer x", "accept-language": "en"})
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == 503

    def test_a_form_is_told_that_nothing_was_done(self, client: TestClient) -> None:
        answer = client.post("/sign-in", data={"username": "a", "password": "b"}, headers={"accept-language": "en"})
        assert answer.status_code == 503
        assert "this was not done" in answer.text

    def test_an_upload_is_not_read(self, client: TestClient) -> None:
        answer = client.post("/verify", files={"file": ("a.pdf", b"%PDF-" + b"0" * 2_000_000)})
        assert answer.status_code == 503

    def test_health_checks_and_assets_are_let_in(self, client: TestClient) -> None:
        assert client.get("/healthz").json()["web"] == "up"
        assert client.get("/static/app.css").status_code == 200


class Stage:
    """An application whose requests end when they are told to, behind a limit."""

    def __init__(self, capacity: Capacity) -> None:
        self.curtain = anyio.Event()
        self.statuses: list[int] = []
        self.begun = 0
        self.app = LoadLimits(self._answer, capacity, lambda _request: PlainTextResponse("busy", 503))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.begun += 1
        await self.curtain.wait()
        await PlainTextResponse("done")(scope, receive, send)

    async def request(self, *, receive: Receive | None = None, path: str = "/") -> None:
        scope = {"type": "http", "path": path, "method": "GET", "headers": [], "query_string": b""}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.statuses.append(message["status"])

        await self.app(scope, receive or _body, send)


async def _body() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def staying() -> Receive:
    """What a client sends that waits for its answer."""
    messages: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        if not messages:
            await anyio.sleep_forever()
        return messages.pop()

    return receive


def leaving() -> Receive:
    """What a client sends that goes away before its answer."""
    messages: list[Message] = [
        {"type": "http.disconnect"},
        {"type": "http.request", "body": b"", "more_body": False},
    ]

    async def receive() -> Message:
        return messages.pop()

    return receive


def run(play: Any) -> None:
    """In a thread of its own: a browser of other tests keeps an event loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(anyio.run, play).result()


class TestPlaces:
    def test_what_is_beyond_places_and_queue_is_refused_before_any_other_ends(self) -> None:
        async def play() -> None:
            stage = Stage(Capacity(requests=2, waiting=3, seconds=60))
            async with anyio.create_task_group() as clients:
                for _ in range(9):
                    clients.start_soon(lambda: stage.request(receive=staying()))
                await anyio.wait_all_tasks_blocked()
                assert stage.statuses == [503] * 4
                assert stage.begun == 2
                stage.curtain.set()
            assert sorted(stage.statuses) == [200] * 5 + [503] * 4

        run(play)

    def test_nobody_waits_for_longer_than_the_stated_time(self) -> None:
        async def play() -> None:
            stage = Stage(Capacity(requests=1, waiting=3, seconds=0.01))
            async with anyio.create_task_group() as clients:
                clients.start_soon(lambda: stage.request(receive=staying()))
                await anyio.wait_all_tasks_blocked()
                await stage.request(receive=staying())
                assert stage.statuses == [503]
                stage.curtain.set()
            assert stage.statuses == [503, 200]

        run(play)

    def test_who_has_left_the_queue_is_not_served(self) -> None:
        async def play() -> None:
            stage = Stage(Capacity(requests=1, waiting=3, seconds=60))
            async with anyio.create_task_group() as clients:
                clients.start_soon(lambda: stage.request(receive=staying()))
                await anyio.wait_all_tasks_blocked()
                clients.start_soon(lambda: stage.request(receive=leaving()))
                clients.start_soon(lambda: stage.request(receive=staying()))
                await anyio.wait_all_tasks_blocked()
                stage.curtain.set()
            assert stage.begun == 2
            assert stage.statuses == [200, 200]

        run(play)

    def test_a_client_that_does_not_read_its_answer_holds_no_place(self) -> None:
        async def play() -> None:
            stage = Stage(Capacity(requests=1, waiting=0))
            stage.curtain.set()
            reading = anyio.Event()

            async def send_slowly(_message: Message) -> None:
                await reading.wait()

            scope = {"type": "http", "path": "/", "method": "GET", "headers": [], "query_string": b""}
            async with anyio.create_task_group() as clients:
                clients.start_soon(stage.app, scope, staying(), send_slowly)
                await anyio.wait_all_tasks_blocked()
                await stage.request(receive=staying())
                assert stage.statuses == [200]
                reading.set()

        run(play)

    def test_a_request_that_fails_leaves_its_place(self) -> None:
        async def fail(_scope: Scope, _receive: Receive, _send: Send) -> None:
            raise ValueError("broken")

        async def play() -> None:
            limits = LoadLimits(fail, Capacity(requests=1, waiting=0), refuse)
            scope = {"type": "http", "path": "/", "method": "GET", "headers": []}
            for _ in range(3):
                with pytest.raises(ValueError, match="broken"):
                    await limits(scope, staying(), _ignore)

        run(play)


def refuse(_request: Request) -> Response:
    return PlainTextResponse("busy", 503)


async def _ignore(_message: Message) -> None:
    pass


def test_a_pool_without_a_connection_left_is_told_as_503(database_url: str) -> None:
    engine = make_engine(database_url, pool_size=1, max_overflow=0, pool_timeout=0.01)
    client = TestClient(create_app(UnitOfWork(engine), SETTINGS), raise_server_exceptions=False)
    with engine.connect():
        answer = client.get("/cases", cookies={"session": "x" * 43}, headers={"accept-language": "en"})
        api = client.get("/api/v1/residents", headers={"authorization": "Bearer x"})
    engine.dispose()
    assert (answer.status_code, api.status_code) == (503, 503)
    assert answer.headers["retry-after"] == api.headers["retry-after"]
    assert "The database took too long" in answer.text


def test_only_a_busy_database_is_overloaded() -> None:
    assert is_overload(PoolTimeout())
    assert not is_overload(OperationalError("", {}, Exception("disk I/O error")))
    assert not is_overload(IntegrityError("", {}, Exception()))
