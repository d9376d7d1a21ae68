"""Clients of the JSON API for tests: one signed-in caller each."""

from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from factories.accounts import PASSWORD, make_user
from factories.databases import UnitOfWork
from factories.projects import make_project
from factories.residents import id_number
from tuoju.accounts.models import Role, SessionKind
from tuoju.accounts.service import sign_in
from tuoju.web.app import create_app
from tuoju.web.kit.settings import WebSettings

PREFIX = "/api/v1"
NAME, PHONE, ADDRESS = "欧阳建国", "13800001234", "村东头3号老槐树旁"


def make_app(unit_of_work: UnitOfWork) -> FastAPI:
    return create_app(unit_of_work, WebSettings(secret_key="for tests only", secure_cookies=False))


def make_caller(app: FastAPI, role: Role = Role.social_worker, **options: Any) -> TestClient:
    """A client whose token belongs to a new user of this role, asking for English."""
    unit_of_work: UnitOfWork = app.state.unit_of_work
    with unit_of_work.write() as session:
        user = make_user(session, role=role, **options)
        token, _ = sign_in(session, user.username, PASSWORD, kind=SessionKind.api)
    headers = {"authorization": f"Bearer {token}", "accept-language": "en"}
    return TestClient(app, base_url=f"http://testserver{PREFIX}", headers=headers)


def consent_body(organization_id: int) -> dict[str, Any]:
    """A consent of the person on paper that the organization may be told everything."""
    return {"organization_id": organization_id, "given_by": "self", "method": "paper"}


def resident_body(**values: Any) -> dict[str, Any]:
    return {
        "name": NAME,
        "id_number": id_number(),
        "region_code": "341124105205",
        "phone": PHONE,
        "address": ADDRESS,
        "relief_category": "TKGY",
        "vulnerabilities": ["SN"],
        "self_care": "partly_unable",
    } | values


CASE = {"hardship_cause": "1", "scheme": "charity_referral", "summary": "独居，行动不便"}
NEED = {"category": "A01", "text": "早饭没人做，站不久，衣服洗不了", "urgency": "urgent"}

ORGANIZATION = {"name": "滁州市暖阳社会工作服务中心", "org_type": "52", "region_code": "341100000000"}
PROJECT = {
    "name": "暖阳助餐",
    "description": "为独居老人上门送餐",
    "categories": ["A01"],
    "areas": ["341124000000"],
    "starts_on": "2026-01-01",
    "ends_on": "2099-12-31",
    "places_total": 8,
    "rules": {"min_age": ["60"]},
}


@dataclass
class Stage:
    """A worker, a charity with an open project, and their clients."""

    worker: TestClient
    charity: TestClient
    project_id: int
    organization_id: int

    def open_need(self) -> dict[str, Any]:
        """A need of a new resident who has agreed to the charity."""
        resident = self.worker.post("/residents", json=resident_body()).json()
        consent = consent_body(self.organization_id)
        self.worker.post(f"/residents/{resident['id']}/consents", json=consent)
        case = self.worker.post("/cases", json={**CASE, "resident_id": resident["id"]}).json()
        need: dict[str, Any] = self.worker.post(f"/cases/{case['id']}/needs", json=NEED).json()
        return need

    def send(self) -> dict[str, Any]:
        body = {"need_id": self.open_need()["id"], "project_id": self.project_id}
        referral: dict[str, Any] = self.worker.post("/referrals", json=body).json()
        return referral


def make_stage(app: FastAPI, *, places: int = 3) -> Stage:
    unit_of_work: UnitOfWork = app.state.unit_of_work
    with unit_of_work.write() as session:
        project = make_project(session, places=places)
        project_id, organization_id = project.pk, project.organization_id
    worker = make_caller(app)
    charity = make_caller(app, Role.charity_staff, organization_id=organization_id)
    return Stage(worker, charity, project_id, organization_id)
