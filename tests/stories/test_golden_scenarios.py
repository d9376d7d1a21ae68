"""The golden scenarios of the field (domain section 17), told from beginning to end through the service verbs."""

from datetime import date

import pytest
from sqlmodel import Session, select

from factories.accounts import CITY, make_actor
from factories.residents import id_number
from tuoju.accounts.models import Role, User
from tuoju.cases.alerts import record_alert, verify_alert
from tuoju.cases.clock import last_day
from tuoju.cases.errors import ConflictOfInterest, NeedsStillLive, ProcedureNotDone
from tuoju.cases.inputs import SELF_CARE_ITEMS, AlertInput, CaseInput
from tuoju.cases.models import AlertSource, AlertState, Case, ClockStep, Need, OpenedBy
from tuoju.cases.procedure import declare_conflict, handling_days_of
from tuoju.cases.service import lawful_verbs, step_case
from tuoju.cases.status import CaseState, CaseVerb, NeedState
from tuoju.documents.sheets.villages import village_reader
from tuoju.referrals.cancellations import cancel_referrals_of_project, withdraw_consent_and_cancel
from tuoju.referrals.errors import NoConsent, NotServing
from tuoju.referrals.models import Referral
from tuoju.referrals.proposing import propose
from tuoju.referrals.service import reveal, send, step
from tuoju.referrals.status import Outcome, ReferralState, ReferralVerb, RejectionReason
from tuoju.regions.models import Region
from tuoju.regions.queries import full_name
from tuoju.relief.errors import RecheckMissing, ReviewerWasInvolved
from tuoju.relief.inputs import AnswerInput, NoticeInput, ObjectionInput
from tuoju.relief.models import Help, PaymentState, Recheck
from tuoju.relief.notices import answer_objection, on_board, post_notice, receive_objection
from tuoju.relief.service import recover_payment, report_services
from tuoju.reports import summaries
from tuoju.reports.figures import Figure, FigureCounts
from tuoju.reports.models import SummaryState
from tuoju.residents.errors import GuardianRequired
from tuoju.residents.models import Consent, ConsentGiver, Resident, SelfCare
from tuoju.visits.errors import NotInService
from tuoju.visits.service import complete
from tuoju_projects.service import step_project
from tuoju_projects.status import ProjectVerb

from .conftest import Village


def test_s1_a_warning_becomes_relief_and_care_at_home(session: Session, village: Village) -> None:
    """The article's story: a warning is looked into, 800 yuan are paid, home care comes six times, it closes."""
    care = village.charity(categories=["A01"])
    with village.on("2026-10-10"):
        warning = AlertInput(
            name="王测试",
            id_number=id_number(date(1950, 3, 2)),
            region_code=village.fund.region_code,
            source=AlertSource.medical_cost,
            content="自付医疗费用较高",
            raised_on=date(2026, 10, 9),
        )
        alert = record_alert(session, village.officer, warning)
    with village.on("2026-10-12", 9):
        case = verify_alert(session, village.officer, alert, CaseInput(hardship_cause="1"))
        assert (alert.state, case.opened_by) == (AlertState.verified, OpenedBy.proactive_discovery)
        alone = dict.fromkeys(SELF_CARE_ITEMS, True) | {"bathes": False}  # a grade needs all six findings
        village.visit(case, **{f"{item}_alone": is_alone for item, is_alone in alone.items()})
        village.suggest(case)
        resident = session.get_one(Resident, case.resident_id)
        assert resident.self_care is SelfCare.partly_unable
    with village.on("2026-10-13"):
        village.grant(case, 800)
        village.pay(case, 800)
        assert (case.state, village.balance(), handling_days_of(session, case)) == (CaseState.relieved, 4200, 1)
        need = village.need(case)
        village.agree(resident, care)
        referral = village.refer(need, care)
        notice = post_notice(session, village.officer, case, NoticeInput())
        assert (notice.amount_fen, notice.helps) == (80_000, [Help.money, Help.services])
    with village.on("2026-10-14"):
        step(session, care.staff, referral, ReferralVerb.accept)
    for day in range(15, 21):
        with village.on(f"2026-10-{day}"):
            village.serve(referral, care, resident)
    with village.on("2026-10-21"):
        with pytest.raises(NeedsStillLive):
            step_case(session, village.officer, case, CaseVerb.close)
        complete(session, care.staff, referral, outcome=Outcome.met)
        assert (need.state, case.state) == (NeedState.met, CaseState.publicised), "no case closes by itself"
        step_case(session, village.officer, case, CaseVerb.close)
    counts = FigureCounts(session, village.township)
    assert counts.value(Figure.person_times) == 6


