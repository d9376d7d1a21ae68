"""Pages neither skip nor repeat, whatever is added while someone turns them."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factories.api import NEED, Stage, resident_body
from factories.databases import UnitOfWork
from tuoju.cases.models import Need, Urgency
from tuoju.database.records import now

LISTS = ["residents", "cases", "needs", "referrals", "organizations", "projects", "regions", "notifications"]


def follow(client: TestClient, address: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    following: str | None = address
    while following is not None:
        page = client.get(following.removeprefix("/api/v1")).json()
        items.extend(page["items"])
        following = page["next"]
    return items


class TestPages:
    @settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(limit=st.integers(1, 4), added=st.lists(st.sampled_from(list(Urgency)), min_size=1, max_size=3))
    def test_rows_added_meanwhile_shift_nothing(
        self, stage: Stage, unit_of_work: UnitOfWork, limit: int, added: list[Urgency]
    ) -> None:
        case_id = stage.open_need()["case_id"]
        for urgency in ("soon", "routine", "life_threatening", "urgent"):
            stage.worker.post(f"/cases/{case_id}/needs", json={**NEED, "urgency": urgency})
        before = [member["id"] for member in follow(stage.worker, "/needs?limit=200")]
        first = stage.worker.get(f"/needs?limit={limit}").json()
        seen = [item["id"] for item in first["items"]]
        for urgency in added:
            stage.worker.post(f"/cases/{case_id}/needs", json={**NEED, "urgency": urgency})
        if first["next"]:
            seen += [element["id"] for element in follow(stage.worker, first["next"])]
        assert len(seen) == len(set(seen))
        assert [entry for entry in seen if entry in before] == before

    def test_the_most_urgent_come_first_then_the_longest_waiting(self, stage: Stage, unit_of_work: UnitOfWork) -> None:
        case_id = stage.open_need()["case_id"]
        wanted = ["routine", "life_threatening", "routine", "urgent"]
        made = [
            stage.worker.post(f"/cases/{case_id}/needs", json={**NEED, "urgency": urgency}).json()["id"]
            for urgency in wanted
        ]
        with unit_of_work.write() as session:
            session.get_one(Need, made[2]).opened_at = now() - timedelta(days=9)
        listed = [item["id"] for item in follow(stage.worker, "/needs?limit=2")]
        assert listed[0] == made[1]
        assert listed[-2:] == [made[2], made[0]]

    @pytest.mark.parametrize("name", LISTS)
    def test_a_page_at_a_time_is_the_whole(self, stage: Stage, name: str) -> None:
        for _ in range(3):
            stage.send()
        items = stage.worker.get(f"/{name}?limit=200").json()["items"]
        by_two = follow(stage.worker, f"/{name}?limit=2") if name != "regions" else items
        assert by_two == items

    def test_regions_come_in_pages_too(self, stage: Stage) -> None:
        codes = [item["code"] for item in follow(stage.worker, "/regions?text=马厂&limit=1")]
        assert codes == sorted(codes)
        assert len(codes) == len(set(codes)) >= 1


class TestCursor:
    @pytest.mark.parametrize("cursor", ["", "x", "WzFd", "WzFd.AAAA", "ä"])
    def test_a_cursor_not_made_here_is_a_422(self, stage: Stage, cursor: str) -> None:
        assert stage.worker.get("/cases", params={"cursor": cursor}).status_code == 422

    def test_a_cursor_of_another_list_is_a_422(self, stage: Stage) -> None:
        for _ in range(2):
            stage.worker.post("/residents", json=resident_body())
        following = stage.worker.get("/residents?limit=1").json()["next"]
        assert stage.worker.get(following.replace("/api/v1/residents", "/cases")).status_code == 422

    def test_the_filters_stay(self, stage: Stage) -> None:
        for _ in range(2):
            stage.open_need()
        page = stage.worker.get("/needs?state=open&limit=1").json()
        assert "state=open" in page["next"]
