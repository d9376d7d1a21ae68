"""Signing in for programs."""

from fastapi import FastAPI
from fastapi.testclient import TestClient

from factories.accounts import PASSWORD, make_user
from factories.api import make_caller
from factories.databases import UnitOfWork
from tuoju.accounts.models import Role

HERE = "/api/v1/tokens"


class TestCreate:
    def test_a_token_opens_the_api_until_it_is_ended(self, app: FastAPI, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.write() as session:
            make_user(session, username="huangan")
        client = TestClient(app)
        token = client.post(HERE, json={"username": "huangan", "password": PASSWORD}).json()["token"]
        headers = {"authorization": f"Bearer {token}"}
        assert client.get("/api/v1/me", headers=headers).json()["role"] == "social_worker"
        assert client.delete(f"{HERE}/current", headers=headers).status_code == 204
        ended = client.get("/api/v1/me", headers=headers)
        assert (ended.status_code, ended.headers["www-authenticate"]) == (401, "Bearer")

    def test_a_wrong_password_is_a_problem_in_the_language_asked_for(self, app: FastAPI) -> None:
        answer = TestClient(app).post(
            HERE, json={"username": "nobody", "password": "wrong"}, headers={"accept-language": "en"}
        )
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"].startswith("The user name or password is wrong.")

    def test_after_five_wrong_passwords_the_right_one_gets_the_same_answer(
        self, app: FastAPI, unit_of_work: UnitOfWork
    ) -> None:
        with unit_of_work.write() as session:
            make_user(session, username="huangan")
        client = TestClient(app)
        wrong = [client.post(HERE, json={"username": "huangan", "password": "no"}) for _ in range(5)]
        assert {answer.status_code for answer in wrong} == {401}
        right = client.post(HERE, json={"username": "huangan", "password": PASSWORD})
        assert (right.status_code, right.text) == (401, wrong[0].text)

    def test_an_address_that_guesses_is_slowed_down(self, app: FastAPI) -> None:
        client = TestClient(app)
        answers = [client.post(HERE, json={"username": f"user{n}", "password": "no"}) for n in range(31)]
        assert {answer.status_code for answer in answers[:30]} == {401}
        assert answers[30].status_code == 429
        assert 1 <= int(answers[30].headers["retry-after"]) <= 60


class TestMe:
    def test_it_says_what_the_role_includes(self, app: FastAPI) -> None:
        me = make_caller(app, Role.township_officer).get("/me").json()
        assert me["region_code"] == "341124105000"
        assert "review_overrides" in me["actions"]
        assert "manage_projects" not in me["actions"]
