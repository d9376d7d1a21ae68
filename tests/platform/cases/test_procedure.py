"""The procedure of a society's case: who may do what, by when, under which policy (domain sections 1-3, 17)."""

from datetime import date, datetime, timedelta

import pytest
from sqlmodel import Session, select

from factories.accounts import CITY, VILLAGE, make_actor
from factories.cases import make_case
from factories.residents import make_resident
from tuoju.accounts.errors import UserNotFound
from tuoju.accounts.models import Role, User
from tuoju.accounts.permissions import Actor
from tuoju.cases import procedure, service
from tuoju.cases.calendars import recompute_deadlines
from tuoju.cases.errors import (
    ClockPaused,
    ConflictOfInterest,
    GrantTooHigh,
    NoInvestigation,
    NoPolicy,
    OwnInvestigation,
    ProcedureNotDone,
    ReasonRequired,
)
from tuoju.cases.inputs import CaseInput, DecisionInput, InvestigationInput, OpinionInput
from tuoju.cases.models import Case, CaseStep, ClockStep
from tuoju.cases.policies import Policy, PolicyInput, Scheme, add_policy, policy_for
from tuoju.cases.status import CaseState, CaseVerb
from tuoju.database.records import frozen_time
from tuoju.regions.calendar import CHINA, china_day
from tuoju.regions.loading import days_in, set_special_days
from tuoju.residents.models import Resident, SelfCare


def at(day: str, hour: int = 10) -> datetime:
    return datetime.fromisoformat(f"{day}T{hour:02d}:00:00").replace(tzinfo=CHINA)


def findings(**values: object) -> InvestigationInput:
    inputs = {"visited_on": "2026-09-18", "difficulties": "房屋漏雨,无力修缮", "conclusion": "money"}
    return InvestigationInput.model_validate(inputs | values)


def due_day(case: Case) -> date:
    assert case.due_at is not None
    return china_day(case.due_at - timedelta(seconds=1))


@pytest.fixture
def worker(session: Session) -> Actor:
    return make_actor(session)


@pytest.fixture
def chair(session: Session, worker: Actor) -> Actor:
    """A second officer of the same society."""
    return make_actor(session)


def opened(session: Session, actor: Actor, **values: object) -> Case:
    resident = make_resident(session, actor)
    return service.open_case(session, actor, resident, CaseInput.model_validate({"hardship_cause": "3"} | values))


def reviewed(session: Session, worker: Actor, opinion: str = "relieve") -> Case:
    case = opened(session, worker)
    procedure.record_investigation(session, worker, case, findings())
    inputs = OpinionInput.model_validate({"opinion": opinion, "note": "情况属实"})
    return procedure.give_opinion(session, worker, case, inputs)


APPROVED = DecisionInput.model_validate({"approve": True, "granted_yuan": "500"})
REFUSED = DecisionInput.model_validate({"approve": False, "refusal_reason": "other_scheme", "note": "应申请低保"})


class TestClock:
    def test_the_clock_runs_from_acceptance_to_opinion_to_relief(self, session: Session, worker: Actor) -> None:
        with frozen_time(at("2026-09-18")):
            case = opened(session, worker)
        assert (case.due_step, due_day(case)) == (ClockStep.opinion, date(2026, 9, 20))
        with frozen_time(at("2026-09-20")):
            procedure.record_investigation(session, worker, case, findings())
            procedure.give_opinion(session, worker, case, OpinionInput(opinion="relieve", note="情况属实"))  # type: ignore[arg-type]
        assert (case.due_step, due_day(case)) == (ClockStep.relief, date(2026, 9, 21))

    def test_the_clock_starts_at_discovery_where_that_came_first(self, session: Session, worker: Actor) -> None:
        with frozen_time(at("2026-09-22")):
            case = opened(session, worker, discovered_on="2026-09-18")
        assert due_day(case) == date(2026, 9, 20)

    def test_a_deadline_in_an_unpublished_year_is_provisional(self, session: Session, worker: Actor) -> None:
        """Golden scenario S9."""
        with frozen_time(at("2026-12-31")):
            case = opened(session, worker)
        assert case.due_provisional
        days = days_in("\n".join(f"2027-01-0{number} 休 元旦" for number in (1, 2, 3, 4)))
        set_special_days(session, days, source="测试", whole_years=True)
        assert recompute_deadlines(session) == 1
        assert (due_day(case), case.due_provisional) == (date(2027, 1, 5), False)

    def test_the_clock_is_paused_with_a_reason_and_resumed(self, session: Session, worker: Actor) -> None:
        with frozen_time(at("2026-09-18")):
            case = opened(session, worker)
        with pytest.raises(ReasonRequired):
            procedure.pause(session, worker, case, reason=" ")
        with frozen_time(at("2026-09-20")):
            procedure.pause(session, worker, case, reason="人在县医院")
            assert (case.due_step, case.due_at) == (None, None)
            with pytest.raises(ClockPaused):
                procedure.pause(session, worker, case, reason="人在县医院")
        with frozen_time(at("2026-09-22")):
            procedure.resume(session, worker, case)
        assert due_day(case) == date(2026, 9, 22)
        with pytest.raises(ClockPaused):
            procedure.resume(session, worker, case)

    def test_handling_days_go_from_start_to_relief(self, session: Session, worker: Actor, chair: Actor) -> None:
        with frozen_time(at("2026-09-18")):
            case = reviewed(session, worker, "services_only")
        with frozen_time(at("2026-09-21")):
            procedure.decide(session, chair, case, APPROVED)
            procedure.complete_relief(session, chair, case)
        assert procedure.handling_days_of(session, case) == 2.0


