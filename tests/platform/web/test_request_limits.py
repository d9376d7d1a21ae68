"""An account may send so many requests within a minute, and so many of the expensive ones (ASVS 5.0, 2.4.1, 15.2.2)."""

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.testclient import TestClient

from factories.api import make_app, make_caller
from factories.databases import UnitOfWork
from tuoju.accounts.models import Role
from tuoju.accounts.request_limits import Expense, RequestLimits
from tuoju.web.app import create_app
from tuoju.web.kit.body_limits import BodyLimit
from tuoju.web.kit.rate_limits import Cost
from tuoju.web.kit.settings import WebSettings

FEW = RequestLimits(4, {role: dict.fromkeys(Expense, 2) for role in Role})


def limited(unit_of_work: UnitOfWork, limits: RequestLimits | None = FEW) -> FastAPI:
    return create_app(unit_of_work, WebSettings("s" * 32, secure_cookies=False, request_limits=limits))


class TestAccount:
    def test_what_goes_beyond_is_answered_429_by_every_process(self, unit_of_work: UnitOfWork) -> None:
        client = make_caller(limited(unit_of_work))
        assert [client.get("/me").status_code for _ in range(5)] == [200, 200, 200, 200, 429]
        other_process = TestClient(limited(unit_of_work), base_url=client.base_url, headers=client.headers)
        answer = other_process.get("/me")
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert "too many requests" in answer.json()["detail"]

    def test_another_account_is_not_touched(self, unit_of_work: UnitOfWork) -> None:
        app = limited(unit_of_work)
        client, other = make_caller(app), make_caller(app)
        for _ in range(5):
            client.get("/me")
        assert other.get("/me").status_code == 200

    def test_a_page_says_it_in_chinese(self, unit_of_work: UnitOfWork) -> None:
        client = make_caller(limited(unit_of_work))
        headers = {**client.headers, "accept-language": "zh-CN"}
        pages = TestClient(client.app, headers=headers)
        answers = [pages.get("/notifications") for _ in range(5)]
        assert answers[-1].status_code == 429
        assert "操作太多" in answers[-1].text

    def test_without_limits_any_number_passes(self, unit_of_work: UnitOfWork) -> None:
        client = make_caller(limited(unit_of_work, None))
        assert {client.get("/me").status_code for _ in range(8)} == {200}


class TestExpenses:
    def test_an_expensive_kind_has_a_limit_of_its_own(self, unit_of_work: UnitOfWork) -> None:
        limits = RequestLimits(600, FEW.expenses)
        client = make_caller(limited(unit_of_work, limits))
        answers = [client.post("/residents/search", json={"text": "张三"}) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[2].json()["detail"].startswith("There were too many searches")
        assert client.get("/residents").status_code == 200, "what is not expensive goes on"

    def test_a_list_costs_only_where_it_is_searched(self, unit_of_work: UnitOfWork) -> None:
        client = make_caller(limited(unit_of_work, RequestLimits(600, FEW.expenses)))
        assert {client.get("/projects").status_code for _ in range(4)} == {200}
        assert [client.get("/projects?text=餐").status_code for _ in range(3)] == [200, 200, 429]

    def test_whoever_has_no_account_is_limited_by_address(self, unit_of_work: UnitOfWork) -> None:
        app = limited(unit_of_work)
        statuses = [TestClient(app).get("/board/341124105205/poster.pdf").status_code for _ in range(31)]
        assert statuses[-1] == 429
        assert 429 not in statuses[:-1]


CHEAP = {
    "GET /api/v1/regions": "one small table, asked for while a place is typed",
    "GET /search": "the box by itself; what is typed is sent by POST",
    "POST /receipts/{gateway}": "a gateway's own token; deliveries are not to be lost",
}


def expected(route: APIRoute, path: str, method: str) -> Expense | None:
    """What a route costs, told by its address and what it takes."""
    if any(isinstance(depends.dependency, BodyLimit) for depends in route.dependencies):
        return Expense.upload
    if path.endswith((".pdf", ".zip", "/cards")):
        return Expense.paper
    if path.endswith((".xlsx", ".{ending}", ".txt")):
        return Expense.export
    if path.endswith(("/search", "/find", "/matches", "/why-not")):
        return Expense.search
    if {field.name for field in route.dependant.query_params} & {"q", "text"}:
        return Expense.search
    is_made = method == "POST" and path.endswith("/plans")
    is_computed = "/plans/" in path and path.endswith(("/repair", "/retry", "/effect", "/planning"))
    return Expense.plan if is_made or is_computed else None


def test_every_expensive_route_declares_its_cost(unit_of_work: UnitOfWork) -> None:
    wrong = []
    for context in iter_route_contexts(make_app(unit_of_work).routes):
        route, path = context.original_route, context.path or ""
        if not isinstance(route, APIRoute):
            continue
        [method] = route.methods
        declared = [
            depends.dependency.expense for depends in route.dependencies if isinstance(depends.dependency, Cost)
        ]
        cost = expected(route, path, method)
        if cost is not None and declared != [cost] and f"{method} {path}" not in CHEAP:
            wrong.append(f"{method} {path}: {cost}, declared {declared}")
    assert wrong == []


@pytest.mark.parametrize("path", ["/livez", "/sign-in", "/static/app.css"])
def test_what_needs_no_account_is_not_counted(unit_of_work: UnitOfWork, path: str) -> None:
    client = TestClient(limited(unit_of_work))
    assert 429 not in {client.get(path).status_code for _ in range(6)}
