"""What requests leave in the audit, and the pages on which it is read (design.md section 7)."""

import io
import json
import re
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from factories.accounts import CITY, COUNTY
from factories.cases import make_case
from factories.databases import UnitOfWork
from factories.pages import Visitor, counted
from factories.residents import make_resident
from tuoju.accounts import audit
from tuoju.accounts.audit_anchors import AnchorFailed, AnchorTarget, anchor
from tuoju.accounts.models import AuditEntry, Role, User
from tuoju.residents.models import Resident

ELSEWHERE = "341122103213"


def entries(unit_of_work: UnitOfWork, action: str) -> list[AuditEntry]:
    with unit_of_work.read() as session:
        rows = session.exec(select(AuditEntry).where(AuditEntry.action == action).order_by(col(AuditEntry.id))).all()
        session.expunge_all()
    return list(rows)


@pytest.fixture
def worker(unit_of_work: UnitOfWork) -> Visitor:
    return Visitor(unit_of_work, display_name="李社工")


@pytest.fixture
def resident(unit_of_work: UnitOfWork, worker: Visitor) -> Resident:
    with unit_of_work.write() as session:
        return make_resident(session, worker.actor, name="欧阳建国")


class TestCoverage:
    def test_reading_is_recorded_with_session_and_request(
        self, unit_of_work: UnitOfWork, worker: Visitor, resident: Resident
    ) -> None:
        answer = worker.get(f"/residents/{resident.pk}")
        [entry] = entries(unit_of_work, "read")
        assert (entry.actor_id, entry.subject_type, entry.subject_id) == (
            worker.actor.user_id,
            "Resident",
            str(resident.pk),
        )
        assert entry.request_id == answer.headers["x-request-id"]
        assert entry.session_id is not None
        assert entry.scope == COUNTY
        assert entry.detail["route"] == "/residents/{resident_id}"

    def test_free_text_on_any_page_is_recorded_by_its_gate(
        self, unit_of_work: UnitOfWork, worker: Visitor, resident: Resident
    ) -> None:
        with unit_of_work.write() as session:
            case = make_case(session, worker.actor, resident)
        worker.get(f"/cases/{case.pk}")
        [entry] = entries(unit_of_work, "read")
        assert (entry.subject_type, entry.subject_id) == ("Case", str(case.pk))

    def test_a_reading_in_full_is_recorded_once(
        self, unit_of_work: UnitOfWork, worker: Visitor, resident: Resident
    ) -> None:
        worker.post(f"/residents/{resident.pk}/reveal", {"purpose": "visit"})
        assert [entry.purpose for entry in entries(unit_of_work, "reveal")] == ["visit"]
        assert entries(unit_of_work, "read") == []

    def test_a_search_is_recorded_without_its_words(
        self, unit_of_work: UnitOfWork, worker: Visitor, resident: Resident
    ) -> None:
        worker.post("/residents/search", {"q": "欧阳"})
        [entry] = entries(unit_of_work, "search")
        assert entry.detail == {"by": "name", "found": [resident.pk]}

    def test_a_row_out_of_scope_leaves_a_refusal(self, unit_of_work: UnitOfWork, resident: Resident) -> None:
        stranger = Visitor(unit_of_work, region_code=ELSEWHERE)
        assert stranger.get(f"/residents/{resident.pk}").status_code == 404
        [entry] = entries(unit_of_work, "refused")
        assert (entry.actor_id, entry.subject_id) == (stranger.actor.user_id, "/residents/{resident_id}")
        assert entry.detail["ids"] == {"resident_id": str(resident.pk)}

    def test_an_action_not_permitted_leaves_a_refusal(self, unit_of_work: UnitOfWork, worker: Visitor) -> None:
        assert worker.get("/audit").status_code == 403
        [entry] = entries(unit_of_work, "refused")
        assert (entry.subject_id, entry.detail["asked"]) == ("/audit", "read_audit")

    def test_a_page_that_does_not_exist_leaves_nothing(self, unit_of_work: UnitOfWork, worker: Visitor) -> None:
        assert worker.get("/no-such-page").status_code == 404
        assert entries(unit_of_work, "refused") == []

    def test_without_an_audit_no_text_leaves(
        self, unit_of_work: UnitOfWork, worker: Visitor, resident: Resident, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(audit, "_keys", None)
        answer = worker.get(f"/residents/{resident.pk}")
        assert answer.status_code == 500
        assert "欧*建国" not in answer.text


class TestResidentAndOfficer:
    def test_the_file_shows_who_opened_it_when_and_why(
        self, unit_of_work: UnitOfWork, worker: Visitor, resident: Resident
    ) -> None:
        worker.post(f"/residents/{resident.pk}/reveal", {"purpose": "visit"})
        page = worker.get(f"/residents/{resident.pk}").text
        assert re.search(r"李社工 · 查看完整信息\s+· 上门走访", page)

    def test_an_officer_sees_what_they_opened(
        self, unit_of_work: UnitOfWork, worker: Visitor, resident: Resident
    ) -> None:
        worker.get(f"/residents/{resident.pk}")
        colleague = Visitor(unit_of_work)
        assert f'href="/residents/{resident.pk}"' in worker.get("/audit/own").text
        assert f'href="/residents/{resident.pk}"' not in colleague.get("/audit/own").text


class TestAuditPage:
    @pytest.fixture
    def administrator(self, unit_of_work: UnitOfWork) -> Visitor:
        return Visitor(unit_of_work, role=Role.administrator, region_code=CITY)

    def fill(self, unit_of_work: UnitOfWork, count: int) -> None:
        for number in range(count):
            with unit_of_work.write() as session:
                purpose = "visit" if number % 2 else ""
                subject = audit.Subject("Resident", str(number))
                audit.record(session, None, "reveal", subject, scope=COUNTY, purpose=purpose)

    def rows(self, page: str) -> int:
        return page.count("<tr>") - 1

    def test_limits_by_verb_purpose_subject_and_scope(self, unit_of_work: UnitOfWork, administrator: Visitor) -> None:
        self.fill(unit_of_work, 4)
        for query, count in {
            "action=reveal": 4,
            "action=reveal&with_purpose=true": 2,
            "subject_type=Resident&subject_id=3": 1,
            f"scope={COUNTY}": 4,
            "action=reveal&first_day=2000-01-01&last_day=2001-01-01": 0,
        }.items():
            assert max(0, self.rows(administrator.get(f"/audit?{query}").text)) == count, query

    def test_the_user_name_comes_by_post_and_is_in_no_address(
        self, unit_of_work: UnitOfWork, administrator: Visitor, worker: Visitor, resident: Resident
    ) -> None:
        worker.get(f"/residents/{resident.pk}")
        username = f"user-{worker.actor.user_id}"
        with unit_of_work.write() as session:
            session.get_one(User, worker.actor.user_id).username = username
        answer = administrator.post("/audit", {"username": username, "action": "read"})
        assert username not in str(answer.url)
        assert f"actor_id={worker.actor.user_id}" in str(answer.url)
        assert self.rows(answer.text) == 1

    def test_days_left_empty_limit_nothing(self, administrator: Visitor) -> None:
        answer = administrator.post("/audit", {"first_day": "", "last_day": "", "with_purpose": "true"})
        assert answer.status_code == 200
        assert "with_purpose=True" in str(answer.url)

    def test_an_unknown_user_name_is_told_at_the_field(self, administrator: Visitor) -> None:
        answer = administrator.post("/audit", {"username": "nobody", "subject_id": "17"})
        assert answer.status_code == 422
        assert 'id="username-wrong"' in answer.text
        assert 'value="17"' in answer.text

    def test_goes_on_by_the_last_entry_with_the_same_queries(
        self, engine: Engine, unit_of_work: UnitOfWork, administrator: Visitor
    ) -> None:
        self.fill(unit_of_work, 60)
        with counted(engine) as statements:
            first = administrator.get("/audit?action=reveal")
        assert self.rows(first.text) == 50
        older = re.search(r'href="(/audit\?[^"]*before_id=\d+)"', first.text)
        assert older is not None
        with counted(engine) as more:
            assert self.rows(administrator.get(older[1].replace("&amp;", "&")).text) == 10
        assert len(statements) == len(more) <= 11

    def test_exports_are_audited(self, unit_of_work: UnitOfWork, administrator: Visitor) -> None:
        self.fill(unit_of_work, 3)
        sheet = administrator.post("/audit/export.xlsx", {"action": "reveal"})
        assert "xl/workbook.xml" in zipfile.ZipFile(io.BytesIO(sheet.content)).namelist()
        lines = administrator.post("/audit/export.jsonl", {"action": "reveal"}).text.splitlines()
        assert [json.loads(line)["kind"] for line in lines] == ["audit", "entry", "entry", "entry"]
        assert [entry.detail["rows"] for entry in entries(unit_of_work, "export_audit")] == [3, 3]

    def test_an_administrator_of_another_county_sees_none_of_it(self, unit_of_work: UnitOfWork) -> None:
        self.fill(unit_of_work, 3)
        other = Visitor(unit_of_work, role=Role.administrator, region_code="341122000000")
        assert "查看完整信息" not in other.get("/audit").text.rpartition("</details>")[2]

    def test_a_failure_to_anchor_is_an_alarm(
        self, unit_of_work: UnitOfWork, administrator: Visitor, tmp_path: Path
    ) -> None:
        assert 'role="alert"' not in administrator.get("/audit").text
        with pytest.raises(AnchorFailed):
            anchor(unit_of_work, AnchorTarget(tmp_path))
        assert 'role="alert"' in administrator.get("/audit").text
