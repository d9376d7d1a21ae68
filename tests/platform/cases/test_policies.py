"""Policies: inserted between others, never overwritten, within a region, citing the law in force (domain 0, 2.1)."""

import itertools
from datetime import date, datetime, time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from factories.accounts import CITY, COUNTY, VILLAGE, make_actor
from tuoju.accounts.models import Role
from tuoju.accounts.permissions import Actor
from tuoju.cases.errors import DuplicatePolicy, NoPolicy
from tuoju.cases.policies import (
    NoticePhase,
    Policy,
    PolicyInput,
    Scheme,
    add_policy,
    load_policies,
    policy_for,
    reminders_allowed_at,
)
from tuoju.cities.folder import read_demo_folder
from tuoju.regions.calendar import CHINA, Hours
from tuoju.regions.queries import RegionNotFound

ACT = date(2026, 7, 1)
"""社会救助法 in force."""


@pytest.fixture
def admin(session: Session) -> Actor:
    return make_actor(session, role=Role.administrator, region_code=CITY)


def row(session: Session, **values: object) -> PolicyInput:
    shipped = policy_for(session, Scheme.society_relief, VILLAGE, ACT).model_dump(exclude={"id", "valid_to"})
    return PolicyInput.model_validate(shipped | values)


class TestAdd:
    def test_a_policy_between_two_others_ends_where_the_next_begins(self, session: Session, admin: Actor) -> None:
        policy = add_policy(session, admin, row(session, valid_from="2025-01-01"))
        before = policy_for(session, Scheme.society_relief, VILLAGE, date(2024, 12, 31))
        assert (before.valid_to, policy.valid_to) == (date(2024, 12, 31), date(2026, 6, 30))
        assert policy_for(session, Scheme.society_relief, VILLAGE, ACT).valid_from == ACT

    def test_two_policies_cannot_begin_on_the_same_day(self, session: Session, admin: Actor) -> None:
        with pytest.raises(DuplicatePolicy):
            add_policy(session, admin, row(session, opinion_within=3))
        assert policy_for(session, Scheme.society_relief, VILLAGE, ACT).opinion_within == 1

    def test_a_policy_with_an_end_leaves_a_gap_after_it(self, session: Session, admin: Actor) -> None:
        add_policy(session, admin, row(session, valid_from="2027-01-01", valid_to="2027-06-30"))
        with pytest.raises(NoPolicy):
            policy_for(session, Scheme.society_relief, VILLAGE, date(2027, 7, 1))

    def test_an_administrator_adds_policies_only_in_their_own_region(self, session: Session) -> None:
        own = make_actor(session, role=Role.administrator, region_code=COUNTY)
        assert add_policy(session, own, row(session, region_code=COUNTY, valid_from="2027-01-01")).pk
        for elsewhere in (CITY, "341122000000"):
            with pytest.raises(RegionNotFound):
                add_policy(session, own, row(session, region_code=elsewhere, valid_from="2027-01-01"))

    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(starts=st.lists(st.dates(date(2027, 1, 1), date(2030, 12, 31)), min_size=1, max_size=6, unique=True))
    def test_the_order_of_adding_does_not_matter(self, session: Session, starts: list[date]) -> None:
        admin = make_actor(session, role=Role.administrator, region_code=CITY)
        nested = session.begin_nested()
        for start in starts:
            add_policy(session, admin, row(session, valid_from=start))
        for day in starts:
            assert policy_for(session, Scheme.society_relief, VILLAGE, day).valid_from == day
        rows = session.exec(select(Policy).where(Policy.scheme == Scheme.society_relief)).all()
        ordered = sorted(rows, key=lambda policy: policy.valid_from)
        for earlier, later in itertools.pairwise(ordered):
            assert earlier.valid_to is not None
            assert (later.valid_from - earlier.valid_to).days == 1
        nested.rollback()


class TestHours:
    def test_a_county_can_have_hours_of_its_own(self, session: Session, admin: Actor) -> None:
        add_policy(session, admin, row(session, region_code=COUNTY, valid_from="2027-01-01", news_until="19:30"))
        ends = [
            policy_for(session, Scheme.society_relief, where, day).news_hours.end
            for where, day in ((VILLAGE, date(2026, 12, 31)), (VILLAGE, date(2027, 1, 1)), (CITY, date(2027, 1, 1)))
        ]
        assert ends == [time(20), time(19, 30), time(20)]

    @pytest.mark.parametrize("end", ["news_until", "reminders_until"])
    def test_hours_must_end_after_they_begin(self, session: Session, end: str) -> None:
        with pytest.raises(ValueError, match="must be after"):
            row(session, **{end: "08:00"})

    @pytest.mark.parametrize("scheme", list(Scheme))
    def test_shipped_policies_have_the_default_hours(self, session: Session, scheme: Scheme) -> None:
        shipped = policy_for(session, scheme, VILLAGE, ACT)
        assert shipped.news_hours == Hours(time(8), time(20))
        assert shipped.reminder_hours == Hours(time(8), time(18))

    @pytest.mark.parametrize(
        ("moment", "held"), [("07:59", False), ("08:00", True), ("17:59", True), ("18:00", False), ("23:00", False)]
    )
    def test_reminders_are_allowed_while_any_policy_allows_them(
        self, session: Session, moment: str, held: bool
    ) -> None:
        assert reminders_allowed_at(session, datetime.combine(ACT, time.fromisoformat(moment), tzinfo=CHINA)) is held


class TestShipped:
    @pytest.mark.parametrize("scheme", list(Scheme))
    def test_policies_after_the_act_cite_it(self, session: Session, scheme: Scheme) -> None:
        """Rejection list 25: law citations to the 2014 办法 only."""
        assert "社会救助法第" in policy_for(session, scheme, VILLAGE, ACT).citation

    @pytest.mark.parametrize("scheme", [Scheme.temporary_relief, Scheme.low_income])
    def test_policies_before_the_act_do_not_cite_it(self, session: Session, scheme: Scheme) -> None:
        assert "社会救助法" not in policy_for(session, scheme, VILLAGE, date(2026, 6, 30)).citation

    def test_each_scheme_has_its_notice_phase(self, session: Session) -> None:
        """Domain 2.1: 低保 before the decision, the society after relief, 小额快救 none."""
        phases = {scheme: policy_for(session, scheme, VILLAGE, ACT).notice_phase for scheme in Scheme}
        assert phases == {
            Scheme.society_relief: NoticePhase.post_relief,
            Scheme.small_urgent: NoticePhase.none,
            Scheme.temporary_relief: NoticePhase.pre_decision,
            Scheme.low_income: NoticePhase.pre_decision,
            Scheme.charity_referral: NoticePhase.none,
        }

    def test_loading_twice_adds_nothing(self, session: Session) -> None:
        folder = read_demo_folder()
        assert load_policies(session, folder.policies) == 0
