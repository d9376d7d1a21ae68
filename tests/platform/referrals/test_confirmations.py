"""A service cannot confirm itself: the resident's word, a call-back or a spot check does.

Domain sections 5.8 and 17(14).
"""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, select

from factories.accounts import TOWNSHIP, make_actor
from factories.referrals import Scene, make_scene, serve
from tuoju.accounts.errors import NotPermitted
from tuoju.accounts.models import AuditEntry, Role
from tuoju.cases.policies import Policy
from tuoju.database.records import frozen_time, now
from tuoju.referrals.complaints import ComplaintAnswerInput, answer_complaint, open_complaint_of
from tuoju.referrals.confirmations import (
    HelpState,
    OutcomeCheckInput,
    checks_of,
    count_unconfirmed,
    find_unconfirmed,
    help_states,
    record_check,
)
from tuoju.referrals.errors import DrawTooEarly, NothingToConfirm, SpotChecksDrawn
from tuoju.referrals.models import Referral, SpotCheck
from tuoju.referrals.satisfaction import record_satisfaction
from tuoju.referrals.spot_checks import digest_of, draw, month_to_draw, sample
from tuoju.referrals.status import Answerer, AskedBy, Outcome
from tuoju.regions.calendar import china_day
from tuoju.reports.city_figures import CityScope, HelpCount
from tuoju.reports.figures import Figure, FigureCounts
from tuoju.reports.sheets import Period, count_sheet

YES = OutcomeCheckInput(helped=True, answered_by=Answerer.self, asked_by=AskedBy.phone)
NO = OutcomeCheckInput(helped=False, answered_by=Answerer.family, asked_by=AskedBy.in_person)


@pytest.fixture
def scene(session: Session) -> Scene:
    return make_scene(session)


@pytest.fixture
def referral(session: Session, scene: Scene) -> Referral:
    return serve(session, scene)


def _state(session: Session, referral: Referral) -> HelpState | None:
    session.flush()
    return help_states(session, [referral.pk]).get(referral.pk)


class TestConfirming:
    def test_the_word_of_the_charity_alone_confirms_nothing(self, session: Session, referral: Referral) -> None:
        assert _state(session, referral) is HelpState.unconfirmed

    @pytest.mark.parametrize(
        ("satisfaction", "solved", "state"),
        [
            (3, None, HelpState.confirmed),
            (5, True, HelpState.confirmed),
            (5, False, HelpState.contested),
            (2, True, HelpState.contested),
        ],
    )
    def test_the_word_of_the_resident_confirms_or_contests(
        self, session: Session, referral: Referral, satisfaction: int, solved: bool | None, state: HelpState
    ) -> None:
        record_satisfaction(session, None, referral, satisfaction, solved=solved, asked_by=AskedBy.link)
        assert _state(session, referral) is state

    def test_a_call_back_confirms_and_is_audited(self, session: Session, scene: Scene, referral: Referral) -> None:
        assert count_unconfirmed(session, scene.worker) == 1
        check = record_check(session, scene.worker, referral, YES)
        assert check.spot_check_id is None
        assert _state(session, referral) is HelpState.confirmed
        assert count_unconfirmed(session, scene.worker) == 0
        assert session.exec(select(AuditEntry).where(AuditEntry.action == "call_back")).one()

    def test_not_helped_opens_a_complaint(self, session: Session, scene: Scene, referral: Referral) -> None:
        record_satisfaction(session, scene.worker, referral, 5)
        record_check(session, scene.worker, referral, NO)
        assert open_complaint_of(session, referral) is not None
        assert _state(session, referral) is HelpState.contested

    def test_an_answered_complaint_is_confirmed_by_the_next_call_back(
        self, session: Session, scene: Scene, referral: Referral
    ) -> None:
        record_satisfaction(session, None, referral, 1, asked_by=AskedBy.link)
        answer_complaint(session, scene.worker, referral, ComplaintAnswerInput(answer="已重新上门", helped=True))
        assert _state(session, referral) is HelpState.unconfirmed
        record_check(session, scene.worker, referral, YES)
        assert _state(session, referral) is HelpState.confirmed

    def test_never_by_the_charity_nor_by_link_nor_without_help(
        self, session: Session, scene: Scene, referral: Referral
    ) -> None:
        with pytest.raises(NotPermitted):
            record_check(session, scene.charity, referral, YES)
        with pytest.raises(NothingToConfirm):
            record_check(session, scene.worker, referral, YES.model_copy(update={"asked_by": AskedBy.link}))
        referral.outcome = Outcome.unmet
        with pytest.raises(NothingToConfirm):
            record_check(session, scene.worker, referral, YES)
        assert _state(session, referral) is None


