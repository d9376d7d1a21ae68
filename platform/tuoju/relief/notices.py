"""Public notices (公示): made from the case, masked, checked before posting, taken down when their days end.

The notice of a society is not required by statute: without consent to publicity, and for children, the board shows
the case number (domain section 6; PIPL art. 25; 未成年人保护法 art. 4).
"""

from datetime import date

from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.cases import clock
from tuoju.cases.errors import IllegalCaseStep
from tuoju.cases.inputs import InvestigationInput
from tuoju.cases.models import Case, Investigation, Need, Opinion
from tuoju.cases.policies import NoticePhase
from tuoju.cases.procedure import latest_investigation, move, policy_of, require_no_conflict_of_interest
from tuoju.cases.status import CASE_STEPS, CaseState, CaseVerb, NeedState
from tuoju.database.records import now
from tuoju.database.scopes import Escape, system_scope
from tuoju.regions.calendar import calendar_of, china_day
from tuoju.regions.queries import county_of, current_code, lineage
from tuoju.relief.errors import (
    NoticeLeaks,
    NoticeNotFound,
    NoticePeriodOver,
    ObjectionAnswered,
    RecheckMissing,
    ReviewerWasInvolved,
)
from tuoju.relief.inputs import AnswerInput, NoticeInput, ObjectionInput
from tuoju.relief.models import Help, Objection, PaymentState, PaymentWay, PublicNotice, Recheck
from tuoju.relief.queries import payments_of
from tuoju.relief.societies import society_of
from tuoju.residents.consents import stands
from tuoju.residents.identity import age_on
from tuoju.residents.leaks.finding import find_leaks
from tuoju.residents.leaks.kinds import Known, Leak
from tuoju.residents.masking import masked_name
from tuoju.residents.models import Consent, ConsentPurpose, Resident

ADULT_FROM = 18


def shown_name(session: Session, case: Case, *, by_number: bool) -> str:
    """The masked name where the person agreed to publicity; else, and for any child, the case number."""
    resident = session.get_one(Resident, case.resident_id)
    agreed = select(Consent.id).where(
        Consent.resident_id == resident.pk,
        Consent.purpose == ConsentPurpose.publicity,
        stands(china_day(now())),
    )
    if by_number or _is_child(resident) or session.exec(agreed).first() is None:
        return case.number
    return masked_name(resident)


def _is_child(resident: Resident) -> bool:
    return resident.born_on is not None and age_on(resident.born_on, china_day(now())) < ADULT_FROM


def leaks_in(session: Session, case: Case, remark: str) -> list[Leak]:
    """What the remark would disclose of this person.

    A village whose number of households is unknown counts as small: there one trait identifies a person.
    """
    if not remark:
        return []
    resident, society = (
        session.get_one(Resident, case.resident_id),
        society_of(session, current_code(session, case.region_code)),
    )
    names = tuple(name for name in (resident.name, resident.guardian_name) if name)
    known = Known(
        names=names,
        child=_is_child(resident),
        id_number=resident.id_number or "",
        phone=resident.phone or "",
        address=resident.address or "",
        village_households=(society.households if society else None) or 0,
    )
    return find_leaks(remark, known, {society.telephone} if society and society.telephone else frozenset())


def post_notice(session: Session, actor: Actor, case: Case, inputs: NoticeInput) -> PublicNotice:
    """Post the public notice of a case on the village board, for the days of its policy.

    By the policy that is after relief, or before the decision with what is proposed. Raises NoticeLeaks,
    IllegalCaseStep, ConflictOfInterest.
    """
    require(actor, Action.record_cases)
    require_no_conflict_of_interest(session, actor, case)
    policy, today = policy_of(session, case), china_day(now())
    before = policy.notice_phase is NoticePhase.pre_decision
    verb = CaseVerb.announce if before else CaseVerb.publicise
    if (case.state, verb) not in CASE_STEPS or policy.notice_phase is NoticePhase.none:
        raise IllegalCaseStep(case.state, verb)
    leaks = leaks_in(session, case, inputs.remark)
    if leaks:
        raise NoticeLeaks(leaks)
    first, last = clock.notice_period(
        today, policy.notice_days, policy.notice_unit, calendar_of(session), from_first=policy.notice_counts_first_day
    )
    amount, helps = _proposed(session, case) if before else _granted(session, case)
    notice = PublicNotice(
        case_id=case.pk,
        region_code=current_code(session, case.region_code),
        shown_name=shown_name(session, case, by_number=inputs.by_number),
        cause=case.hardship_cause,
        amount_fen=amount,
        helps=helps,
        remark=inputs.remark,
        relieved_on=None if before else china_day(case.relief_completed_at or now()),
        due_on=clock.last_day(case.due_at) if case.due_at else None,
        posted_on=today,
        posted_by=actor.user_id,
        first_day=first,
        last_day=last,
    )
    case.notice_ends_on = last
    move(session, actor, case, verb)
    session.add(notice)
    session.flush()
    _audit(session, actor, "post_notice", notice)
    return notice


