"""Who may call what: every route as every role. What is out of scope is a 404, what is not the role's a 403."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from factories.accounts import CITY, make_actor
from factories.api import (
    CASE,
    NEED,
    ORGANIZATION,
    PROJECT,
    Stage,
    consent_body,
    make_app,
    make_caller,
    make_stage,
    resident_body,
)
from factories.databases import UnitOfWork
from factories.plans import worked
from factories.residents import id_number
from tuoju.accounts.models import Role
from tuoju.database.engine import make_engine
from tuoju.database.records import now
from tuoju.plans import service
from tuoju.regions.calendar import china_day
from tuoju.web.accounts import tokens_api as tokens
from tuoju.web.api import ROUTERS

WORKER, CHAIR, OFFICER, CHARITY, MANAGER, ADMIN = Role
FIELD = {WORKER, CHAIR, OFFICER}
EVERYONE = set(Role)
REFERRAL_READERS = {*FIELD, CHARITY, MANAGER}

# method, address, who may; the others get a 403. The body is one that would do.
MATRIX: dict[str, tuple[str, str, set[Role]]] = {
    "end_token": ("DELETE", "/tokens/current", EVERYONE),
    "show_me": ("GET", "/me", EVERYONE),
    "list_regions": ("GET", "/regions", EVERYONE),
    "show_region": ("GET", "/regions/341124105205", EVERYONE),
    "list_children": ("GET", "/regions/341124105000/children", EVERYONE),
    "list_code_lists": ("GET", "/code-lists", EVERYONE),
    "show_code_list": ("GET", "/code-lists/service_type", EVERYONE),
    "list_residents": ("GET", "/residents", FIELD),
    "register_resident": ("POST", "/residents", FIELD),
    "find_resident": ("POST", "/residents/find", FIELD),
    "search_residents": ("POST", "/residents/search", FIELD),
    "show_resident": ("GET", "/residents/{resident}", FIELD),
    "update_resident": ("PUT", "/residents/{resident}", FIELD),
    "reveal_resident": ("POST", "/residents/{resident}/reveal", FIELD),
    "list_consents": ("GET", "/residents/{resident}/consents", FIELD),
    "give_consent": ("POST", "/residents/{resident}/consents", FIELD),
    "withdraw_consent": ("POST", "/residents/{resident}/consents/{consent}/withdraw", FIELD),
    "create_override": ("POST", "/overrides", FIELD),
    "list_overrides": ("GET", "/overrides", {OFFICER}),
    "review_override": ("POST", "/overrides/{override}/review", {OFFICER}),
    "list_cases": ("GET", "/cases", {*FIELD, MANAGER}),
    "open_case": ("POST", "/cases", FIELD),
    "show_case": ("GET", "/cases/{case}", {*FIELD, MANAGER}),
    "add_need": ("POST", "/cases/{case}/needs", FIELD),
    "close_case": ("POST", "/cases/{case}/close", FIELD),
    "withdraw_case": ("POST", "/cases/{case}/withdraw", FIELD),
    "reopen_case": ("POST", "/cases/{case}/reopen", FIELD),
    "mark_case_in_error": ("POST", "/cases/{case}/mark_in_error", FIELD),
    "list_needs": ("GET", "/needs", {*FIELD, MANAGER}),
    "show_need": ("GET", "/needs/{need}", {*FIELD, MANAGER}),
    "list_matches": ("GET", "/needs/{need}/matches", {*FIELD, MANAGER}),
    "show_why_not": ("GET", "/needs/{need}/why-not?project={project}", {*FIELD, MANAGER}),
    "preview_need": ("POST", "/needs/{need}/preview", FIELD),
    "report_gap": ("POST", "/needs/{need}/gap", FIELD),
    "withdraw_need": ("POST", "/needs/{need}/withdraw", FIELD),
    "list_referrals": ("GET", "/referrals", REFERRAL_READERS),
    "list_inbox": ("GET", "/referrals/inbox", REFERRAL_READERS),
    "send_referral": ("POST", "/referrals", FIELD),
    "show_referral": ("GET", "/referrals/{referral}", REFERRAL_READERS),
    "reveal_referred": ("POST", "/referrals/{referral}/reveal", {CHARITY}),
    "rate_referral": ("POST", "/referrals/{referral}/satisfaction", FIELD),
    "check_referral": ("POST", "/referrals/{referral}/checks", {*FIELD, MANAGER}),
    "accept_referral": ("POST", "/referrals/{referral}/accept", {CHARITY}),
    "reject_referral": ("POST", "/referrals/{referral}/reject", {CHARITY}),
    "waitlist_referral": ("POST", "/referrals/{referral}/waitlist", {CHARITY}),
    "start_referral": ("POST", "/referrals/{referral}/start", {CHARITY, *FIELD}),
    "hold_referral": ("POST", "/referrals/{referral}/hold", {CHARITY, *FIELD}),
    "resume_referral": ("POST", "/referrals/{referral}/resume", {CHARITY, *FIELD}),
    "complete_referral": ("POST", "/referrals/{referral}/complete", {CHARITY, *FIELD}),
    "fail_referral": ("POST", "/referrals/{referral}/fail", {CHARITY, *FIELD}),
    "cancel_referral": ("POST", "/referrals/{referral}/cancel", FIELD),
    "mark_in_error_referral": ("POST", "/referrals/{referral}/mark_in_error", FIELD),
    "reopen_referral": ("POST", "/referrals/{referral}/reopen", {CHARITY, *FIELD}),
    "list_visits": ("GET", "/referrals/{referral}/visits", REFERRAL_READERS),
    "record_visit": ("POST", "/referrals/{referral}/visits", {CHARITY}),
    "mark_visit_in_error": ("POST", "/referrals/{served}/visits/{visit}/mark_in_error", {CHARITY}),
    "list_organizations": ("GET", "/organizations", EVERYONE),
    "show_organization": ("GET", "/organizations/{organization}", EVERYONE),
    "list_projects": ("GET", "/projects", EVERYONE),
    "show_project": ("GET", "/projects/{project}", EVERYONE),
    "add_organization": ("POST", "/organizations", {MANAGER, ADMIN}),
    "add_project": ("POST", "/projects", {MANAGER, ADMIN}),
    "change_project": ("PUT", "/projects/{project}", {MANAGER, ADMIN}),
    "open_project": ("POST", "/projects/{project}/open", {MANAGER, ADMIN}),
    "suspend_project": ("POST", "/projects/{project}/suspend", {MANAGER, ADMIN}),
    "resume_project": ("POST", "/projects/{project}/resume", {MANAGER, ADMIN}),
    "close_project": ("POST", "/projects/{project}/close", {MANAGER, ADMIN}),
    "correct_places": ("POST", "/projects/{project}/places", {CHARITY, MANAGER, ADMIN}),
    "show_figures": ("GET", "/figures", {*FIELD, MANAGER}),
    "show_table": ("GET", "/figures/table?by=month", {*FIELD, MANAGER}),
    "list_figure_rows": ("GET", "/figures/rows?figure=waiting_needs", {*FIELD, MANAGER}),
    "list_plans": ("GET", "/plans", {MANAGER}),
    "make_plan": ("POST", "/plans", {MANAGER}),
    "show_plan": ("GET", "/plans/{plan}", {MANAGER}),
    "list_plan_lines": ("GET", "/plans/{plan}/lines", {MANAGER}),
    "show_effect": ("GET", "/plans/{plan}/lines/{other_need}/effect", {MANAGER}),
    "change_line": ("POST", "/plans/{plan}/lines/{other_need}", {MANAGER}),
    "repair_plan": ("POST", "/plans/{plan}/repair", {MANAGER}),
    "approve_plan": ("POST", "/plans/{plan}/approve", {MANAGER}),
    "discard_plan": ("POST", "/plans/{plan}/discard", {MANAGER}),
    "retry_plan": ("POST", "/plans/{plan}/retry", {MANAGER}),
    "list_notifications": ("GET", "/notifications", EVERYONE),
}
"""Verbs whose step is not lawful from `requested` get past the role check to a 409 for both sides."""

# Notices belong to one user: mark_as_read is a 404 for everyone else, whatever the role.
OWN_ROWS = {"mark_as_read"}


def bodies(ids: dict[str, int]) -> dict[str, dict[str, object]]:
    return {
        "register_resident": resident_body(),
        "find_resident": {"id_number": id_number()},
        "search_residents": {"text": "欧"},
        "update_resident": resident_body(),
        "reveal_resident": {"purpose": "contact"},
        "reveal_referred": {"purpose": "serve"},
        "give_consent": consent_body(ids["organization"]),
        "create_override": {
            "resident_id": ids["resident"],
            "organization_id": ids["organization"],
            "reason": "断粮",
        },
        "review_override": {"upheld": True},
        "open_case": {**CASE, "resident_id": ids["resident"]},
        "add_need": NEED,
        "send_referral": {"need_id": ids["other_need"], "project_id": ids["project"]},
        "preview_need": {"note": "周末可以上门"},
        "rate_referral": {"satisfaction": 4},
        "check_referral": {"helped": True, "answered_by": "self", "asked_by": "phone"},
        "reject_referral": {"reason": "no_capacity"},
        "complete_referral": {"outcome": "unmet"},
        "fail_referral": {"note": "搬走了"},
        "cancel_referral": {"note": "本人不需要了"},
        "record_visit": {
            "submission_key": "phone-0003",
            "served_on": china_day(now()).isoformat(),
            "minutes": 30,
            "served": [ids["resident"]],
        },
        "mark_visit_in_error": {"reason": "记错人"},
        "add_organization": ORGANIZATION,
        "add_project": {**PROJECT, "organization_id": ids["organization"]},
        "change_project": {
            **PROJECT,
            "name": "暖阳助餐二期",
            "organization_id": ids["organization"],
            "places_total": 20,
        },
        "correct_places": {"places_total": 9},
        "make_plan": {"region_code": "341124000000"},
        "change_line": {"project_id": None},
    }


def _of_referral(name: str) -> bool:
    return "{referral}" in MATRIX[name][1] or "{served}" in MATRIX[name][1]


def prepare(stage: Stage) -> dict[str, int]:
    """A referral waiting for its answer, another in service with a visit, and what they stand on."""
    referral, other_need = stage.send(), stage.open_need()
    resident = referral["resident"]["id"]
    visit_body = bodies(dict.fromkeys(("organization", "resident", "other_need", "project"), resident))["record_visit"]
    served = stage.send()
    stage.charity.post(f"/referrals/{served['id']}/accept")
    people = [served["resident"]["id"]]
    visit = stage.charity.post(f"/referrals/{served['id']}/visits", json={**visit_body, "served": people})
    override = {"resident_id": resident, "organization_id": stage.organization_id, "reason": "断粮"}
    return {
        "resident": resident,
        "consent": stage.worker.get(f"/residents/{resident}/consents").json()[0]["id"],
        "override": stage.worker.post("/overrides", json=override).json()["id"],
        "case": stage.worker.get(f"/needs/{referral['need_id']}").json()["case_id"],
        "need": referral["need_id"],
        "other_need": other_need["id"],
        "referral": referral["id"],
        "served": served["id"],
        "visit": visit.json()["id"],
        "organization": stage.organization_id,
        "project": stage.project_id,
        "plan": make_computed_plan(stage),
    }


def make_computed_plan(stage: Stage) -> int:
    """A proposed plan of the city that holds the open need."""
    unit_of_work: UnitOfWork = stage.worker.app.state.unit_of_work  # type: ignore[attr-defined]
    with worked(unit_of_work.engine).write() as session:
        return service.make_plan(session, make_actor(session, role=MANAGER), CITY).pk


class Ground:
    """One database for the whole matrix: a call refused changes nothing, and one that is done leaves every later
    call of the same role lawful or a 409."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.stage = make_stage(app, places=20)
        self.ids = prepare(self.stage)

    def call(self, client: TestClient, name: str) -> int:
        method, address, _ = MATRIX[name]
        row = bodies(self.ids).get(name)
        headers = {"if-match": "*"} if method == "PUT" else {}
        return client.request(method, address.format(**self.ids), json=row, headers=headers).status_code