def test_s2_a_fire_help_first_papers_after(session: Session, village: Village) -> None:
    """先行救助 (社会救助法 art. 50): paid on the night, investigated and decided after. Under 小额快救 no notice."""
    family = village.meet()
    with village.on("2026-10-12", 22):
        case = village.open(family, scheme="small_urgent", first_help_reason="住房失火,一家人无处可住")
        payment = village.pay(case, 800)
    assert (payment.first_help, payment.state, case.state) == (True, PaymentState.paid, CaseState.recorded)
    with village.on("2026-10-13"):
        village.visit(case)
        village.suggest(case)
        village.grant(case, 800)
        report_services(session, village.officer, case)
        assert (case.state, case.needs_notice) == (CaseState.relieved, False)
        assert handling_days_of(session, case) == 1
        step_case(session, village.officer, case, CaseVerb.close)
    assert case.state is CaseState.closed


def test_s2_the_same_fire_under_the_societys_rule_has_its_notice_after(session: Session, village: Village) -> None:
    family = village.meet()
    with village.on("2026-10-12", 22):
        case = village.open(family, first_help_reason="住房失火,一家人无处可住")
        village.pay(case, 800)
    with village.on("2026-10-13"):
        village.visit(case)
        village.suggest(case)
        village.grant(case, 800)
        report_services(session, village.officer, case)
        assert case.due_step is ClockStep.notice
        with pytest.raises(ProcedureNotDone):
            step_case(session, village.officer, case, CaseVerb.close)
    with village.on("2026-10-14"):
        notice = post_notice(session, village.officer, case, NoticeInput())
        assert (notice.first_day, notice.last_day) == (date(2026, 10, 15), date(2026, 10, 21))
    with village.on("2026-10-22"):
        step_case(session, village.officer, case, CaseVerb.close)


def test_s3_a_child_of_nine_one_agency_may_know_the_other_may_not(session: Session, village: Village) -> None:
    """PIPL art. 31: under 14 the guardian agrees, and for each receiver apart (arts 23, 29)."""
    tutoring, counselling = (
        village.charity(categories=["C06"], target_groups=["LSET"]),
        village.charity(categories=["C02"], target_groups=["LSET"]),
    )
    with village.on("2026-10-12"):
        child = village.meet(
            id_number=id_number(date(2017, 5, 5)), guardian_name="测试奶奶", vulnerabilities=["LSET"], self_care="able"
        )
        case = village.open(child)
        lessons = village.need(case, "C06", "放学没人辅导功课")
        talks = village.need(case, "C02", "妈妈走后不爱说话")
        with pytest.raises(GuardianRequired):
            village.agree(child, tutoring, ConsentGiver.self)
        village.agree(child, tutoring, ConsentGiver.guardian)
        assert village.refer(lessons, tutoring).state is ReferralState.requested
        with pytest.raises(NoConsent):
            village.refer(talks, counselling)
    assert talks.state is NeedState.open


def test_s4_declined_full_rematched_waitlisted_accepted(session: Session, village: Village) -> None:
    full, other = village.charity(places=1), village.charity(places=1)
    with village.on("2026-10-12"):
        resident = village.meet()
        case = village.open(resident)
        need = village.need(case)
        waiting_since = need.opened_at
        for item in (full, other):
            village.agree(resident, item)
        first = village.refer(need, full)
    with village.on("2026-10-13"):
        step(session, full.staff, first, ReferralVerb.reject, reason=RejectionReason.no_capacity)
        assert (need.state, need.opened_at) == (NeedState.open, waiting_since)
        offered = [ranked.project.id for ranked in propose(session, need, limit=5).ranked]
        assert full.project.id not in offered
        assert other.project.id in offered
        second = village.refer(need, other)
        assert second.previous_id == first.pk
        step(session, other.staff, second, ReferralVerb.waitlist)
        assert (other.project.places_left, need.state) == (1, NeedState.referred)
    with village.on("2026-10-20"):
        step(session, other.staff, second, ReferralVerb.accept)
    assert (other.project.places_left, need.state) == (0, NeedState.in_service)


