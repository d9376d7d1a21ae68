"""The simulated month: its figures are the plan's totals, counted from rows by two paths, and the same by seed."""

import hashlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import Session

from factories.accounts import CITY
from factories.cities import BY_ANOTHER_PATH, simulated
from factories.databases import UnitOfWork
from tuoju.accounts import audit
from tuoju.accounts.models import Role
from tuoju.accounts.permissions import Actor
from tuoju.database.records import now
from tuoju.reports.city_figures import CityFigures, city_figures
from tuoju.reports.sheets import Period, count_sheet
from tuoju.reports.summaries import sheet_of, summaries_of_month
from tuoju.simulation.city_plan import shares, split

MANAGER = Actor(user_id=0, display_name="", role=Role.program_manager, region_code=CITY)


@pytest.fixture(scope="module")
def city(small_city: UnitOfWork) -> Iterator[Session]:
    with small_city.read() as session:
        yield session


def test_the_figures_are_the_totals_of_the_plan(city: Session) -> None:
    assert city_figures(city, MANAGER) == CityFigures(
        societies=24,
        relief_person_times=61,
        relief_paid_fen=2_390_000,
        residents_referred=26,
        residents_referred_helped=26,
        projects=13,
        service_person_times=190,
        average_handling_working_days=1.5,
    )


@pytest.mark.parametrize("figure", BY_ANOTHER_PATH)
def test_another_path_through_the_rows_gives_the_same(city: Session, figure: str) -> None:
    counted = city.connection().execute(text(BY_ANOTHER_PATH[figure])).scalar_one()
    assert counted == getattr(city_figures(city, MANAGER), figure)


def test_the_average_is_that_of_the_audit(city: Session) -> None:
    """1.5 working days, from the audit's own times and the published holidays (chinesecalendar as oracle)."""
    rows = city.connection().execute(
        text("""SELECT a.subject_id, min(CASE a.action WHEN 'open_case' THEN a.at END),
        max(CASE a.action WHEN 'case_complete_relief' THEN a.at END) FROM audit_entry a
        WHERE a.subject_type = 'Case' GROUP BY a.subject_id""")
    )
    days = []
    for _case, opened, relieved in rows:
        if relieved is not None:
            first, last = (date.fromisoformat(item[:10]) for item in (opened, relieved))
            days.append(max(0.5, float(len(chinese_calendar.get_workdays(first, last)) - 1)))
    assert sum(days) / len(days) == 1.5


def test_no_step_was_skipped_or_late(city: Session) -> None:
    """Everything went through the verbs: the audit holds, and whatever was due was done in time."""
    report = audit.verify(city)
    assert report.findings == []
    assert sum(report.entries.values()) > 1000
    states = city.connection().execute(text("SELECT state, count(*) FROM assistance_case GROUP BY state")).all()
    assert sorted(states) == [("closed", 61), ("refused", 3)]
    late = "SELECT count(*) FROM public_notice WHERE julianday(posted_on) - julianday(relieved_on) > 4"
    assert city.connection().execute(text(late)).scalar_one() == 0
    balance = city.connection().execute(text("SELECT min(balance_fen) FROM earmarked_account")).scalar_one()
    assert balance >= 0


def test_the_same_seed_makes_the_same_rows_and_another_seed_others(city: Session, tmp_path: Path) -> None:
    def fingerprint(session: Session) -> str:
        query = """SELECT c.number, c.state, c.granted_fen, c.relief_completed_at, v.served_on, v.minutes
            FROM assistance_case c LEFT JOIN need n ON n.case_id = c.id LEFT JOIN referral r ON r.need_id = n.id
            LEFT JOIN service_visit v ON v.referral_id = r.id ORDER BY c.id, v.id"""
        rows = session.connection().execute(text(query)).all()
        return hashlib.sha256(repr(rows).encode()).hexdigest()

    with simulated(tmp_path, 1).read() as again, simulated(tmp_path, 2).read() as other:
        assert fingerprint(again) == fingerprint(city) != fingerprint(other)


@given(
    st.integers(1, 60).flatmap(lambda parts: st.tuples(st.just(parts), st.integers(parts, parts * 9))), st.integers()
)
def test_a_split_adds_up_within_its_bounds(given_parts: tuple[int, int], seed: int) -> None:
    parts, total = given_parts
    result = split(total, parts, Random(seed), limit=9)
    assert (len(result), sum(result)) == (parts, total)
    assert all(1 <= item <= 9 for item in result)


def test_what_can_not_be_split_is_said() -> None:
    with pytest.raises(ValueError, match="can not be 3 numbers from 1 to 9"):
        split(28, 3, Random(0), limit=9)


@given(st.integers(0, 10_000), st.lists(st.integers(1, 500), min_size=1, max_size=20))
def test_shares_add_up_and_keep_their_proportion(total: int, weights: list[int]) -> None:
    result = shares(total, weights)
    assert sum(result) == total
    assert all(abs(item - total * weight / sum(weights)) < 1 for item, weight in zip(result, weights, strict=True))


def test_the_societies_hand_in_their_month_and_the_sheets_add_up_to_the_figures(city: Session) -> None:
    lines = summaries_of_month(city, MANAGER, "2026-10", CITY)
    results = [sheet_of(line.summary) for line in lines if line.summary is not None]
    assert len(lines) == 24
    assert sum(line.missing for line in lines) <= 2
    figures = city_figures(city, MANAGER)
    total = count_sheet(city, CITY, Period(date(2026, 10, 1), date(2026, 10, 31), now()))
    assert total.relief_person_times == figures.relief_person_times
    assert total.relief_fen == figures.relief_paid_fen
    assert total.average_days == figures.average_handling_working_days
    assert total.service_person_times == figures.service_person_times
    if not any(line.missing for line in lines):
        assert sum(sheet.relief_fen for sheet in results) == total.relief_fen
