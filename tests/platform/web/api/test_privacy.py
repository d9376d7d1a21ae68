"""What names a person leaves only when it is read for a purpose, on record."""

import pytest
from fastapi import FastAPI
from sqlmodel import select

from factories.api import ADDRESS, CASE, NAME, NEED, PHONE, Stage, make_caller, resident_body
from factories.databases import UnitOfWork
from tuoju.accounts.models import AuditEntry, Role

LISTS = (
    "/residents",
    "/cases",
    "/needs",
    "/needs?state=referred",
    "/referrals",
    "/referrals/inbox",
    "/notifications",
    "/overrides",
)
ROLES = [Role.social_worker, Role.township_officer, Role.charity_staff, Role.program_manager, Role.administrator]


class TestNeedTexts:
    def test_who_steers_by_figures_reads_no_need_in_the_persons_words(self, app: FastAPI, stage: Stage) -> None:
        sent = stage.send()
        manager = make_caller(app, Role.program_manager)
        need = f"/needs/{sent['need_id']}"
        assert stage.worker.get(need).json()["text"] == NEED["text"]
        assert manager.get(need).json()["text"] is None
        assert manager.get(f"/referrals/{sent['id']}").json()["need_text"] is None
        assert stage.charity.get(f"/referrals/{sent['id']}").json()["need_text"] == NEED["text"]

    def test_who_steers_by_figures_reads_no_summary_of_a_case(self, app: FastAPI, stage: Stage) -> None:
        case = f"/cases/{stage.open_need()['case_id']}"
        assert stage.worker.get(case).json()["summary"] == CASE["summary"]
        assert make_caller(app, Role.program_manager).get(case).json()["summary"] == ""


class TestLists:
    @pytest.mark.parametrize("role", ROLES)
    def test_no_list_holds_a_personal_value(self, app: FastAPI, stage: Stage, role: Role) -> None:
        body = resident_body()
        resident = stage.worker.post("/residents", json=body).json()
        stage.worker.post("/cases", json={**CASE, "resident_id": resident["id"]})
        stage.open_need()
        stage.send()
        organization = stage.organization_id if role is Role.charity_staff else None
        client = make_caller(app, role, organization_id=organization)
        secrets = (NAME, PHONE, ADDRESS, body["id_number"], NEED["text"], CASE["summary"])
        for address in LISTS:
            text = client.get(address).text
            assert not [secret for secret in secrets if secret in text], address

    def test_a_worker_sees_masked_names(self, stage: Stage) -> None:
        stage.open_need()
        [need] = stage.worker.get("/needs").json()["items"]
        assert need["resident"]["name"] == "欧**国"
        assert need["resident"]["phone"] == "138****1234"
        assert "address" not in need["resident"]


class TestReferral:
    def test_before_acceptance_a_charity_is_told_the_minimum(self, stage: Stage) -> None:
        referral = stage.send()
        before = stage.charity.get(f"/referrals/{referral['id']}").json()["resident"]
        assert (before["name"], before["age"], before["self_care"]) == ("欧*", None, None)
        assert before["age_band"] == "70-79"
        after = stage.charity.post(f"/referrals/{referral['id']}/accept").json()["resident"]
        assert (after["name"], after["self_care"]) == ("欧**国", "partly_unable")

    def test_nothing_leaves_after_the_consent_is_taken_back(self, stage: Stage) -> None:
        need = stage.open_need()
        case = stage.worker.get(f"/cases/{need['case_id']}").json()
        here = f"/residents/{case['resident_id']}/consents"
        [consent] = stage.worker.get(here).json()
        stage.worker.post(f"{here}/{consent['id']}/withdraw")
        body = {"need_id": need["id"], "project_id": stage.project_id}
        assert stage.worker.post("/referrals", json=body).status_code == 409

    def test_a_consent_is_not_another_residents(self, stage: Stage) -> None:
        case = stage.worker.get(f"/cases/{stage.open_need()['case_id']}").json()
        other = stage.worker.post("/residents", json=resident_body()).json()
        [consent] = stage.worker.get(f"/residents/{case['resident_id']}/consents").json()
        here = f"/residents/{other['id']}/consents/{consent['id']}/withdraw"
        assert stage.worker.post(here).status_code == 404


class TestReveal:
    def test_a_reading_in_full_is_on_record_with_its_purpose(self, stage: Stage, unit_of_work: UnitOfWork) -> None:
        body = resident_body()
        resident = stage.worker.post("/residents", json=body).json()
        revealed = stage.worker.post(f"/residents/{resident['id']}/reveal", json={"purpose": "visit"}).json()
        assert (revealed["name"], revealed["id_number"]) == (NAME, body["id_number"])
        with unit_of_work.read() as session:
            entries = session.exec(select(AuditEntry.purpose).where(AuditEntry.action == "reveal")).all()
        assert entries == ["visit"]

    def test_without_a_purpose_nothing_is_read(self, stage: Stage, unit_of_work: UnitOfWork) -> None:
        resident = stage.worker.post("/residents", json=resident_body()).json()
        here = f"/residents/{resident['id']}/reveal"
        assert stage.worker.post(here, json={}).status_code == 422
        assert stage.worker.post(here, json={"purpose": "curiosity"}).status_code == 422


class TestFind:
    def test_a_file_elsewhere_is_named_by_its_township_only(self, app: FastAPI, stage: Stage) -> None:
        body = resident_body()
        stage.worker.post("/residents", json=body)
        elsewhere = make_caller(app, region_code="341124100000")
        items = elsewhere.post("/residents/find", json={"id_number": body["id_number"]}).json()
        assert (items["known"], items["resident"]) == (True, None)
        assert items["held_by"]["code"] == "341124105000"
        again = elsewhere.post("/residents", json={**body, "region_code": "341124100000"})
        assert again.status_code == 201  # a registration tells nothing of other places (docs/decisions/0011)

    def test_the_same_person_is_never_entered_twice(self, stage: Stage) -> None:
        body = resident_body()
        first = stage.worker.post("/residents", json=body).json()
        second = stage.worker.post("/residents", json=body)
        assert (second.status_code, second.json()["resident_id"]) == (409, first["id"])
