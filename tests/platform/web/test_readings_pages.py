"""Registration tells nothing, limits refuse in plain words, purposes are asked for (design.md section 7)."""

import re

import pytest
from sqlmodel import Session, select

from factories.accounts import CITY, VILLAGE, make_user
from factories.pages import Visitor
from factories.residents import id_number, make_resident
from tuoju.accounts.models import Role
from tuoju.accounts.permissions import Actor
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.readings.budgets import DEFAULT_LIMITS, charge
from tuoju.readings.models import Budget, BudgetUse
from tuoju.residents.models import PossibleDuplicate, Resident

ELSEWHERE = "341122103213"
TYPED = {"name": "张测试", "id_type": "resident_id", "relief_category": "NONE", "self_care": "not_assessed"}


@pytest.fixture
def known(unit_of_work: UnitOfWork) -> Resident:
    with unit_of_work.write() as session:
        worker = Actor(make_user(session).pk, "", Role.social_worker, VILLAGE)
        return make_resident(session, worker)


@pytest.fixture
def stranger(unit_of_work: UnitOfWork) -> Visitor:
    return Visitor(unit_of_work, region_code=ELSEWHERE)


def without_ids(page: str) -> str:
    """A page without what differs between two requests: ids, tokens, keys of forms, masked numbers, times."""
    without_keys = re.sub(r'name="once" value="[^"]*"', "", page)
    return re.sub(r"[0-9a-f]{20,}|\d+|\*+", "", without_keys)


class TestRegister:
    def test_the_answer_is_the_same_for_a_number_known_elsewhere(self, stranger: Visitor, known: Resident) -> None:
        stranger.client.follow_redirects = False
        seen = []
        for number in (id_number(), known.id_number):
            answer = stranger.post("/residents", {**TYPED, "id_number": number, "region_code": ELSEWHERE})
            page = stranger.get(answer.headers["location"]).text
            seen.append((answer.status_code, without_ids(answer.headers["location"]), without_ids(page)))
        assert seen[0] == seen[1]
        assert seen[0][:2] == (303, "/cases/new?resident=")

    def test_a_corrected_number_is_taken_the_same_way(
        self, unit_of_work: UnitOfWork, stranger: Visitor, known: Resident
    ) -> None:
        with unit_of_work.write() as session:
            own = make_resident(session, stranger.actor, region_code=ELSEWHERE)
        changed = {**TYPED, "id_number": known.id_number, "region_code": ELSEWHERE}
        assert "更正" in stranger.post(f"/residents/{own.pk}", changed).text


class TestLookUp:
    def test_past_the_limit_nothing_is_told_and_whom_to_ask_is_named(
        self, unit_of_work: UnitOfWork, stranger: Visitor, known: Resident
    ) -> None:
        with unit_of_work.write() as session:
            make_user(session, role=Role.administrator, region_code=CITY, display_name="系统管理员甲")
            charge(session, stranger.actor, Budget.look_up, DEFAULT_LIMITS[Role.social_worker][Budget.look_up])
        answer = stranger.post("/residents/find", {"id_number": known.id_number})
        assert answer.status_code == 429
        assert "系统管理员甲" in answer.text
        assert "查询身份证号" in answer.text
        assert "已有档案" not in answer.text


class TestDuplicatesPage:
    def test_the_level_above_decides_with_both_files_masked(
        self, unit_of_work: UnitOfWork, stranger: Visitor, known: Resident
    ) -> None:
        stranger.post("/residents", {**TYPED, "id_number": known.id_number, "region_code": ELSEWHERE})
        manager = Visitor(unit_of_work, role=Role.program_manager, region_code=CITY)
        page = manager.get("/duplicates").text
        assert "张*国" in page
        assert "张*试" in page
        assert not any(secret in page for secret in ("张建国", "张测试", known.id_number or "", "13800001234"))
        number = question(unit_of_work)
        assert manager.post(f"/duplicates/{number}", {"choice": "lives_at_known"}).status_code == 422
        decision = {"choice": "lives_at_known", "reason": "两村都认得这个人"}
        assert "没有需要决定的事项" in manager.post(f"/duplicates/{number}", decision).text
        assert manager.post(f"/duplicates/{number}", decision).status_code == 409
        assert stranger.get("/duplicates").status_code == 403


def question(unit_of_work: UnitOfWork) -> int:
    with unit_of_work.read() as session:
        return session.exec(select(PossibleDuplicate)).one().pk


class TestReadingsPage:
    def used(self, session: Session, actor: Actor) -> int:
        return session.exec(select(BudgetUse.allowed).where(BudgetUse.user_id == actor.user_id)).one()

    def test_the_officer_sees_todays_use_and_grants_more(self, unit_of_work: UnitOfWork, known: Resident) -> None:
        worker = Visitor(unit_of_work, display_name="协理员乙")
        worker.post(f"/residents/{known.pk}/reveal", {"purpose": "visit"})
        officer = Visitor(unit_of_work, role=Role.township_officer)
        assert "协理员乙" in officer.get("/readings").text
        more = {"person": str(worker.actor.user_id), "budget": "reveal", "amount": "5"}
        assert officer.post("/readings/grants", more).status_code == 422
        assert "入户核查月" in officer.post("/readings/grants", {**more, "reason": "入户核查月"}).text
        with unit_of_work.read() as session:
            assert self.used(session, worker.actor) == DEFAULT_LIMITS[Role.social_worker][Budget.reveal] + 5
        assert worker.get("/readings").status_code == 403

    def test_an_administrator_of_the_city_sets_limits_from_tomorrow(self, unit_of_work: UnitOfWork) -> None:
        administrator = Visitor(unit_of_work, role=Role.administrator, region_code=CITY)
        limit = {"role": "social_worker", "budget": "look_up", "per_day": "12"}
        assert "最早从明天" in administrator.post("/readings/limits", {**limit, "valid_from": "2026-01-01"}).text
        assert "限额已设定" in administrator.post("/readings/limits", {**limit, "valid_from": "2099-01-01"}).text


class TestPurpose:
    def test_another_reason_needs_a_note_which_only_readers_of_the_file_see(
        self, unit_of_work: UnitOfWork, known: Resident
    ) -> None:
        worker = Visitor(unit_of_work)
        here = f"/residents/{known.pk}/reveal"
        answer = worker.post(here, {"purpose": "other"})
        assert answer.status_code == 422
        assert "说明是什么原因" in answer.text
        page = worker.post(here, {"purpose": "other", "note": "核对转学材料"}).text
        assert "张建国" in page
        assert "核对转学材料" in worker.get(f"/residents/{known.pk}").text

    @pytest.mark.parametrize("file", ["file.pdf", "file.zip"])
    def test_a_file_without_a_purpose_is_not_given(self, unit_of_work: UnitOfWork, known: Resident, file: str) -> None:
        worker = Visitor(unit_of_work)
        assert worker.post(f"/residents/{known.pk}/{file}").status_code == 422
        assert worker.get(f"/residents/{known.pk}/{file}").status_code == 405
