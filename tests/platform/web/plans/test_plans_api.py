"""API of plans: made, read, changed, approved."""

import pytest
from fastapi import FastAPI

from factories.accounts import COUNTY
from factories.api import Stage, make_app, make_caller, make_stage
from factories.databases import UnitOfWork
from factories.learning import make_ranking
from factories.plans import worked
from tuoju.accounts.models import Role


@pytest.fixture
def app(unit_of_work: UnitOfWork) -> FastAPI:
    return make_app(worked(unit_of_work.engine))


@pytest.fixture
def stage(app: FastAPI) -> Stage:
    return make_stage(app, places=1)


def test_a_plan_is_made_changed_and_approved(app: FastAPI, stage: Stage) -> None:
    first, second = stage.open_need()["id"], stage.open_need()["id"]
    manager = make_caller(app, Role.program_manager)
    made = manager.post("/plans", json={"region_code": COUNTY})
    assert (made.status_code, made.json()["state"]) == (202, "computing")
    address = made.headers["location"].removeprefix("/api/v1")
    plan = manager.get(address)
    assert plan.json()["by_state"] == {"placed": 1, "without": 1}
    assert plan.json()["gap"] == pytest.approx(0, abs=1e-6)
    [placed] = manager.get(f"{address}/lines?state=placed").json()["items"]
    other = second if placed["need_id"] == first else first

    cost = manager.get(f"{address}/lines/{other}/effect?project={stage.project_id}").json()
    assert {shift["need_id"] for shift in cost["shifts"]} == {first, second}
    body, seen = {"project_id": stage.project_id}, {"if-match": plan.headers["etag"]}
    assert manager.post(f"{address}/lines/{other}", json=body, headers=seen).status_code == 200
    assert manager.post(f"{address}/lines/{other}", json=body, headers=seen).status_code == 412

    assert manager.post(f"{address}/approve").status_code == 200
    assert manager.get(address).json()["state"] == "approved"
    [sent] = manager.get(f"{address}/lines?state=sent").json()["items"]
    assert sent["need_id"] == other
    assert stage.charity.get("/referrals/inbox").json()["items"][0]["id"] == sent["referral_id"]


def test_lines_are_paginated(app: FastAPI, stage: Stage) -> None:
    for _ in range(3):
        stage.open_need()
    manager = make_caller(app, Role.program_manager)
    address = manager.post("/plans", json={"region_code": COUNTY}).headers["location"].removeprefix("/api/v1")
    page = manager.get(f"{address}/lines?limit=2").json()
    rest = manager.get(page["next"].removeprefix("/api/v1")).json()
    assert len(page["items"]) == 2
    assert len(rest["items"]) == 1
    assert rest["next"] is None


def test_a_plan_lists_what_has_changed_since(app: FastAPI, stage: Stage) -> None:
    need = stage.open_need()["id"]
    manager = make_caller(app, Role.program_manager)
    address = manager.post("/plans", json={"region_code": COUNTY}).headers["location"].removeprefix("/api/v1")
    stage.worker.post("/referrals", json={"need_id": need, "project_id": stage.project_id})
    new = stage.open_need()["id"]
    stale = manager.get(address).json()["stale"]
    assert (stale["needs_answered"], stale["needs_new"]) == ([need], [new])
    repaired = manager.post(f"{address}/repair")
    assert repaired.status_code == 202
    assert manager.get(address).json()["state"] == "superseded"


def test_a_plan_names_its_ranking_and_says_whether_another_is_in_use(
    app: FastAPI, stage: Stage, unit_of_work: UnitOfWork
) -> None:
    need = stage.open_need()["id"]
    manager = make_caller(app, Role.program_manager)
    address = manager.post("/plans", json={"region_code": COUNTY}).headers["location"].removeprefix("/api/v1")
    plan = manager.get(address).json()
    assert (plan["ranker"], plan["stale"]["ranking_changed"]) == ("rules-1", False)
    with unit_of_work.write() as session:
        make_ranking(session, nearness=2.0)
    assert manager.get(address).json()["stale"]["ranking_changed"]
    assert manager.post(f"{address}/lines/{need}", json={"project_id": None}).status_code == 409
    assert manager.get(f"{address}/lines/{need}/effect").status_code == 409
    new = manager.post(f"{address}/repair").headers["location"].removeprefix("/api/v1")
    plan = manager.get(new).json()
    assert plan["ranker"] == stage.worker.get(f"/needs/{need}/matches").json()["ranker"] == "learned-1"
    assert not plan["stale"]["ranking_changed"]
