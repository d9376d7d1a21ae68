"""Organizations and projects: entered, opened, matched, suspended."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from factories.api import ORGANIZATION, PROJECT, Stage, make_caller
from tuoju.accounts.models import Role


@pytest.fixture
def manager(app: FastAPI) -> TestClient:
    return make_caller(app, Role.program_manager)


@pytest.fixture
def draft(manager: TestClient) -> dict[str, Any]:
    organization = manager.post("/organizations", json=ORGANIZATION).json()
    body = {**PROJECT, "organization_id": organization["id"]}
    project: dict[str, Any] = manager.post("/projects", json=body).json()
    return project


class TestOrganizations:
    def test_a_name_is_taken_once(self, manager: TestClient) -> None:
        added = manager.post("/organizations", json=ORGANIZATION)
        assert manager.get(added.headers["location"].removeprefix("/api/v1")).json() == added.json()
        assert manager.post("/organizations", json=ORGANIZATION).status_code == 409

    def test_a_wrong_credit_code_is_named(self, manager: TestClient) -> None:
        answer = manager.post("/organizations", json={**ORGANIZATION, "uscc": "523411000000000000"})
        assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [("/uscc", "uscc")]


class TestProjects:
    def test_an_entry_is_replaced_only_by_who_has_seen_it(self, manager: TestClient, draft: dict[str, Any]) -> None:
        address = f"/projects/{draft['id']}"
        body = {**PROJECT, "organization_id": draft["organization_id"], "places_total": 11}
        assert manager.put(address, json=body).status_code == 428
        assert manager.put(address, json=body, headers={"if-match": '"99"'}).status_code == 412
        seen = manager.get(address).headers["etag"]
        changed = manager.put(address, json=body, headers={"if-match": seen}).json()
        assert changed["places_total"] == 11
        assert manager.put(address, json=body, headers={"if-match": seen}).status_code == 412

    def test_a_need_without_a_project_is_reported_as_a_gap_once(self, stage: Stage) -> None:
        need = stage.open_need()
        assert stage.worker.post(f"/needs/{need['id']}/gap").json() == {"need_id": need["id"], "reported": False}
        stage.charity.post(f"/projects/{stage.project_id}/places", json={"places_total": 0})
        for _ in range(2):
            assert stage.worker.post(f"/needs/{need['id']}/gap").json()["reported"] is True

    def test_a_draft_is_opened_and_then_proposed(
        self, manager: TestClient, stage: Stage, draft: dict[str, Any]
    ) -> None:
        assert (draft["state"], draft["actions"], draft["places_left"]) == ("draft", ["open"], 8)
        assert draft["rules"] == [{"kind": "min_age", "values": ["60"]}]
        need = stage.open_need()
        matches = f"/needs/{need['id']}/matches"
        proposed = [item["project_id"] for item in stage.worker.get(matches).json()["items"]]
        assert draft["id"] not in proposed
        opened = manager.post(f"/projects/{draft['id']}/open").json()
        assert opened["actions"] == ["suspend", "close"]
        proposed = [entry["project_id"] for entry in stage.worker.get(matches).json()["items"]]
        assert draft["id"] in proposed

    def test_an_unlawful_step_is_told_the_state(self, manager: TestClient, draft: dict[str, Any]) -> None:
        answer = manager.post(f"/projects/{draft['id']}/suspend")
        assert (answer.status_code, answer.json()["state"]) == (409, "draft")

    def test_a_condition_that_is_no_number_is_refused(self, manager: TestClient, draft: dict[str, Any]) -> None:
        body = {**PROJECT, "name": "另一个", "organization_id": draft["organization_id"]}
        answer = manager.post("/projects", json={**body, "rules": {"min_age": ["old"]}})
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/rules"]

    def test_an_unknown_organization_is_a_404(self, manager: TestClient) -> None:
        assert manager.post("/projects", json={**PROJECT, "organization_id": 999_999}).status_code == 404

    def test_the_list_is_filtered(self, stage: Stage, draft: dict[str, Any]) -> None:
        def ids(query: str) -> list[int]:
            return [item["id"] for item in stage.worker.get(f"/projects?{query}").json()["items"]]

        assert ids("state=draft") == [draft["id"]]
        assert ids("text=助餐") == [draft["id"]]
        assert draft["id"] not in ids("category=B")
        assert ids(f"organization_id={stage.organization_id}") == [stage.project_id]