@pytest.fixture(scope="module")
def ground(databases: object) -> Iterator[Ground]:
    engine: Engine = make_engine(databases.fresh())  # type: ignore[attr-defined]
    yield Ground(make_app(UnitOfWork(engine)))
    engine.dispose()


def test_the_matrix_names_every_route() -> None:
    named = {
        route.name
        for router in ROUTERS
        if router is not tokens.entrance
        for route in router.routes
        if isinstance(route, APIRoute)
    }
    assert named - OWN_ROWS == set(MATRIX)


@pytest.mark.parametrize("name", sorted(MATRIX))
def test_without_a_token_nothing_is_said(ground: Ground, name: str) -> None:
    nobody = TestClient(ground.app, base_url="http://testserver/api/v1")
    assert ground.call(nobody, name) == 401


@pytest.mark.parametrize("role", [CHARITY, MANAGER, ADMIN, WORKER])
@pytest.mark.parametrize("name", sorted(MATRIX))
def test_a_role_that_may_not_is_a_403(ground: Ground, name: str, role: Role) -> None:
    if role in MATRIX[name][2]:
        return
    organization = ground.stage.organization_id if role is CHARITY else None
    client = make_caller(ground.app, role, organization_id=organization)
    assert ground.call(client, name) == 403


@pytest.mark.parametrize("name", sorted(name for name, (_, _, who) in MATRIX.items() if who & FIELD))
def test_rows_of_another_county_are_not_there(ground: Ground, name: str) -> None:
    stranger = make_caller(ground.app, OFFICER, region_code="341122000000")
    status = ground.call(stranger, name)
    personal = "{resident}" in MATRIX[name][1] or "{case}" in MATRIX[name][1] or "{need}" in MATRIX[name][1]
    if personal or _of_referral(name) or name in ("open_case", "send_referral", "create_override"):
        assert status == 404
    if name == "register_resident":
        assert status == 404