class TestInvestigation:
    def test_a_later_visit_is_a_new_edition(self, session: Session, worker: Actor) -> None:
        case = opened(session, worker)
        first = procedure.record_investigation(session, worker, case, findings())
        second = procedure.record_investigation(session, worker, case, findings(difficulties="又添了病"))
        assert (first.edition, second.edition, case.state) == (1, 2, CaseState.investigating)
        assert "漏雨" in first.findings

    @pytest.mark.parametrize(
        ("fails", "grade"), [(0, "able"), (1, "partly_unable"), (3, "partly_unable"), (4, "unable")]
    )
    def test_six_items_determine_the_self_care_grade(
        self, session: Session, worker: Actor, fails: int, grade: str
    ) -> None:
        """特困人员认定办法 art. 22."""
        items = ["eats_alone", "dresses_alone", "gets_up_alone", "toilets_alone", "walks_alone", "bathes_alone"]
        case = opened(session, worker)
        answers = {item: number >= fails for number, item in enumerate(items)}
        procedure.record_investigation(session, worker, case, findings(**answers))
        assert session.get_one(Resident, case.resident_id).self_care is SelfCare(grade)

    def test_an_item_that_nobody_asked_about_changes_no_grade(self, session: Session, worker: Actor) -> None:
        case = opened(session, worker)
        before = session.get_one(Resident, case.resident_id).self_care
        procedure.record_investigation(session, worker, case, findings(eats_alone=False, bathes_alone=True))
        assert session.get_one(Resident, case.resident_id).self_care is before

    def test_an_opinion_needs_as_many_investigators_as_the_policy_says(
        self, session: Session, worker: Actor, chair: Actor
    ) -> None:
        """低保审核确认办法 art. 16: two or more at each visit."""
        case = opened(session, worker, scheme="low_income")
        inputs = OpinionInput.model_validate({"opinion": "relieve", "note": "情况属实"})
        procedure.record_investigation(session, worker, case, findings())
        with pytest.raises(NoInvestigation):
            procedure.give_opinion(session, worker, case, inputs)
        procedure.record_investigation(session, worker, case, findings(companions=[chair.user_id]))
        assert procedure.give_opinion(session, worker, case, inputs).state is CaseState.under_review