def _granted(session: Session, case: Case) -> tuple[int, list[Help]]:
    """The fen granted, and the forms in which help was given."""
    paid_by = {payment.way for payment in payments_of(session, [case])[case.pk] if payment.state is PaymentState.paid}
    helps = {Help.goods if way is PaymentWay.goods else Help.money for way in paid_by}
    live = select(Need.id).where(Need.case_id == case.pk, Need.state != NeedState.withdrawn)
    if not helps or session.exec(live).first() is not None:
        helps.add(Help.services)
    return case.granted_fen or 0, [help_form for help_form in Help if help_form in helps]


def _proposed(session: Session, case: Case) -> tuple[int, list[Help]]:
    """The fen and forms of help that the investigators propose: the village may object before the decision."""
    investigation = latest_investigation(session, case)
    yuan = InvestigationInput.model_validate_json(investigation.findings).suggested_yuan if investigation else 0
    if case.opinion is Opinion.services_only or not yuan:
        return 0, [Help.services if case.opinion is Opinion.services_only else Help.money]
    return yuan * 100, [Help.money]


def hide_name(session: Session, resident_id: int) -> int:
    """Replace the name on the person's current notices by the case number, after consent to publicity was withdrawn.

    PIPL art. 15. Returns how many notices changed.
    """
    query = (
        select(PublicNotice, Case.number)
        .join(Case, col(Case.id) == col(PublicNotice.case_id))
        .where(
            Case.resident_id == resident_id,
            col(PublicNotice.taken_down_at).is_(None),
            PublicNotice.last_day >= china_day(now()),
            PublicNotice.shown_name != Case.number,
        )
    )
    notices = list(session.exec(query))
    for notice, number in notices:
        notice.shown_name = number
        session.flush()
        _audit(session, None, "hide_name", notice)
    return len(notices)


def on_board(session: Session, region_code: str, day: date) -> list[PublicNotice]:
    """The notices on a village's board on a day. Open to everybody.

    A notice past its last day is not shown, whether it was taken down yet or not. The board of a village that was
    merged is the one of the village that followed. Raises RegionNotFound.
    """
    query = select(PublicNotice).where(
        col(PublicNotice.region_code).in_(lineage(session, region_code)),
        PublicNotice.posted_on <= day,
        PublicNotice.last_day >= day,
        col(PublicNotice.taken_down_at).is_(None),
    )
    with system_scope(session, Escape.board):
        return list(session.exec(query.order_by(col(PublicNotice.id).desc())))


def take_down_ended(session: Session) -> int:
    """Take down the notices whose days are over, audited. Returns how many."""
    query = select(PublicNotice).where(
        col(PublicNotice.taken_down_at).is_(None), PublicNotice.last_day < china_day(now())
    )
    ended = list(session.exec(query))
    for notice in ended:
        notice.taken_down_at = now()
        session.flush()
        _audit(session, None, "take_down_notice", notice)
    return len(ended)


def notice_of(session: Session, case: Case) -> PublicNotice | None:
    """The latest notice of a case."""
    query = select(PublicNotice).where(PublicNotice.case_id == case.pk)
    return session.exec(query.order_by(col(PublicNotice.id).desc())).first()


def get_notice(session: Session, actor: Actor, notice_id: int) -> PublicNotice:
    """Raises NoticeNotFound, also out of scope."""
    require(actor, Action.read_cases)
    query = select(PublicNotice).where(
        PublicNotice.id == notice_id, col(PublicNotice.region_code).in_(visible_regions(session, actor))
    )
    notice = session.exec(query).first()
    if notice is None:
        raise NoticeNotFound
    return notice