@pytest.mark.parametrize("name", sorted(name for name, (_, _, who) in MATRIX.items() if CHARITY in who))
def test_referrals_to_another_organization_are_not_there(ground: Ground, name: str) -> None:
    if _of_referral(name):
        stranger = make_caller(ground.app, CHARITY, organization_id=make_stage(ground.app).organization_id)
        assert ground.call(stranger, name) == 404


def test_lists_of_another_county_are_empty(ground: Ground) -> None:
    stranger = make_caller(ground.app, OFFICER, region_code="341122000000")
    for address in ("/residents", "/cases", "/needs", "/referrals", "/referrals/inbox"):
        assert stranger.get(address).json()["items"] == []
    assert stranger.get("/overrides").json() == []


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("name", sorted(MATRIX))
def test_a_role_that_may_is_never_refused(ground: Ground, name: str, role: Role) -> None:
    if role not in MATRIX[name][2]:
        return
    clients = {CHARITY: ground.stage.charity, WORKER: ground.stage.worker}
    client = make_caller(ground.app, role) if name == "end_token" or role not in clients else clients[role]
    if name == "end_token" and role is CHARITY:
        client = make_caller(ground.app, role, organization_id=ground.stage.organization_id)
    status = ground.call(client, name)
    overtaken = {409} if MATRIX[name][0] == "POST" or name == "show_effect" else set()
    assert status in {200, 201, 202, 204} | overtaken
