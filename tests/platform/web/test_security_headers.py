"""Every answer says how browsers are to take it, whoever makes it (OWASP ASVS 5.0, 3.4.3 to 3.4.6)."""

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.testclient import TestClient
from httpx2 import Response
from starlette.requests import Request
from starlette.responses import Response as Bare

from factories.databases import UnitOfWork
from factories.pages import SETTINGS, Visitor
from tuoju.accounts.models import Role
from tuoju.database.engine import make_engine
from tuoju.web.app import create_app
from tuoju.web.kit.load_limits import Capacity
from tuoju.web.kit.security import POLICY
from tuoju.web.kit.settings import WebSettings

AWAY = UnitOfWork(make_engine("postgresql+psycopg://nobody@127.0.0.1:1/none"))
"""A database that nobody reaches."""
FULL = Capacity(requests=0, uploads=0, waiting=0)


def client(unit_of_work: UnitOfWork = AWAY, **settings: Any) -> TestClient:
    app = create_app(unit_of_work, WebSettings("s" * 32, **settings))
    return TestClient(app, raise_server_exceptions=False, follow_redirects=False, client=("10.0.0.1", 1234))


def failing_middleware() -> TestClient:
    """An application whose page of an error is not reached: it sets a cookie that no prefix allows."""
    broken = client(secure_cookies=True)

    def break_it(_request: Request) -> Bare:
        return Bare(headers={"set-cookie": "a=b"})

    broken.app.router.add_route("/broken", break_it)
    return broken


ANSWERS = {
    "page": (200, lambda: client().get("/sign-in")),
    "redirect": (303, lambda: client().get("/")),
    "no page": (404, lambda: client().get("/nowhere")),
    "no method": (405, lambda: client().put("/sign-in")),
    "asset": (200, lambda: client().get("/static/app.css")),
    "no asset": (404, lambda: client().get("/static/none.css")),
    "API": (401, lambda: client().get("/api/v1/me")),
    "no API": (404, lambda: client().get("/api/v1/nowhere")),
    "probe": (200, lambda: client().get("/livez")),
    "probe without database": (503, lambda: client().get("/readyz")),
    "form of another site": (403, lambda: client().post("/sign-out", headers={"origin": "https://evil.example"})),
    "another host": (400, lambda: client(hosts=frozenset({"tuoju.example"})).get("/sign-in")),
    "large body": (413, lambda: client().post("/sign-in", content=b"x" * 200_000)),
    "no place": (503, lambda: client(capacity=FULL).get("/sign-in")),
    "no database": (503, lambda: client().get("/board/341124105205")),
    "broken middleware": (500, lambda: failing_middleware().get("/broken")),
    "plain API": (403, lambda: plain().get("/api/v1/me", headers={"x-forwarded-proto": "http"})),
}


def plain() -> TestClient:
    return client(secure_cookies=True, trusted_proxies=(ip_network("10.0.0.0/8"),))


def missing(answer: Response) -> Iterator[str]:
    if answer.headers.get("x-content-type-options") != "nosniff":
        yield "nosniff"
    if answer.headers.get("content-security-policy") != POLICY or "frame-ancestors 'none'" not in POLICY:
        yield "policy"
    if answer.headers.get("x-frame-options") != "DENY":
        yield "frames"
    if "referrer-policy" not in answer.headers:
        yield "referrer"
    if "charset" not in answer.headers.get("content-type", "charset") and "text" in answer.headers["content-type"]:
        yield "charset"


@pytest.mark.parametrize("name", ANSWERS)
def test_every_kind_of_answer_has_the_headers(name: str) -> None:
    status, ask = ANSWERS[name]
    answer = ask()
    assert answer.status_code == status
    assert list(missing(answer)) == []


def test_every_page_without_a_parameter_has_the_headers(unit_of_work: UnitOfWork) -> None:
    visitor = Visitor(unit_of_work, Role.administrator)
    contexts = iter_route_contexts(create_app(unit_of_work, SETTINGS).routes)
    routes = [(context.path or "", context.original_route) for context in contexts]
    paths = [
        path for path, route in routes if isinstance(route, APIRoute) and "GET" in route.methods and "{" not in path
    ]
    assert len(paths) > 60
    assert {path: absent for path in paths if (absent := list(missing(visitor.get(path))))} == {}


class TestPlainHttp:
    """ASVS 4.1.2: only pages may lead from plain HTTP to HTTPS; the API refuses."""

    def test_what_a_proxy_took_over_plain_http_does_not_reach_the_api(self) -> None:
        answer = plain().post("/api/v1/tokens", json={}, headers={"x-forwarded-proto": "http"})
        assert answer.status_code == 403
        assert answer.headers["content-type"] == "application/problem+json"
        assert "location" not in answer.headers

    def test_over_https_it_does(self) -> None:
        assert plain().get("/api/v1/me", headers={"x-forwarded-proto": "https"}).status_code == 401

    def test_a_stranger_cannot_say_how_the_request_came(self) -> None:
        stranger = client(secure_cookies=True, trusted_proxies=(ip_network("192.0.2.0/24"),))
        assert stranger.get("/api/v1/me", headers={"x-forwarded-proto": "http"}).status_code == 401

    def test_pages_are_left_to_the_proxy(self) -> None:
        assert plain().get("/sign-in", headers={"x-forwarded-proto": "http"}).status_code == 200