def objections_to(session: Session, notice: PublicNotice) -> list[Objection]:
    """The objections to a notice, the earliest first."""
    return list(session.exec(select(Objection).where(Objection.notice_id == notice.pk).order_by(col(Objection.id))))


def receive_objection(session: Session, actor: Actor, notice: PublicNotice, inputs: ObjectionInput) -> Objection:
    """Record an objection. Until all are answered the case does not proceed and nothing more is paid.

    Raises NoticePeriodOver, IllegalCaseStep where the case has moved on since the notice, ConflictOfInterest.
    """
    require(actor, Action.record_cases)
    if notice.last_day < china_day(now()):
        raise NoticePeriodOver
    case = _lock_case(session, notice)
    require_no_conflict_of_interest(session, actor, case)
    if case.state is not CaseState.objected:
        case.objected_at = now()
        move(session, actor, case, CaseVerb.object)
    within = policy_of(session, case).objection_within
    objection = Objection(
        notice_id=notice.pk,
        received_by=actor.user_id,
        received_at=now(),
        objector=inputs.objector,
        content=inputs.content,
        due_at=calendar_of(session).due(china_day(now()), within).ends_at,
    )
    session.add(objection)
    session.flush()
    _audit(session, actor, "receive_objection", notice)
    return objection


def answer_objection(session: Session, actor: Actor, objection: Objection, inputs: AnswerInput) -> Objection:
    """Answer an objection in writing, after a second visit or a deliberation (低保审核确认办法 art. 19).

    The actor must not have been involved in what is objected to. When the last objection is answered the case
    proceeds. If relief is paid by then, the remedy for one upheld is recovery (relief.service.recover_payment). Raises
    ObjectionAnswered, ConflictOfInterest, ReviewerWasInvolved, RecheckMissing.
    """
    require(actor, Action.decide_cases)
    notice = session.get_one(PublicNotice, objection.notice_id)
    case = _lock_case(session, notice)
    if objection.answered_at is not None:
        raise ObjectionAnswered
    require_no_conflict_of_interest(session, actor, case)
    if actor.user_id in _who_acted(session, case, objection):
        raise ReviewerWasInvolved
    if inputs.recheck is Recheck.revisit and not _revisited(session, case, objection):
        raise RecheckMissing
    objection.answered_at, objection.answered_by, objection.recheck = now(), actor.user_id, inputs.recheck
    objection.upheld, objection.answer = inputs.upheld, inputs.answer
    session.flush()
    if all(objection.answered_at for objection in objections_to(session, notice)):
        before = notice.relieved_on is None
        move(session, actor, case, CaseVerb.answer_before_decision if before else CaseVerb.answer_objection)
    _audit(session, actor, "answer_objection", notice)
    return objection


def _lock_case(session: Session, notice: PublicNotice) -> Case:
    """The case of a notice, its row locked: of two answers at the same time the second one sees the first."""
    query = select(Case).where(Case.id == notice.case_id).with_for_update(key_share=True)
    return session.exec(query.execution_options(populate_existing=True)).one()


def _who_acted(session: Session, case: Case, objection: Objection) -> set[int | None]:
    """Accounts that investigated before the objection, reviewed, decided, or took part in a payment."""
    earlier = select(Investigation.investigator_ids).where(
        Investigation.case_id == case.pk, Investigation.recorded_at < objection.received_at
    )
    acted: set[int | None] = {officer for ids in session.exec(earlier) for officer in ids}
    for payment in payments_of(session, [case])[case.pk]:
        acted |= {payment.prepared_by, payment.confirmed_by}
    return acted | {case.reviewed_by, case.decided_by}


def _revisited(session: Session, case: Case, objection: Objection) -> bool:
    """Whether enough people have visited the household again since the objection."""
    last = latest_investigation(session, case)
    enough = policy_of(session, case).revisitors_at_least
    return last is not None and last.recorded_at >= objection.received_at and len(last.investigator_ids) >= enough


def _audit(session: Session, actor: Actor | None, verb: str, notice: PublicNotice) -> None:
    audit.record(session, actor, verb, notice, scope=county_of(session, notice.region_code))
