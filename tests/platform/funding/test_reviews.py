"""Reviews: interests declared before anything opens, blind points with reasons, scores read when all are in."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from pydantic import ValidationError
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session, col, select

from factories.accounts import COUNTY, make_actor
from factories.applications import make_application
from factories.checks import close, make_member, make_staff, open_call, pass_check
from factories.databases import UnitOfWork
from factories.reviews import (
    KIN,
    NO_INTEREST,
    call_to_review,
    call_under_review,
    points_of_share,
    reviews_by,
    scores,
    write_review,
)
from tuoju.accounts.errors import NotPermitted, OutOfScope
from tuoju.accounts.models import Role
from tuoju.accounts.permissions import Actor
from tuoju.funding import applications, review_assignment, review_queries, reviews, scoring
from tuoju.funding.application_models import Application
from tuoju.funding.criteria import Criterion
from tuoju.funding.errors import (
    ApplicationsWaiting,
    FundingError,
    InterestFound,
    NobodyLeft,
    PointsLocked,
    ReviewClosed,
    ReviewNotClosed,
    ReviewNotFound,
    ReviewsMissing,
    ScoresNotFinal,
    TextNotOpen,
    TooFewReviewers,
)
from tuoju.funding.invariants import INVARIANTS
from tuoju.funding.models import Call, FundingStep
from tuoju.funding.review_inputs import OfficeReasonInput, ScoresInput
from tuoju.funding.review_models import Review
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.models import Notification
from tuoju_projects.errors import IllegalStep
from tuoju_projects.funding_status import ApplicationState, CallState, Hat, ReviewState
from tuoju_projects.queries import get_organization

BECAUSE = OfficeReasonInput(office_reason="发现利益冲突")


@pytest.fixture
def manager(session: Session) -> Actor:
    return make_actor(session, role=Role.program_manager, region_code=COUNTY)


@pytest.fixture
def under_review(session: Session, manager: Actor) -> tuple[Call, list[Actor]]:
    """Two applications, five reviewers."""
    return call_under_review(session, manager)


@pytest.fixture
def call(under_review: tuple[Call, list[Actor]]) -> Call:
    return under_review[0]


@pytest.fixture
def experts(under_review: tuple[Call, list[Actor]]) -> list[Actor]:
    return under_review[1]


def kinds_of(session: Session, actor: Actor) -> list[NotificationKind]:
    query = select(Notification.kind).where(Notification.recipient_id == actor.user_id)
    return list(session.exec(query.order_by(col(Notification.id))))


class TestStart:
    def test_up_to_thirty_everybody_reads_all_in_an_order_of_their_own(
        self, session: Session, call: Call, experts: list[Actor]
    ) -> None:
        for expert in experts:
            own = reviews_by(session, expert)
            assert [review.position for review in own] == [1, 2]
            assert len({review.application_id for review in own}) == 2
            assert kinds_of(session, expert)[-1] is NotificationKind.reviews_assigned
        assert call.state is CallState.review

    def test_not_before_every_paper_is_checked(self, session: Session, manager: Actor) -> None:
        call = open_call(session, manager)
        screener = make_member(session, manager, call, Hat.screener)
        for _ in range(5):
            make_member(session, manager, call, Hat.reviewer)
        staff = make_staff(session)
        application = applications.submit(session, staff, make_application(session, staff, call))
        close(session, call)
        with pytest.raises(ApplicationsWaiting):
            review_assignment.start_review(session, manager, call)
        pass_check(session, screener, application)
        review_assignment.start_review(session, manager, call)

    def test_as_many_reviewers_as_the_rules_ask_for(self, session: Session, manager: Actor) -> None:
        """Rule R13: five."""
        call, _experts = call_to_review(session, manager, 1, 4)
        with pytest.raises(TooFewReviewers) as refused:
            review_assignment.start_review(session, manager, call)
        assert refused.value.needed == 5

    def test_only_a_manager_of_the_region(self, session: Session, manager: Actor) -> None:
        call, [expert, *_more] = call_to_review(session, manager, 1, 5)
        with pytest.raises(NotPermitted):
            review_assignment.start_review(session, expert, call)
        elsewhere = make_actor(session, role=Role.program_manager, region_code="341122000000")
        with pytest.raises(OutOfScope):
            review_assignment.start_review(session, elsewhere, call)


class TestDeclaration:
    def test_nothing_opens_before_it(self, session: Session, experts: list[Actor]) -> None:
        [review, *_more] = reviews_by(session, experts[0])
        with pytest.raises(TextNotOpen):
            reviews.save_scores(session, experts[0], review, scores({}))
        reviews.declare(session, experts[0], review, NO_INTEREST)
        with pytest.raises(IllegalStep):
            reviews.declare(session, experts[0], review, NO_INTEREST)
        assert review.state is ReviewState.declared

    def test_an_interest_recuses_and_the_manager_is_told(
        self, session: Session, manager: Actor, experts: list[Actor]
    ) -> None:
        [review, *_more] = reviews_by(session, experts[0])
        reviews.declare(session, experts[0], review, KIN)
        assert review.state is ReviewState.recused
        assert kinds_of(session, manager)[-1] is NotificationKind.review_to_replace
        with pytest.raises(TextNotOpen):
            reviews.save_scores(session, experts[0], review, scores({}))

    def test_the_database_keeps_points_of_who_has_an_interest_out(self, session: Session, experts: list[Actor]) -> None:
        [review, *_more] = reviews_by(session, experts[0])
        review.state = ReviewState.draft
        with pytest.raises(IntegrityError):
            session.flush()


class TestScope:
    def test_a_review_is_its_reviewers_alone(
        self, session: Session, manager: Actor, call: Call, experts: list[Actor]
    ) -> None:
        [review, *_more] = reviews_by(session, experts[0])
        for actor in (experts[1], manager, make_actor(session)):
            with pytest.raises(ReviewNotFound):
                review_queries.get_review(session, actor, review.pk)
        with pytest.raises(ReviewClosed):
            reviews.declare(session, experts[1], review, NO_INTEREST)
        with pytest.raises(OutOfScope):
            reviews.declare(session, manager, review, NO_INTEREST)
        assert review_queries.get_review(session, experts[0], review.pk).pk == review.pk

    def test_the_manager_reads_no_score_before_the_review_is_closed(
        self, session: Session, manager: Actor, call: Call
    ) -> None:
        with pytest.raises(ReviewNotClosed):
            scoring.scores_of(session, manager, call)

    def test_the_blind_part_does_not_tell_who_wrote_it(self, session: Session, experts: list[Actor]) -> None:
        """Names that the applicant left in are masked; contact is never shown, the team after the points are final."""
        [review, *_more] = reviews_by(session, experts[0])
        application = session.get_one(Application, review.application_id)
        name = get_organization(session, application.organization_id).name
        assert name not in review_queries.mask_of(session, application)(f"由{name}承办")
        blind = review_queries.content_to_review(session, application, with_team=False)
        assert blind.keys() == {"for_whom", "what", "how_many", "how_much"}
        opened = review_queries.content_to_review(session, application, with_team=True)
        assert opened["who"].keys() == {"staff", "experience"}


class TestScores:
    @pytest.mark.parametrize("typed", [101, -1, "7.55", "八"])
    def test_points_are_whole_and_within_range(self, typed: Any) -> None:
        with pytest.raises(ValidationError):
            ScoresInput.model_validate({"points_need": typed})

    @pytest.mark.parametrize(
        ("points", "reason", "is_final"),
        [
            (10, "", True),
            (18, "", True),
            (9, "", False),
            (19, "", False),
            (19, "数据扎实，方案完整可行。", True),
            (None, "", False),
        ],
    )
    def test_a_reason_below_half_and_above_ninety_percent(
        self, session: Session, experts: list[Actor], points: int | None, reason: str, is_final: bool
    ) -> None:
        """Of 20 points for the need."""
        [review, *_more] = reviews_by(session, experts[0])
        reviews.declare(session, experts[0], review, NO_INTEREST)
        blind = {row: granted for row, granted in points_of_share(0.7).items() if row is not Criterion.team}
        inputs = scores(blind).model_copy(update={"points_need": points, "reason_need": reason})
        reviews.save_scores(session, experts[0], review, inputs)
        assert (
            not review_queries.faults_of(session.get_one(Call, review.call_id), review, [Criterion.need])
        ) is is_final

    def test_more_than_the_points_of_a_criterion_are_refused(self, session: Session, experts: list[Actor]) -> None:
        [review, *_more] = reviews_by(session, experts[0])
        reviews.declare(session, experts[0], review, NO_INTEREST)
        with pytest.raises(ScoresNotFinal) as refused:
            reviews.save_scores(session, experts[0], review, scores({Criterion.innovation: 8}))
        assert [fault.criterion for fault in refused.value.faults] == [Criterion.innovation]

    def test_the_team_is_scored_after_the_other_points_are_final(self, session: Session, experts: list[Actor]) -> None:
        [review, *_more] = reviews_by(session, experts[0])
        reviews.declare(session, experts[0], review, NO_INTEREST)
        with pytest.raises(PointsLocked):
            reviews.save_scores(session, experts[0], review, scores({Criterion.team: 10}))
        reviews.save_scores(session, experts[0], review, scores({Criterion.need: 12}))
        with pytest.raises(ScoresNotFinal):
            reviews.lock_blind_part(session, experts[0], review)
        blind = {row: granted for row, granted in points_of_share(0.7).items() if row is not Criterion.team}
        reviews.save_scores(session, experts[0], review, scores(blind))
        reviews.lock_blind_part(session, experts[0], review)
        reviews.save_scores(session, experts[0], review, scores(points_of_share(0.9)))
        assert review.points["need"] == 14, "final points stay"
        assert review.points["team"] == round(15 * 0.9)
        reviews.submit_review(session, experts[0], review)
        with pytest.raises(IllegalStep):
            reviews.save_scores(session, experts[0], review, scores(points_of_share(0.5)))


class TestConflictFoundLate:
    def test_it_voids_the_review_and_another_reviewer_is_assigned(
        self, session: Session, manager: Actor, call: Call, experts: list[Actor]
    ) -> None:
        """Golden scenario G2: means without it, the history shows before and after."""
        [review, *_more] = reviews_by(session, experts[0])
        write_review(session, experts[0], review, 0.3)
        reviews.report_conflict(session, experts[0], review, KIN)
        assert not review_queries.counts(review)
        with pytest.raises(InterestFound):
            reviews.report_conflict(session, experts[0], review, KIN)
        newcomer = make_member(session, manager, call, Hat.reviewer)
        following = review_assignment.replace_review(session, manager, review, BECAUSE)
        assert following is not None
        assert (following.reviewer_id, review.state) == (newcomer.user_id, ReviewState.replaced)
        query = select(FundingStep.verb).where(FundingStep.machine == "review", FundingStep.row_id == review.pk)
        verbs = list(session.exec(query.order_by(col(FundingStep.id))))
        assert verbs == ["declare", "save", "submit", "reopen", "reassign"]
        with pytest.raises(ReviewNotFound):
            review_queries.get_review(session, experts[0], review.pk)

    def test_where_nobody_is_left_the_application_stays_with_fewer(
        self, session: Session, manager: Actor, experts: list[Actor]
    ) -> None:
        [review, *_more] = reviews_by(session, experts[0])
        reviews.declare(session, experts[0], review, KIN)
        with pytest.raises(NobodyLeft):
            review_assignment.assign_another(session, manager, session.get_one(Application, review.application_id))


class TestClose:
    def test_missing_reviews_keep_it_open_while_somebody_can_write_them(
        self, session: Session, manager: Actor, call: Call, experts: list[Actor]
    ) -> None:
        for expert in experts[:4]:
            for review in reviews_by(session, expert):
                write_review(session, expert, review)
        with pytest.raises(ReviewsMissing) as refused:
            review_assignment.close_review(session, manager, call)
        assert list(refused.value.receipts) == [1, 2]
        first, second = reviews_by(session, experts[4])
        reviews.declare(session, experts[4], first, KIN)
        write_review(session, experts[4], second)
        review_assignment.close_review(session, manager, call)
        states = session.exec(select(Application.state).where(Application.call_id == call.pk)).all()
        assert (call.state, set(states)) == (CallState.deliberation, {ApplicationState.scored})
        rows = scoring.scores_of(session, manager, call).rows
        assert sorted((row.score.reviews, row.is_short) for row in rows) == [(4, True), (5, False)]
        with pytest.raises(ReviewClosed):
            review_assignment.reopen_review(session, manager, second, BECAUSE)

    def test_a_reopened_review_is_changed_and_submitted_again(
        self, session: Session, manager: Actor, experts: list[Actor]
    ) -> None:
        [review, *_more] = reviews_by(session, experts[0])
        write_review(session, experts[0], review)
        review_assignment.reopen_review(session, manager, review, BECAUSE)
        assert review.office_reason == "发现利益冲突"
        reviews.submit_review(session, experts[0], review)
        assert review.state is ReviewState.submitted


class TestAdjustedScores:
    def test_the_strict_reviewer_is_taken_out_and_the_raw_mean_stays_beside(
        self, session: Session, manager: Actor, call: Call, experts: list[Actor]
    ) -> None:
        """Golden scenario G3: whoever is strict reads one application only; missing reviews are not zero."""
        better, worse = sorted({review.application_id for review in reviews_by(session, experts[0])})
        shares = {better: 0.8, worse: 0.76}
        for expert in experts:
            for review in reviews_by(session, expert):
                if expert is experts[0] and review.application_id == worse:
                    reviews.declare(session, expert, review, KIN)
                    continue
                strict = 0.25 if expert is experts[0] else 0.0
                write_review(session, expert, review, shares[review.application_id] - strict)
        review_assignment.close_review(session, manager, call)
        result = scoring.scores_of(session, manager, call)
        by_id = {row.application.pk: row for row in result.rows}
        totals = [review_total for review_total, application_id in _totals(session, call) if application_id == better]
        assert by_id[better].score.mean == pytest.approx(sum(totals) / 5)
        assert by_id[worse].score.reviews == 4
        strictest = max(result.strictness, key=lambda reviewer: result.strictness[reviewer])
        assert strictest == experts[0].user_id
        assert by_id[better].score.adjusted == pytest.approx(by_id[better].score.mean), "everybody read it"
        assert by_id[worse].score.adjusted < by_id[worse].score.mean, "the strict one did not"
        assert by_id[better].must_discuss is (by_id[better].score.spread > 25)

    def test_below_the_pass_mark_and_below_a_criterion(
        self, session: Session, manager: Actor, call: Call, experts: list[Actor]
    ) -> None:
        """Rule R14: 60 points, and 40 percent of each criterion on average."""
        for expert in experts:
            for review in reviews_by(session, expert):
                share = 0.5 if review.application_id % 2 else 0.8
                write_review(session, expert, review, share)
        review_assignment.close_review(session, manager, call)
        rows = scoring.scores_of(session, manager, call).rows
        assert {row.application.pk % 2: row.passes for row in rows} == {0: True, 1: False}
        assert scoring.scores_of(session, manager, call).within_budget == 2


def _totals(session: Session, call: Call) -> Iterator[tuple[int, int]]:
    """Points of the reviews that count, by another path than the code."""
    for review in session.exec(select(Review).where(Review.call_id == call.pk)):
        if review.state is ReviewState.submitted:
            yield sum(review.points.values()), review.application_id


class TestRaces:
    def test_the_last_reviewer_submits_while_the_review_is_closed(self, engine: Engine) -> None:
        """Either the review counts or it is refused, never half: nothing is kept after the review is closed."""
        unit_of_work = UnitOfWork(engine)
        with unit_of_work.write() as session:
            manager = make_actor(session, role=Role.program_manager, region_code=COUNTY)
            call, experts = call_to_review(session, manager, 1, 6)
            review_assignment.start_review(session, manager, call)
            for expert in experts[:5]:
                write_review(session, expert, *reviews_by(session, expert))
            [last] = reviews_by(session, experts[5])
            write_review(session, experts[5], last)
            review_assignment.reopen_review(session, manager, last, BECAUSE)
            call_id, review_id = call.pk, last.pk
        loaded, results = threading.Barrier(2, timeout=30), []

        def close_it(session: Session) -> None:
            review_assignment.close_review(session, manager, session.get_one(Call, call_id))

        def submit_it(session: Session) -> None:
            reviews.submit_review(session, experts[5], session.get_one(Review, review_id))

        def work(verb: Any) -> None:
            try:
                with unit_of_work.write() as session:
                    if engine.dialect.name == "postgresql":
                        session.get_one(Call, call_id)
                        loaded.wait()
                    verb(session)
                results.append(verb.__name__)
            except (FundingError, IllegalStep, StaleDataError):
                results.append("refused")

        threads = [threading.Thread(target=work, args=[verb]) for verb in (close_it, submit_it)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert "close_it" in results
        with unit_of_work.read() as session:
            state = session.get_one(Review, review_id).state
            assert state is (ReviewState.submitted if "submit_it" in results else ReviewState.draft)
            assert [list(check(session)) for check in INVARIANTS.values()] == [[] for _ in INVARIANTS]

    def test_two_managers_replace_one_review_at_once(self, engine: Engine) -> None:
        unit_of_work = UnitOfWork(engine)
        with unit_of_work.write() as session:
            managers = [make_actor(session, role=Role.program_manager, region_code=COUNTY) for _ in range(2)]
            call, experts = call_under_review(session, managers[0], 1)
            make_member(session, managers[0], call, Hat.reviewer)
            review_id = reviews_by(session, experts[0])[0].pk
        results: list[str] = []

        def replace(manager: Actor) -> None:
            try:
                with unit_of_work.write() as session:
                    review = session.get_one(Review, review_id)
                    review_assignment.replace_review(session, manager, review, BECAUSE)
                results.append("replaced")
            except (IllegalStep, StaleDataError):
                results.append("refused")

        threads = [threading.Thread(target=replace, args=[manager]) for manager in managers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert sorted(results) == ["refused", "replaced"]
        with unit_of_work.read() as session:
            assert len(session.exec(select(Review)).all()) == 6


class ReviewMachine(RuleBasedStateMachine):
    """Whatever a reviewer and a manager try: lawful histories, nothing scored before the declaration."""

    session: Session
    manager: Actor
    experts: list[Actor]

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = self.session.begin_nested()
        self.review = reviews_by(self.session, self.experts[0])[0]

    def teardown(self) -> None:
        self.savepoint.rollback()

    def attempt(self, verb: Any, *values: Any) -> None:
        try:
            verb(self.session, *values)
        except (FundingError, IllegalStep):
            return

    @rule(inputs=st.sampled_from([NO_INTEREST, NO_INTEREST, KIN]))
    def declare(self, inputs: Any) -> None:
        self.attempt(reviews.declare, self.experts[0], self.review, inputs)

    @rule(share=st.sampled_from([0.3, 0.7, 1.0]), is_whole=st.booleans())
    def save(self, share: float, is_whole: bool) -> None:
        points = points_of_share(share)
        if not self.review.is_locked:
            points.pop(Criterion.team)
        if not is_whole:
            points.pop(Criterion.need)
        self.attempt(reviews.save_scores, self.experts[0], self.review, scores(points))

    @rule(verb=st.sampled_from([reviews.lock_blind_part, reviews.submit_review]))
    def go_on(self, verb: Any) -> None:
        self.attempt(verb, self.experts[0], self.review)

    @rule()
    def report(self) -> None:
        self.attempt(reviews.report_conflict, self.experts[0], self.review, KIN)

    @rule(verb=st.sampled_from([review_assignment.reopen_review, review_assignment.replace_review]))
    def manage(self, verb: Any) -> None:
        self.attempt(verb, self.manager, self.review, BECAUSE)

    @invariant()
    def holds(self) -> None:
        self.session.flush()
        assert [list(check(self.session)) for check in INVARIANTS.values()] == [[] for _ in INVARIANTS]
        assert not self.review.points or self.review.declared_at is not None


def test_no_order_of_steps_breaks_a_review(session: Session, manager: Actor, call: Call, experts: list[Actor]) -> None:
    machine = type("Machine", (ReviewMachine,), {"session": session, "manager": manager, "experts": experts})
    slow = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    run_state_machine_as_test(
        machine, settings=settings(max_examples=12, stateful_step_count=10, deadline=None, suppress_health_check=slow)
    )
