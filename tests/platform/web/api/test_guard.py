"""A browser's session does nothing for another site; a token needs no such care."""

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from factories.accounts import PASSWORD, make_user
from factories.api import make_caller, resident_body
from factories.databases import UnitOfWork
from tuoju.accounts.service import sign_in
from tuoju.web.accounts import tokens_api as tokens
from tuoju.web.api import ROUTERS
from tuoju.web.kit.api_guard import guard
from tuoju.web.kit.security import form_token


@pytest.fixture
def browser(app: FastAPI, unit_of_work: UnitOfWork) -> TestClient:
    with unit_of_work.write() as session:
        user = make_user(session)
        token, _ = sign_in(session, user.username, PASSWORD)
    return TestClient(app, base_url="http://testserver/api/v1", cookies={"session": token})


class TestCookie:
    def test_reading_needs_nothing_more(self, browser: TestClient) -> None:
        assert browser.get("/me").status_code == 200

    @pytest.mark.parametrize("site", ["cross-site", "same-site", "none", None])
    def test_a_change_from_elsewhere_is_refused(self, browser: TestClient, site: str | None) -> None:
        headers = {"sec-fetch-site": site} if site else {}
        refused = browser.post("/residents", json=resident_body(), headers=headers)
        assert (refused.status_code, refused.headers["content-type"]) == (403, "application/problem+json")

    def test_a_change_from_a_page_of_ours_is_done(self, browser: TestClient) -> None:
        headers = {"sec-fetch-site": "same-origin"}
        assert browser.post("/residents", json=resident_body(), headers=headers).status_code == 201

    def test_a_change_with_the_form_token_is_done(self, browser: TestClient, app: FastAPI) -> None:
        token = form_token(app.state.settings.secret_key, browser.cookies["session"])
        headers = {"x-form-token": token}
        assert browser.post("/residents", json=resident_body(), headers=headers).status_code == 201

    def test_a_form_token_of_other_letters_is_refused(self, browser: TestClient) -> None:
        headers = {"x-form-token": "ä".encode("latin-1")}
        assert browser.post("/residents", json=resident_body(), headers=headers).status_code == 403


class TestBearer:
    def test_a_token_needs_no_such_proof(self, app: FastAPI) -> None:
        caller = make_caller(app)
        headers = {"sec-fetch-site": "cross-site", "origin": "https://other.example"}
        assert caller.post("/residents", json=resident_body(), headers=headers).status_code == 201


class TestText:
    def test_a_sign_that_no_database_keeps_is_a_422(self, app: FastAPI) -> None:
        caller = make_caller(app)
        assert caller.post("/residents", json=resident_body(name="张\0")).status_code == 422
        assert caller.get("/projects?text=%00").status_code == 422


def test_every_route_is_guarded_but_the_entrance() -> None:
    for router in ROUTERS:
        guarded = [dependency.dependency for dependency in router.dependencies] == [guard]
        assert guarded or router is tokens.entrance
    assert [route.name for route in tokens.entrance.routes if isinstance(route, APIRoute)] == ["create_token"]
