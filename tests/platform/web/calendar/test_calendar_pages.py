"""The working-day calendar as an administrator enters it, and the banner for a missing year (domain section 14)."""

import re
from datetime import date, datetime

import pytest
from sqlmodel import Session, col, select

from factories.accounts import CITY
from factories.cases import make_case
from factories.databases import UnitOfWork
from factories.pages import Visitor
from tuoju.accounts.models import Role
from tuoju.cases.models import Case
from tuoju.cases.policies import Scheme
from tuoju.database.records import frozen_time
from tuoju.regions.calendar import CHINA, missing_year
from tuoju.regions.loading import SpecialDayError, days_in, differences_of, set_special_days
from tuoju.regions.models import CalendarDay

YEAR = "2027-01-01 休 元旦\n2027/1/2,休,元旦\n2027.01.03，休\n2027-01-04 休 元旦\n2027-01-09 班 元旦"
PUBLISHED = {"lines": YEAR, "source": "国办发明电〔2026〕9号", "whole_years": "true"}


def seen_by(admin: Visitor, days: dict[str, str]) -> dict[str, str]:
    """The preview of days, as its form posts it again."""
    preview = admin.post("/calendar", days)
    assert preview.status_code == 200
    [digest] = re.findall(r'name="seen" value="(\w{64})"', preview.text)
    return {"seen": digest}


class TestDaysIn:
    def test_copied_lines_are_read(self) -> None:
        days = days_in(YEAR)
        assert [(day.day.isoformat(), day.is_workday, day.name_zh) for day in days[-2:]] == [
            ("2027-01-04", False, "元旦"),
            ("2027-01-09", True, "元旦"),
        ]

    @pytest.mark.parametrize("line", ["2027-02-30 休", "元旦", "2027-01-01", "2027-01-01 可能"])
    def test_an_unreadable_line_is_named(self, line: str) -> None:
        with pytest.raises(SpecialDayError, match="2: "):
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
        assert "1个到期日有变化" in admin.post("/calendar", PUBLISHED | seen_by(admin, PUBLISHED)).text
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

    def test_nothing_is_saved_before_it_is_confirmed(self, unit_of_work: UnitOfWork) -> None:
        admin = Visitor(unit_of_work, Role.administrator, region_code=CITY)
        preview = admin.post("/calendar", PUBLISHED)
        assert "2027" in preview.text
        assert "01-09 班" in preview.text or "01-09 工作日" in preview.text
        with unit_of_work.read() as session:
            assert session.exec(select(CalendarDay).where(col(CalendarDay.source).contains("9号"))).all() == []

    def test_a_preview_that_is_overtaken_is_shown_again(self, unit_of_work: UnitOfWork) -> None:
        admin = Visitor(unit_of_work, Role.administrator, region_code=CITY)
        confirmed = PUBLISHED | seen_by(admin, PUBLISHED)
        with unit_of_work.write() as session:
            set_special_days(session, days_in("2027-01-09 休"), source="另一人", whole_years=False)
        assert 'name="seen"' in admin.post("/calendar", confirmed).text
        with unit_of_work.read() as session:
            assert session.exec(select(CalendarDay).where(col(CalendarDay.source).contains("9号"))).all() == []


class TestAnotherYear:
    """The announcement for a year may begin in December of the year before."""

    LINES = f"2026-12-31 休 元旦\n{YEAR}"

    def test_days_of_another_year_stay(self, session: Session) -> None:
        before = session.exec(select(CalendarDay.day).where(CalendarDay.day < date(2027, 1, 1))).all()
        set_special_days(session, days_in(self.LINES), source="通知", whole_years=True)
        after = session.exec(select(CalendarDay.day).where(CalendarDay.day < date(2027, 1, 1))).all()
        assert set(after) == {*before, date(2026, 12, 31)}

    def test_the_difference_names_what_goes(self, session: Session) -> None:
        changes = differences_of(session, days_in("2026-01-01 休 元旦"), whole_years=True)
        gone = {change.day for change in changes if change.after is None}
        assert date(2026, 10, 1) in gone
        assert all(day.year == 2026 for day in gone)
        assert all(change.after is None for change in changes)

    def test_the_page_lists_them_by_year(self, unit_of_work: UnitOfWork) -> None:
        admin = Visitor(unit_of_work, Role.administrator, region_code=CITY)
        text = admin.post("/calendar", PUBLISHED | {"lines": self.LINES}).text
        assert text.index("<h2>2026</h2>") < text.index("<h2>2027</h2>")
        assert "将删除的日子" not in text
