"""A creation sent twice under one key happens once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import text
from sqlmodel import select

from factories.api import CASE, NEED, Stage, make_caller, resident_body
from factories.databases import UnitOfWork
from tuoju.accounts.kept_answers import forget_old_keys
from tuoju.database.keys import keys
from tuoju.database.records import now
from tuoju.referrals.models import Referral
from tuoju.residents.models import Resident
from tuoju.web.accounts import tokens_api as tokens
from tuoju.web.api import ROUTERS
from tuoju.web.kit.idempotency import _once

KEY = {"idempotency-key": "6f1d1f5e-8a2f-4c53-9c42-5f0d7a4d9a11"}


class TestSameKey:
    def test_the_same_body_gets_the_same_answer_and_creates_nothing(
        self, stage: Stage, unit_of_work: UnitOfWork
    ) -> None:
        body = resident_body(id_type="none", id_number=None)
        first = stage.worker.post("/residents", json=body, headers=KEY)
        again = stage.worker.post("/residents", json=dict(reversed(body.items())), headers=KEY)
        assert (again.status_code, again.json()) == (201, first.json())
        assert (again.headers["etag"], again.headers["location"]) == (
            first.headers["etag"],
            first.headers["location"],
        )
        assert again.headers["idempotent-replayed"] == "true"
        with unit_of_work.read() as session:
            assert len(session.exec(select(Resident)).all()) == 1

    def test_another_body_is_refused(self, stage: Stage) -> None:
        stage.worker.post("/residents", json=resident_body(), headers=KEY)
        assert stage.worker.post("/residents", json=resident_body(), headers=KEY).status_code == 422

    def test_another_address_is_refused(self, stage: Stage) -> None:
        case_id = stage.open_need()["case_id"]
        other_id = stage.open_need()["case_id"]
        assert stage.worker.post(f"/cases/{case_id}/needs", json=NEED, headers=KEY).status_code == 201
        assert stage.worker.post(f"/cases/{other_id}/needs", json=NEED, headers=KEY).status_code == 422

    def test_another_user_has_keys_of_their_own(self, stage: Stage, app: FastAPI) -> None:
        assert stage.worker.post("/residents", json=resident_body(), headers=KEY).status_code == 201
        assert make_caller(app).post("/residents", json=resident_body(), headers=KEY).status_code == 201

    def test_a_refused_creation_keeps_nothing_and_may_be_sent_again(self, stage: Stage) -> None:
        need = stage.open_need()
        stage.worker.post(f"/needs/{need['id']}/withdraw")
        stage.worker.post(f"/cases/{need['case_id']}/close")
        here = f"/cases/{need['case_id']}/needs"
        assert stage.worker.post(here, json=NEED, headers=KEY).status_code == 409
        stage.worker.post(f"/cases/{need['case_id']}/reopen", json={"reason": "又有了新的困难"})
        assert stage.worker.post(here, json=NEED, headers=KEY).status_code == 201

    def test_a_key_is_known_for_thirty_days(self, stage: Stage, unit_of_work: UnitOfWork) -> None:
        body = {**CASE, "resident_id": stage.worker.post("/residents", json=resident_body()).json()["id"]}
        first = stage.worker.post("/cases", json=body, headers=KEY).json()
        with time_machine.travel(now() + timedelta(hours=25)):
            assert stage.worker.post("/cases", json=body, headers=KEY).json()["id"] == first["id"]
        for days, forgotten in ((29, 0), (31, 1)):
            with time_machine.travel(now() + timedelta(days=days)), unit_of_work.write() as session:
                assert forget_old_keys(session) == forgotten

    def test_what_is_kept_is_sealed(self, stage: Stage, unit_of_work: UnitOfWork) -> None:
        stage.worker.post(f"/cases/{stage.open_need()['case_id']}/needs", json=NEED, headers=KEY)
        with unit_of_work.read() as session:
            stored = session.execute(text("SELECT response FROM idempotency_key")).scalar_one()
        assert NEED["text"] not in stored
        assert stored.startswith(keys().header)


def test_every_creation_takes_a_key() -> None:
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute) and route.status_code == 201 and router is not tokens.entrance:
                assert _once in [dependency.call for dependency in route.dependant.dependencies], route.name


def _twice_at_once(stage: Stage, unit_of_work: UnitOfWork) -> None:
    body = {"need_id": stage.open_need()["id"], "project_id": stage.project_id}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: stage.worker.post("/referrals", json=body, headers=KEY), range(4)))
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.text for answer in answers}) == 1
    with unit_of_work.read() as session:
        assert len(session.exec(select(Referral)).all()) == 1


def test_of_four_at_once_one_is_done_and_all_are_answered_alike(stage: Stage, unit_of_work: UnitOfWork) -> None:
    _twice_at_once(stage, unit_of_work)


@pytest.mark.postgres
def test_of_four_at_once_one_is_done_on_postgresql(stage: Stage, unit_of_work: UnitOfWork) -> None:
    _twice_at_once(stage, unit_of_work)
