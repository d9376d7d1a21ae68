"""Figures that the database counts equal a recount of the plain rows, whatever the part."""

from collections.abc import Iterator
from typing import Any

import pytest
from benchmarks.big_city import Size, fill
from sqlmodel import Session, select

from factories.databases import UnitOfWork
from tuoju.accounts.models import Role, User
from tuoju.accounts.permissions import Actor
from tuoju.accounts.queries import actor_of
from tuoju.cases.models import Case, Need
from tuoju.cases.status import NeedState
from tuoju.database.engine import make_engine
from tuoju.referrals.complaints import LOW
from tuoju.referrals.models import Referral
from tuoju.referrals.status import HELPED, ReferralState
from tuoju.regions.calendar import calendar_of, china_day
from tuoju.regions.models import Region
from tuoju.reports.facts import Slice
from tuoju.reports.figures import Dimension, Figure, FigureCounts, median_of
from tuoju.visits.models import ServiceVisit, VisitAttendance

SIZE = Size(residents=120, referrals=90, visits=200)


@pytest.fixture(scope="module")
def big_city(databases: Any) -> Iterator[UnitOfWork]:
    unit_of_work = UnitOfWork(make_engine(databases.fresh()))
    fill(unit_of_work, SIZE, tell=lambda _words: None)
    yield unit_of_work
    unit_of_work.engine.dispose()


@pytest.fixture
def session(big_city: UnitOfWork) -> Iterator[Session]:
    with big_city.read() as session:
        yield session


def account(session: Session, role: Role) -> Actor:
    return actor_of(session.exec(select(User).where(User.role == role).order_by(User.id)).first())


class Recount:
    """Every figure from the plain rows, one by one."""

    def __init__(self, session: Session, actor: Actor) -> None:
        paths = {region.code: region.path for region in session.exec(select(Region))}
        home = paths[actor.region_code or ""]
        cases = {case.pk: case for case in session.exec(select(Case))}
        self.calendar = calendar_of(session)
        counties = {code: path.split("/")[1] for code, path in paths.items() if path.startswith(home) and path != home}
        self.counties = counties | {actor.region_code or "": home.split("/")[1] or home.split("/")[0]}
        self.needs = [
            (self.counties[code], f"{china_day(need.opened_at):%Y-%m}", need)
            for need in session.exec(select(Need))
            if (code := cases[need.case_id].region_code) in self.counties
        ]
        referrals = {referral.pk: referral for referral in session.exec(select(Referral))}
        self.referrals = [
            (self.counties[referral.region_code], f"{china_day(referral.requested_at):%Y-%m}", referral)
            for referral in referrals.values()
            if referral.region_code in self.counties
        ]
        visits = {visit.pk: visit for visit in session.exec(select(ServiceVisit))}
        self.served = [
            (self.counties[code], f"{visits[row.visit_id].served_on:%Y-%m}", visits[row.visit_id], row.resident_id)
            for row in session.exec(select(VisitAttendance))
            if (code := referrals[visits[row.visit_id].referral_id].region_code) in self.counties
        ]

    def of(self, part: Slice) -> dict[Figure, int]:
        def holds(county: str, month: str, project_id: int | None) -> bool:
            return (
                part.county in ("", county) and part.month in ("", month) and part.project in ("", str(project_id or 0))
            )

        needs = [need for county, month, need in self.needs if holds(county, month, None)]
        sent = [row for county, month, row in self.referrals if holds(county, month, row.project_id)]
        served = [row for row in self.served if holds(row[0], row[1], row[2].project_id)]
        helped = [row for row in sent if row.outcome in HELPED]
        return {
            Figure.waiting_needs: sum(need.state is NeedState.open for need in needs),
            Figure.referrals_sent: sum(row.state is not ReferralState.entered_in_error for row in sent),
            Figure.referrals_answered: sum(row.answered_at is not None for row in sent),
            Figure.loops_closed: sum(row.outcome is not None or row.rejection_reason is not None for row in sent),
            Figure.got_help: len(helped),
            Figure.help_confirmed: sum(is_confirmed(row) for row in helped),
            Figure.help_unconfirmed: sum(not is_confirmed(row) for row in helped),
            Figure.person_times: len(served),
            Figure.household_times: len({row[2].pk for row in served}),
            Figure.persons: len({row[3] for row in served}),
        }


def is_confirmed(referral: Referral) -> bool:
    """By the resident's word alone: the big city has no call-backs, spot checks and complaints."""
    return (referral.satisfaction or 0) > LOW and referral.solved is not False


ROLES = (Role.program_manager, Role.township_officer, Role.social_worker)


@pytest.mark.parametrize("role", ROLES)
def test_every_line_equals_the_recount_of_its_part(session: Session, role: Role) -> None:
    actor = account(session, role)
    recount, counts = Recount(session, actor), FigureCounts(session, actor)
    assert counts.values() == recount.of(Slice())
    assert counts.value(Figure.persons) > 0 or role is Role.social_worker
    for dimension in Dimension:
        lines = counts.table(dimension)
        assert {line.key: line.values for line in lines} == {
            line.key: recount.of(Slice(**{dimension.value: line.key})) for line in lines
        }


def test_a_part_of_several_dimensions_equals_its_recount(session: Session) -> None:
    actor = account(session, Role.program_manager)
    recount, keys = Recount(session, actor), FigureCounts(session, actor).keys()
    for county in keys[Dimension.county][:2]:
        for month in keys[Dimension.month][:3]:
            part = Slice(county, keys[Dimension.project][0], month)
            assert FigureCounts(session, actor, part).values() == recount.of(part)
            assert FigureCounts(session, actor, Slice(county, "", month)).values() == recount.of(
                Slice(county, "", month)
            )


def test_pages_of_rows_add_up_to_the_figure(session: Session) -> None:
    counts = FigureCounts(session, account(session, Role.program_manager))
    for figure in Figure:
        pages = [counts.rows(figure, limit=40, offset=offset) for offset in range(0, 400, 40)]
        assert sum(map(len, pages)) == counts.row_count(figure)
        by_key, last = [], 0
        while page := counts.rows(figure, limit=40, after_id=last):
            by_key += page
            last = page[-1].id
        assert by_key == [row for page in pages for row in page]


def test_days_to_an_answer_are_those_of_the_answered_referrals(session: Session) -> None:
    actor = account(session, Role.program_manager)
    recount, days = Recount(session, actor), FigureCounts(session, actor).answer_days()
    expected = sorted(
        recount.calendar.between(china_day(row.requested_at), china_day(row.answered_at))
        for _county, _month, row in recount.referrals
        if row.answered_at is not None
    )
    assert [day for day, times in days.items() for _ in range(times)] == expected
    middle = median_of(days)
    assert middle == (expected[(len(expected) - 1) // 2] + expected[len(expected) // 2]) / 2
