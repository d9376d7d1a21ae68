"""The one search box: what each kind of text finds, for whom, and that no address tells what was typed."""

import pytest
from sqlmodel import select

from factories.accounts import VILLAGE
from factories.cases import make_case
from factories.databases import UnitOfWork
from factories.pages import Visitor
from factories.projects import make_project
from factories.residents import make_resident
from tuoju.accounts.models import AuditEntry, Role
from tuoju.readings.budgets import DEFAULT_LIMITS
from tuoju.readings.models import Budget, BudgetUse

ELSEWHERE = "341124101000"


@pytest.fixture
def worker(unit_of_work: UnitOfWork) -> Visitor:
    visitor = Visitor(unit_of_work)
    with unit_of_work.write() as session:
        resident = make_resident(session, visitor.actor, name="单春梅", phone="13800007788")
        make_case(session, visitor.actor, resident)
        make_project(session)
    return visitor


def sought(visitor: Visitor, text: str) -> str:
    answer = visitor.post("/search", {"q": text})
    assert answer.status_code == 200
    assert text not in str(answer.url)
    return answer.text


@pytest.mark.parametrize("text", ["春梅", "單春", "scm", "SCM", "7788", "13800007788"])
def test_a_person_is_found_by_name_initials_and_digits(worker: Visitor, text: str) -> None:
    assert "单*梅" in sought(worker, text)


@pytest.mark.parametrize("text", ["春雨", "cmx", "7789", "78"])
def test_what_fits_nobody_finds_nobody(worker: Visitor, text: str) -> None:
    assert "单*梅" not in sought(worker, text)


def test_too_few_digits_are_said(worker: Visitor) -> None:
    assert "至少输入4位数字" in sought(worker, "78")


def test_a_case_is_found_by_its_number_villages_and_pages_by_their_names(worker: Visitor) -> None:
    assert "/cases/1" in sought(worker, f"{VILLAGE}-2026-0001")
    assert f"/residents?village={VILLAGE}" in sought(worker, "黄庵")
    assert f"/residents?village={VILLAGE}" in sought(worker, "hac")
    assert 'href="/deadlines"' in sought(worker, "办理时限")


def test_nobody_is_found_out_of_scope_nor_by_a_role_that_opens_no_files(
    worker: Visitor, unit_of_work: UnitOfWork
) -> None:
    elsewhere = Visitor(unit_of_work, Role.township_officer, region_code=ELSEWHERE)
    manager = Visitor(unit_of_work, Role.program_manager)
    for visitor in (elsewhere, manager):
        assert "单*梅" not in sought(visitor, "春梅")
    assert "您的身份不能查看档案" in sought(manager, "春梅")
    assert "/cases/" not in sought(elsewhere, f"{VILLAGE}-2026-0001")


def test_people_are_looked_for_on_record_without_what_was_typed(worker: Visitor, unit_of_work: UnitOfWork) -> None:
    sought(worker, "春梅")
    with unit_of_work.read() as session:
        [entry] = session.exec(select(AuditEntry).where(AuditEntry.action == "search")).all()
        assert entry.detail == {"by": "name", "found": [1]}


def test_digits_take_from_the_daily_budget_of_look_ups(worker: Visitor, unit_of_work: UnitOfWork) -> None:
    sought(worker, "春梅")
    sought(worker, "7788")
    with unit_of_work.read() as session:
        [use] = session.exec(select(BudgetUse)).all()
        assert (use.budget, use.used) == (Budget.look_up, 1)
    limit = DEFAULT_LIMITS[Role.social_worker][Budget.look_up]
    with unit_of_work.write() as session:
        session.exec(select(BudgetUse)).one().used = limit
    assert worker.post("/search", {"q": "7788"}).status_code == 429


def test_another_browser_does_not_see_what_was_searched(worker: Visitor, unit_of_work: UnitOfWork) -> None:
    address = str(worker.post("/search", {"q": "春梅"}).url.path)
    colleague = Visitor(unit_of_work)
    assert "单*梅" not in colleague.get(address).text
