"""Public notices: made from the case, masked by construction, checked before they go up, down by themselves.

The society's notice is no statutory one: without consent to publicity, and for children, the board shows the case
number (domain section 6; PIPL art. 25; 未成年人保护法 art. 4).
"""

from datetime import date

from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.cases import clock
from tuoju.cases.models import Case
from tuoju.cases.policies import DayUnit
from tuoju.cases.procedure import move, policy_of, take_part
from tuoju.cases.status import CASE_STEPS, CaseVerb
from tuoju.database.records import now
from tuoju.regions.calendar import calendar_of, china_day
from tuoju.regions.queries import county_of
from tuoju.relief.errors import NoticeLeaks, NoticeNotFound, NoticeOver, ObjectionAnswered
from tuoju.relief.inputs import AnswerInput, NoticeInput, ObjectionInput
from tuoju.relief.leaks import Known, Leak, find_leaks
from tuoju.relief.models import Objection, PublicNotice
from tuoju.residents.identity import age_on
from tuoju.residents.masking import mask_name
from tuoju.residents.models import Consent, ConsentPurpose, Resident

ADULT_FROM = 18


def shown_name(session: Session, case: Case, *, by_number: bool) -> str:
    """The masked name where the person agreed to publicity; else, and for any child, the case number."""
    resident = session.get_one(Resident, case.resident_id)
    agreed = select(Consent.id).where(
        Consent.resident_id == resident.pk,
        Consent.purpose == ConsentPurpose.publicity,
        col(Consent.withdrawn_at).is_(None),
    )
    if by_number or _is_child(resident) or session.exec(agreed).first() is None:
        return case.number
    return mask_name(resident.name)


def _is_child(resident: Resident) -> bool:
    return resident.born_on is not None and age_on(resident.born_on, china_day(now())) < ADULT_FROM


def leaks_in(session: Session, case: Case, remark: str) -> list[Leak]:
    """What the remark would give away of this person."""
    resident = session.get_one(Resident, case.resident_id)
    names = tuple(name for name in (resident.name, resident.guardian_name) if name)
    known = Known(
        names=names,
        child=_is_child(resident),
        id_number=resident.id_number or "",
        phone=resident.phone or "",
        address=resident.address or "",
        village_households=None,
    )
    return find_leaks(remark, known)


def post_notice(session: Session, actor: Actor, case: Case, given: NoticeInput) -> PublicNotice:
    """Put the case on the village board for the days of its rule. Raises NoticeLeaks, IllegalCaseStep, Conflicted."""
    require(actor, Action.record_cases)
    take_part(session, actor, case)
    leaks = leaks_in(session, case, given.remark)
    if leaks:
        raise NoticeLeaks(leaks)
    policy, today = policy_of(session, case), china_day(now())
    first, last = clock.notice_period(
        today, policy.notice_days, policy.notice_unit, calendar_of(session), from_first=policy.notice_counts_first_day
    )
    if (case.state, CaseVerb.publicise) in CASE_STEPS:
        case.notice_ends_on = last
    move(session, actor, case, CaseVerb.publicise)
    notice = PublicNotice(
        case_id=case.pk,
        region_code=case.region_code,
        shown_name=shown_name(session, case, by_number=given.by_number),
        cause=case.hardship_cause,
        amount_fen=case.granted_fen or 0,
        remark=given.remark,
        relieved_on=china_day(case.relief_completed_at or now()),
        posted_on=today,
        posted_by=actor.user_id,
        first_day=first,
        last_day=last,
    )
    session.add(notice)
    session.flush()
    _audit(session, actor, "post_notice", notice)
    return notice


def on_board(session: Session, region_code: str, day: date) -> list[PublicNotice]:
    """What hangs on a village's board on a day: for anybody. Past its last day nothing is shown, swept or not."""
    query = select(PublicNotice).where(
        PublicNotice.region_code == region_code,
        PublicNotice.posted_on <= day,
        PublicNotice.last_day >= day,
        col(PublicNotice.taken_down_at).is_(None),
    )
    return list(session.exec(query.order_by(col(PublicNotice.id).desc())))


def take_down_over(session: Session) -> int:
    """Take down what has hung its days, on record; how many."""
    query = select(PublicNotice).where(
        col(PublicNotice.taken_down_at).is_(None), PublicNotice.last_day < china_day(now())
    )
    over = list(session.exec(query))
    for notice in over:
        notice.taken_down_at = now()
        session.flush()
        _audit(session, None, "take_down_notice", notice)
    return len(over)


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
    return list(session.exec(select(Objection).where(Objection.notice_id == notice.pk).order_by(col(Objection.id))))


def receive_objection(session: Session, actor: Actor, notice: PublicNotice, given: ObjectionInput) -> Objection:
    """Take an objection down: the case does not close, and what is not paid is not paid, until it is answered.
    Raises NoticeOver, IllegalCaseStep while another one is open."""
    require(actor, Action.record_cases)
    if notice.last_day < china_day(now()):
        raise NoticeOver
    case = session.get_one(Case, notice.case_id)
    within = policy_of(session, case).objection_within
    due = clock.due(china_day(now()), within, DayUnit.working_day, calendar_of(session))
    if due is None:
        raise ValueError("a term without pauses always ends")
    move(session, actor, case, CaseVerb.object)
    objection = Objection(
        notice_id=notice.pk,
        received_by=actor.user_id,
        received_at=now(),
        objector=given.objector,
        content=given.content,
        due_at=due.ends_at,
    )
    session.add(objection)
    session.flush()
    _audit(session, actor, "receive_objection", notice)
    return objection


def answer_objection(session: Session, actor: Actor, objection: Objection, given: AnswerInput) -> Objection:
    """Answer in writing, by someone who took no part in what is objected to. Relief is paid by then, so the
    remedy of one upheld is recovery (relief.service.recover_payment). Raises ObjectionAnswered, Conflicted."""
    require(actor, Action.decide_cases)
    if objection.answered_at is not None:
        raise ObjectionAnswered
    notice = session.get_one(PublicNotice, objection.notice_id)
    case = session.get_one(Case, notice.case_id)
    take_part(session, actor, case)
    objection.answered_at, objection.answered_by = now(), actor.user_id
    objection.upheld, objection.answer = given.upheld, given.answer
    move(session, actor, case, CaseVerb.answer_objection)
    _audit(session, actor, "answer_objection", notice)
    return objection


def _audit(session: Session, actor: Actor | None, verb: str, notice: PublicNotice) -> None:
    audit.record(session, actor, verb, notice, scope=county_of(session, notice.region_code))
