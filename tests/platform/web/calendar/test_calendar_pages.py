"""The working-day calendar as an administrator enters it, and the banner for a missing year (domain section 14)."""

from datetime import datetime

import pytest
from sqlmodel import Session, col, select

from factories.accounts import CITY
from factories.cases import make_case
from factories.pages import Visitor
from tuoju.accounts.models import Role
from tuoju.cases.models import Case
from tuoju.cases.policies import Scheme
from tuoju.database.records import frozen_time
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.regions.calendar import CHINA, missing_year
from tuoju.regions.loading import RegionFileError, days_in
from tuoju.regions.models import CalendarDay

YEAR = "2027-01-01 休 元旦\n2027/1/2,休,元旦\n2027.01.03，休\n2027-01-04 休 元旦\n2027-01-09 班 元旦"
PUBLISHED = {"lines": YEAR, "source": "国办发明电〔2026〕9号", "whole_years": "true"}


class TestDaysIn:
    def test_copied_lines_are_read(self) -> None:
        days = days_in(YEAR)
        assert [(day.day.isoformat(), day.is_workday, day.name_zh) for day in days[-2:]] == [
            ("2027-01-04", False, "元旦"),
            ("2027-01-09", True, "元旦"),
        ]

    @pytest.mark.parametrize("line", ["2027-02-30 休", "元旦", "2027-01-01", "2027-01-01 可能"])
    def test_an_unreadable_line_is_named(self, line: str) -> None:
        with pytest.raises(RegionFileError, match="2: "):
            days_in(f"2027-01-01 休\n{line}")


class TestMissingYear:
    @pytest.mark.parametrize(
        ("day", "missing"), [("2026-11-30", None), ("2026-12-01", 2027), ("2027-01-05", 2027), ("2024-12-31", None)]
    )
    def test_the_banner_names_the_present_year_and_from_december_the_next(
        self, session: Session, day: str, missing: int | None
    ) -> None:
        assert missing_year(session, datetime.fromisoformat(day).date()) == missing


class TestCalendarPage:
    def test_publishing_a_year_recomputes_deadlines(self, unit_of_work: UnitOfWork) -> None:
        """Golden scenario S9: deadlines are provisional until the year is loaded."""
        worker, admin = Visitor(unit_of_work), Visitor(unit_of_work, Role.administrator, region_code=CITY)
        with frozen_time(datetime(2026, 12, 31, 10, tzinfo=CHINA)), unit_of_work.write() as session:
            case_id = make_case(session, worker.actor, scheme=Scheme.society_relief).pk
        assert worker.post("/calendar", PUBLISHED).status_code == 403
        assert "1个到期日有变化" in admin.post("/calendar", PUBLISHED).text
        with unit_of_work.read() as session:
            case = session.get_one(Case, case_id)
            assert not case.due_provisional
            assert case.due_at == datetime(2027, 1, 6, tzinfo=CHINA)
        assert "2027" in worker.get("/calendar").text

    def test_a_wrong_line_keeps_what_was_typed(self, unit_of_work: UnitOfWork) -> None:
        admin = Visitor(unit_of_work, Role.administrator, region_code=CITY)
        answer = admin.post("/calendar", PUBLISHED | {"lines": YEAR + "\n春节待定"})
        assert answer.status_code == 422
        assert "春节待定" in answer.text
        with unit_of_work.read() as session:
            assert session.exec(select(CalendarDay).where(col(CalendarDay.source).contains("9号"))).all() == []