def test_s5_an_objection_on_day_six_is_right_and_the_money_comes_back(session: Session, village: Village) -> None:
    """Relief is paid by then: the remedy is recovery (追缴), after a second visit and in writing."""
    with village.on("2026-10-12"):
        case = village.open(village.meet())
        village.visit(case)
        village.suggest(case)
        village.grant(case, 500)
        payment = village.pay(case, 500)
        assert village.balance() == 4500
    with village.on("2026-10-13"):
        notice = post_notice(session, village.officer, case, NoticeInput())
    with village.on("2026-10-19"):
        objection = receive_objection(session, village.officer, notice, ObjectionInput(content="家里有两台货车"))
        assert case.state is CaseState.objected
        assert CaseVerb.close not in lawful_verbs(case)
    with village.on("2026-10-21"):
        result = AnswerInput(upheld=True, recheck=Recheck.revisit, answer="两人再次入户,情况属实,应予追缴")
        with pytest.raises(ReviewerWasInvolved):
            answer_objection(session, village.chair, objection, result)
        with pytest.raises(RecheckMissing):
            answer_objection(session, village.township, objection, result)
        village.visit(case, by=village.township, companions=[village.officer.user_id], difficulties="院里停着两台货车")
        answer_objection(session, village.township, objection, result)
        recover_payment(session, village.chair, payment, note="异议成立")
        assert (payment.state, village.balance()) == (PaymentState.recovered, 5000)
    with village.on("2026-10-26"):
        assert on_board(session, case.region_code, date(2026, 10, 26)) == []
        step_case(session, village.officer, case, CaseVerb.close)


def test_s6_two_spouses_one_visit(session: Session, village: Village) -> None:
    """人次 is each person at each occasion, 户次 the household's occasion, 人数 distinct persons (rule 5.7)."""
    meals = village.charity()
    with village.on("2026-10-12"):
        husband = village.meet()
        wife = village.meet(name="李秀英", id_number=id_number(), household_of=husband.pk)
        case = village.open(husband)
        need = village.need(case)
        village.agree(husband, meals)
        referral = village.refer(need, meals)
        step(session, meals.staff, referral, ReferralVerb.accept)
        village.serve(referral, meals, husband, wife)
    with village.on("2026-10-13"):
        village.serve(referral, meals, husband)
    counts = FigureCounts(session, village.township)
    results = [counts.value(item) for item in (Figure.person_times, Figure.household_times, Figure.persons)]
    assert results == [3, 2, 2]


def test_s7_the_chair_is_the_applicants_brother(session: Session, village: Village) -> None:
    """Whoever is kin takes no part: not the visit, not the decision, not the payment (低保办法 art. 11)."""
    with village.on("2026-10-12"):
        case = village.open(village.meet())
        brother = session.get_one(User, village.chair.user_id)
        declare_conflict(session, village.officer, case, brother, relation="申请人的哥哥")
        village.visit(case)
        village.suggest(case)
        with pytest.raises(ConflictOfInterest):
            village.grant(case, 300)
        village.grant(case, 300, by=village.township)
        with pytest.raises(ConflictOfInterest):
            village.pay(case, 300)
        assert (case.decided_by, case.decided_alone) == (village.township.user_id, False)
        meals = village.charity()
        village.agree(session.get_one(Resident, case.resident_id), meals)
        with pytest.raises(ConflictOfInterest):
            send(session, village.chair, village.need(case), meals.project)


def test_s8_a_month_with_nothing_is_reported_as_nothing(village: Village, session: Session) -> None:
    with village.on("2026-11-02"):
        made = summaries.prepare(session, village.officer, village.fund.region_code, "2026-10")
        summaries.sign(session, village.chair, made)
        summaries.accept(session, village.township, made)
        line = summaries.summaries_of_month(session, village.township, "2026-10", village.fund.region_code)[0]
    assert (made.nothing_happened, made.state, line.missing) == (True, SummaryState.accepted, False)