class TestDecision:
    def test_nobody_decides_on_their_own_investigation(self, session: Session, worker: Actor, chair: Actor) -> None:
        case = reviewed(session, worker)
        with pytest.raises(OwnInvestigation):
            procedure.decide(session, worker, case, APPROVED)
        procedure.decide(session, chair, case, APPROVED)
        assert (case.state, case.granted_fen, case.decided_by) == (CaseState.approved, 50_000, chair.user_id)
        assert not case.decided_alone

    def test_an_only_officer_decides_alone_where_the_policy_allows_it(self, session: Session, worker: Actor) -> None:
        case = reviewed(session, worker)
        assert procedure.decide(session, worker, case, APPROVED).decided_alone

    def test_an_only_officer_may_not_decide_alone_under_another_policy(self, session: Session, worker: Actor) -> None:
        case = reviewed(session, worker)
        procedure.policy_of(session, case).sole_officer_may_decide = False
        with pytest.raises(OwnInvestigation):
            procedure.decide(session, worker, case, APPROVED)

    def test_kin_take_no_part(self, session: Session, worker: Actor, chair: Actor) -> None:
        """Golden scenario S7: the village chair is the applicant's brother."""
        case = reviewed(session, worker)
        procedure.declare_conflict(session, worker, case, session.get_one(User, chair.user_id), relation="兄弟")
        with pytest.raises(ConflictOfInterest):
            procedure.decide(session, chair, case, APPROVED)
        officer = make_actor(session, role=Role.township_officer)
        assert procedure.decide(session, officer, case, APPROVED).state is CaseState.approved

    def test_an_officer_of_another_county_is_not_named_as_kin(self, session: Session, worker: Actor) -> None:
        """Trust, point 1: every write is scoped, also by what it names."""
        case = reviewed(session, worker)
        stranger = session.get_one(User, make_actor(session, region_code="341102010003").user_id)
        with pytest.raises(UserNotFound):
            procedure.declare_conflict(session, worker, case, stranger, relation="兄弟")
        assert procedure.conflicts_of(session, case) == []

    def test_a_refusal_requires_a_written_reason(self, session: Session, worker: Actor, chair: Actor) -> None:
        """社会救助法 art. 45."""
        with pytest.raises(ValueError, match="refusal_unreasoned"):
            DecisionInput.model_validate({"approve": False, "refusal_reason": "other"})
        case = procedure.decide(session, chair, reviewed(session, worker), REFUSED)
        assert case.state is CaseState.refused
        assert case.closed_at is not None

    def test_a_grant_above_the_cap_is_refused(self, session: Session, worker: Actor, chair: Actor) -> None:
        case = reviewed(session, worker)
        with pytest.raises(GrantTooHigh) as caught:
            procedure.decide(
                session, chair, case, DecisionInput.model_validate({"approve": True, "granted_yuan": 1001})
            )
        assert caught.value.cap_fen == 100_000
        assert case.state is CaseState.under_review

    def test_a_case_sent_back_keeps_its_start(self, session: Session, worker: Actor, chair: Actor) -> None:
        with frozen_time(at("2026-09-18")):
            case = reviewed(session, worker)
            procedure.return_back(session, chair, case, reason="缺邻里访问")
        assert (case.state, case.reviewed_at, due_day(case)) == (CaseState.investigating, None, date(2026, 9, 20))

    def test_each_step_records_who_took_it(self, session: Session, worker: Actor, chair: Actor) -> None:
        """谁调查、谁审核、谁审批、谁负责."""
        case = procedure.decide(session, chair, reviewed(session, worker), APPROVED)
        steps = session.exec(select(CaseStep).where(CaseStep.case_id == case.pk).order_by(CaseStep.id)).all()  # type: ignore[arg-type]
        assert [(step.verb, step.by) for step in steps] == [
            (CaseVerb.investigate, worker.user_id),
            (CaseVerb.give_opinion, worker.user_id),
            (CaseVerb.approve, chair.user_id),
        ]

    def test_a_case_does_not_close_before_its_procedure_is_done(self, session: Session, worker: Actor) -> None:
        case = opened(session, worker)
        with pytest.raises(ProcedureNotDone):
            service.step_case(session, worker, case, CaseVerb.close)
        assert service.step_case(session, worker, make_case(session, worker), CaseVerb.close).state is CaseState.closed


class TestPolicies:
    def test_a_case_keeps_the_policy_it_started_under(self, session: Session, worker: Actor) -> None:
        with frozen_time(at("2026-09-18")):
            case = opened(session, worker)
        admin = make_actor(session, role=Role.administrator, region_code=CITY)
        old = procedure.policy_of(session, case)
        slower = PolicyInput.model_validate(
            {**old.model_dump(exclude={"id", "valid_to"}), "valid_from": "2026-09-19", "opinion_within": 3}
        )
        new = add_policy(session, admin, slower)
        procedure.set_next_deadline(session, case)
        assert due_day(case) == date(2026, 9, 20)
        assert old.valid_to == date(2026, 9, 18)
        assert policy_for(session, Scheme.society_relief, VILLAGE, date(2026, 9, 19)).pk == new.pk
        assert policy_for(session, Scheme.society_relief, VILLAGE, date(2026, 9, 18)).pk == old.pk

    def test_the_policy_of_a_county_precedes_that_of_the_city(self, session: Session) -> None:
        admin = make_actor(session, role=Role.administrator, region_code=CITY)
        city = policy_for(session, Scheme.society_relief, VILLAGE, date(2026, 1, 1))
        values = city.model_dump(exclude={"id", "valid_to"}) | {
            "region_code": "341124000000",
            "payment_cap_fen": 80_000,
        }
        own = add_policy(session, admin, PolicyInput.model_validate(values))
        assert policy_for(session, Scheme.society_relief, VILLAGE, date(2026, 1, 1)).pk == own.pk
        assert policy_for(session, Scheme.society_relief, "341122103213", date(2026, 1, 1)).pk == city.pk

    def test_without_a_rule_no_case_opens(self, session: Session, worker: Actor) -> None:
        for policy in session.exec(select(Policy)):
            policy.valid_to = date(2000, 1, 1)
        session.flush()
        with pytest.raises(NoPolicy):
            opened(session, worker)

    def test_small_urgent_relief_asks_for_no_notice(self, session: Session, worker: Actor) -> None:
        """民政部、财政部 2026: no economic check, no public notice; golden scenario S2."""
        case = opened(session, worker, scheme="small_urgent")
        assert not case.needs_notice
        assert opened(session, make_actor(session)).needs_notice

    def test_every_shipped_rule_names_its_source(self, session: Session) -> None:
        rows = session.exec(select(Policy)).all()
        assert {row.scheme for row in rows} == set(Scheme)
        assert all(row.citation and row.source and row.title for row in rows)
