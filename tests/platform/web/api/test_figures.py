"""Every number opens its rows, and no row names a person."""

import pytest
from fastapi import FastAPI

from factories.api import NAME, Stage, make_caller
from tuoju.accounts.models import Role
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.reports.figures import Figure


@pytest.fixture
def served(stage: Stage) -> Stage:
    """One need waits, one referral is answered and visited."""
    stage.open_need()
    referral = stage.send()
    here = f"/referrals/{referral['id']}"
    stage.charity.post(f"{here}/accept")
    visit = {
        "submission_key": "phone-0004",
        "served_on": china_day(now()).isoformat(),
        "minutes": 45,
        "served": [referral["resident"]["id"]],
    }
    stage.charity.post(f"{here}/visits", json=visit)
    stage.charity.post(f"{here}/complete", json={"outcome": "partly_met"})
    return stage


@pytest.mark.parametrize("figure", [figure for figure in Figure if figure is not Figure.help_confirmed])
def test_a_figure_is_the_count_of_its_rows(app: FastAPI, served: Stage, figure: Figure) -> None:
    manager = make_caller(app, Role.program_manager)
    value = manager.get("/figures").json()["values"][figure]
    page = manager.get("/figures/rows", params={"figure": figure})
    rows = page.json()["items"]
    assert value == len(rows) == 1
    assert NAME not in page.text
    assert len([kind for kind, row in rows[0].items() if row is not None]) == 1


def test_rates_say_what_they_are_a_share_of(served: Stage) -> None:
    shown = served.worker.get("/figures").json()
    assert shown["closed_loop_rate"] == {"part": 1, "total": 1, "share": 1.0}
    assert shown["got_help_rate"] == {"part": 1, "total": 1, "share": 1.0}
    assert shown["median_answer_days"] == 0
    assert shown["referrals_by_state"] == {"completed": 1}


def test_a_call_back_turns_unconfirmed_help_into_confirmed_help(served: Stage) -> None:
    [referral] = served.worker.get("/referrals").json()["items"]
    assert (referral["help"], served.charity.get("/referrals").json()["items"][0]["help"]) == ("unconfirmed", None)
    check = {"helped": True, "answered_by": "self", "asked_by": "in_person"}
    assert served.charity.post(f"/referrals/{referral['id']}/checks", json=check).status_code == 403
    answer = served.worker.post(f"/referrals/{referral['id']}/checks", json=check)
    assert (answer.status_code, answer.json()["help"]) == (201, "confirmed")
    shown = served.worker.get("/figures").json()
    assert (shown["values"]["help_confirmed"], shown["values"]["help_unconfirmed"]) == (1, 0)
    assert shown["help_confirmed_rate"] == {"part": 1, "total": 1, "share": 1.0}
    rows = served.worker.get("/figures/rows?figure=help_confirmed").json()["items"]
    assert [row["referral"]["help"] for row in rows] == ["confirmed"]


def test_a_part_counts_only_its_own(served: Stage) -> None:
    own = served.worker.get("/figures/table?by=county").json()
    assert [line["key"] for line in own] == ["341124000000"]
    none = served.worker.get("/figures?county=341122000000").json()
    assert set(none["values"].values()) == {0}
    assert none["got_help_rate"]["share"] is None
    by_project = served.worker.get("/figures/table?by=project").json()
    assert [line["key"] for line in by_project] == [str(served.project_id)]


def test_the_rows_come_by_the_page(served: Stage) -> None:
    served.open_need()
    first = served.worker.get("/figures/rows?figure=waiting_needs&limit=1").json()
    second = served.worker.get(first["next"].removeprefix("/api/v1")).json()
    assert second["next"] is None
    assert first["items"] != second["items"]
    assert "figure=waiting_needs" in first["next"]