def test_s9_accepted_on_the_last_days_of_the_published_year(session: Session, village: Village) -> None:
    """The 2027 calendar is not published: the due day is there, provisional, and nothing crashes."""
    with village.on("2026-12-30"):
        case = village.open(village.meet())
        assert case.due_at is not None
        assert (last_day(case.due_at), case.due_provisional) == (date(2026, 12, 31), False)
    with village.on("2026-12-31"):
        village.visit(case)
        village.suggest(case)
        assert case.due_at is not None
        assert (case.due_step, case.due_provisional) == (ClockStep.relief, True)
        assert last_day(case.due_at) == date(2027, 1, 4)


def test_s10_five_villages_of_one_name_are_never_guessed(session: Session) -> None:
    """官塘村 x 5: alone it names no village; with its township it names one; within one township it is clear."""
    city = make_actor(session, role=Role.township_officer, region_code=CITY)
    query = select(Region).where(Region.name == "官塘村委会").order_by(Region.code)
    villages = session.exec(query).all()
    assert len(villages) == 5
    read = village_reader(session, city)
    for name in ("官塘村", "官塘村委会"):
        with pytest.raises(ValueError, match="several_villages"):
            read(None, name)
    for item in villages:
        assert read(None, full_name(session, item.code)) == item.code == read(None, item.code)
        own = make_actor(session, role=Role.township_officer, region_code=item.parent_code)
        assert village_reader(session, own)(None, "官塘村") == item.code
    assert len({full_name(session, village.code) for village in villages}) == 5


def test_s11_a_project_ends_with_four_open_referrals(session: Session, village: Village) -> None:
    """Whoever was not begun waits on with the time waited; whoever is being served is closed with an outcome."""
    meals = village.charity(places=4)
    referrals: list[Referral] = []
    with village.on("2026-10-12"):
        for _ in range(4):
            resident = village.meet(id_number=id_number(), another_person=True)
            village.agree(resident, meals)
            referrals.append(village.refer(village.need(village.open(resident)), meals))
        asked, waiting, accepted, served = referrals
        step(session, meals.staff, waiting, ReferralVerb.waitlist)
        for item in (accepted, served):
            step(session, meals.staff, item, ReferralVerb.accept)
        person = session.get_one(Case, session.get_one(Need, served.need_id).case_id).resident_id
        step(session, meals.staff, served, ReferralVerb.start)
    with village.on("2026-10-30"):
        step_project(session, meals.project, ProjectVerb.close)
        assert cancel_referrals_of_project(session, meals.project) == [asked, waiting, accepted]
        for entry in (asked, waiting, accepted):
            need = session.get_one(Need, entry.need_id)
            assert (entry.state, need.state) == (ReferralState.cancelled, NeedState.open)
            assert propose(session, need, limit=5).ranked == []
        step(session, meals.staff, served, ReferralVerb.complete, outcome=Outcome.unmet, visits=0, note="项目到期")
    assert (served.state, meals.project.places_taken) == (ReferralState.completed, 0)
    assert person


def test_s12_consent_is_taken_back_in_the_midst_of_the_service(session: Session, village: Village) -> None:
    """PIPL arts 15, 47: the service stops, the charity sees nothing more, what was served stays counted."""
    meals = village.charity()
    with village.on("2026-10-12"):
        resident = village.meet()
        village.agree(resident, meals)
        need = village.need(village.open(resident))
        referral = village.refer(need, meals)
        step(session, meals.staff, referral, ReferralVerb.accept)
        village.serve(referral, meals, resident)
    with village.on("2026-10-15"):
        consent = session.exec(select(Consent).where(Consent.resident_id == resident.pk)).one()
        assert withdraw_consent_and_cancel(session, village.officer, consent) == [referral]
        assert (referral.state, need.state, meals.project.places_taken) == (ReferralState.cancelled, NeedState.open, 0)
        with pytest.raises(NotInService):
            village.serve(referral, meals, resident)
        with pytest.raises(NotServing):
            reveal(session, meals.staff, referral, purpose="serve")
    counts = FigureCounts(session, village.township)
    assert counts.value(Figure.person_times) == 1