class TestFigures:
    def test_confirmed_and_unconfirmed_stand_beside_each_other(
        self, session: Session, scene: Scene, referral: Referral
    ) -> None:
        manager = make_actor(session, role=Role.program_manager)

        def counted() -> tuple[int, int, int, HelpCount, int]:
            session.flush()
            value, city = FigureCounts(session, manager).value, CityScope(session, manager).numbers()
            return (
                value(Figure.got_help),
                value(Figure.help_confirmed),
                value(Figure.help_unconfirmed),
                city.help_count,
                city.figures.residents_referred_helped,
            )

        assert counted() == (1, 0, 1, HelpCount(0, 1), 1)
        record_check(session, scene.worker, referral, YES)
        assert counted() == (1, 1, 0, HelpCount(1, 0), 1)
        assert FigureCounts(session, manager).help_confirmed_rate().share == 1.0
        record_check(session, scene.worker, referral, NO)
        assert counted() == (0, 0, 0, HelpCount(0, 0), 0)

    def test_a_sheet_counts_as_it_stood_then(self, session: Session, scene: Scene, referral: Referral) -> None:
        today = china_day(now())
        before = now()
        with frozen_time(before + timedelta(hours=1)):
            record_check(session, scene.worker, referral, YES)
        with frozen_time(before + timedelta(hours=2)):
            record_check(session, scene.worker, referral, NO)
        sheets = [
            count_sheet(session, referral.region_code, Period(today, today + timedelta(days=1), before + wait))
            for wait in (timedelta(minutes=1), timedelta(minutes=61), timedelta(minutes=121))
        ]
        assert [(sheet.help_confirmed, sheet.help_unconfirmed) for sheet in sheets] == [(0, 1), (1, 0), (0, 0)]


class TestSample:
    @given(
        st.text("0123456789abcdef", min_size=1, max_size=32),
        st.sets(st.integers(min_value=1, max_value=10**6), max_size=60),
        st.integers(min_value=0, max_value=100),
    )
    def test_it_is_the_share_rounded_up_and_the_same_again(self, seed: str, population: set[int], percent: int) -> None:
        drawn = sample(seed, population, percent)
        assert drawn == sample(seed, sorted(population, reverse=True), percent)
        assert set(drawn) <= population
        assert len(drawn) == -(-len(population) * percent // 100)

    def test_a_larger_share_draws_the_smaller_sample_too(self) -> None:
        assert set(sample("a", range(100), 10)) < set(sample("a", range(100), 30))

    def test_a_share_out_of_bounds_is_refused(self) -> None:
        with pytest.raises(ValueError, match="percent"):
            sample("a", [1], 101)


class TestDraws:
    def test_a_month_is_drawn_once_by_the_policy_and_audited(
        self, session: Session, scene: Scene, referral: Referral
    ) -> None:
        township = make_actor(session, role=Role.township_officer, region_code=TOWNSHIP)
        with frozen_time(now() + timedelta(days=40)):
            drawn = draw(session, township, f"{china_day(referral.ended_at):%Y-%m}")
            with pytest.raises(SpotChecksDrawn):
                draw(session, township, drawn.month)
        policy = session.get_one(Policy, scene.case.policy_id)
        assert (drawn.percent, drawn.population) == (policy.spot_check_percent, [referral.pk])
        assert [check.referral_id for check in session.exec(select(SpotCheck))] == [referral.pk]
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "draw_spot_checks")).one()
        assert digest_of([referral.pk]) in str(entry.detail)

    def test_whoever_sent_the_referral_does_not_make_its_spot_check(
        self, session: Session, scene: Scene, referral: Referral
    ) -> None:
        township = make_actor(session, role=Role.township_officer, region_code=TOWNSHIP)
        with frozen_time(now() + timedelta(days=40)):
            draw(session, township, f"{china_day(referral.ended_at):%Y-%m}")
            record_check(session, scene.worker, referral, YES)
            assert [row.referral for row in find_unconfirmed(session, township, is_drawn=True)] == [referral]
            record_check(session, township, referral, YES)
            assert find_unconfirmed(session, township, is_drawn=True) == []
        assert [check.spot_check_id is None for check in checks_of(session, referral)] == [False, True]

    def test_a_month_that_is_not_over_and_the_village_draw_nothing(self, session: Session, scene: Scene) -> None:
        township = make_actor(session, role=Role.township_officer, region_code=TOWNSHIP)
        for month in (f"{china_day(now()):%Y-%m}", "2026-13", ""):
            with pytest.raises(DrawTooEarly):
                draw(session, township, month)
        with pytest.raises(NotPermitted):
            draw(session, scene.worker, month_to_draw())
