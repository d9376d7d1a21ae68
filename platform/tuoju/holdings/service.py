"""The verbs of an erasure: take a request, confirm, approve, keep; and the erasing itself.

Two persons decide. What stands against it is looked at when it is asked for and again when it is done. Rows stay, with
their ids, days, amounts and states, so that every figure is what it was; what names the person is overwritten, and the
content of files is destroyed.
"""

from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.models import Role, User
from tuoju.accounts.permissions import Action, Actor, require, require_in, visible_regions
from tuoju.accounts.queries import officers_above
from tuoju.cases.models import Case, Need
from tuoju.cases.status import ENDED_CASES
from tuoju.database.records import now
from tuoju.database.scopes import Escape, system_scope
from tuoju.database.sealed_files import remove_after_commit
from tuoju.holdings.batches import BATCHES
from tuoju.holdings.declaration import HELD, collect
from tuoju.holdings.errors import (
    ErasureBlocked,
    ErasureNotFound,
    ErasureReasonMissing,
    ErasureUnderWay,
    IllegalErasureStep,
    SecondPersonRequired,
)
from tuoju.holdings.models import Erasure
from tuoju.holdings.status import (
    ERASURE_STEPS,
    OPEN,
    Erasable,
    EraseBlock,
    ErasureGround,
    ErasureState,
    ErasureVerb,
)
from tuoju.referrals.models import Referral
from tuoju.referrals.status import LIVE
from tuoju.regions.calendar import china_day
from tuoju.regions.models import Region
from tuoju.regions.queries import ancestors, county_of
from tuoju.relief.models import Payment, PaymentState
from tuoju.residents.data_policies import DataKind, data_policy_for
from tuoju.residents.life import require_not_erased
from tuoju.residents.models import ProtectionReport, Resident
from tuoju.residents.telephone import call_off_news, lock_resident
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import user


def blocks_of(session: Session, resident: Resident) -> list[EraseBlock]:
    """What stands against erasing a person now (PIPL art. 47: statutory periods; art. 13(3): statutory duties)."""
    cases = select(Case.id).where(Case.resident_id == resident.pk)
    open_case = select(Case.id).where(Case.resident_id == resident.pk, col(Case.state).not_in(ENDED_CASES))
    live = (
        select(Referral.id)
        .join(Need, col(Need.id) == col(Referral.need_id))
        .where(col(Need.case_id).in_(cases), col(Referral.state).in_(LIVE))
    )
    harm = select(ProtectionReport.id).where(
        ProtectionReport.resident_id == resident.pk, col(ProtectionReport.followed_up_at).is_(None)
    )
    standing = {
        EraseBlock.open_case: session.exec(open_case).first() is not None,
        EraseBlock.live_referral: session.exec(live).first() is not None,
        EraseBlock.payment_kept: _kept_for_payments(session, resident),
        EraseBlock.other_duty: session.exec(harm).first() is not None,
    }
    return [block for block, stands in standing.items() if stands]


def _kept_for_payments(session: Session, resident: Resident) -> bool:
    """Whether the vouchers of a payment must still be kept (会计档案管理办法)."""
    query = (
        select(Payment.paid_at)
        .join(Case, col(Case.id) == col(Payment.case_id))
        .where(
            Case.resident_id == resident.pk,
            col(Payment.state).in_([PaymentState.paid, PaymentState.recovered]),
            col(Payment.paid_at).is_not(None),
        )
        .order_by(col(Payment.paid_at).desc())
    )
    last = session.exec(query).first()
    if last is None:
        return False
    today = china_day(now())
    policy = data_policy_for(session, DataKind.payment_voucher, resident.region_code, today)
    return policy.ends_on(china_day(last)) >= today


def request_erasure(session: Session, actor: Actor, resident: Resident, *, reason: str) -> Erasure:
    """Take the request of a person (PIPL art. 47); whoever takes it is the first of the two persons.

    Where something stands against it, their data are restricted instead: stored, and not otherwise used. Raises
    NotPermitted, ErasureReasonMissing, ResidentErased, ErasureUnderWay.
    """
    require_in(session, actor, Action.record_residents, resident.region_code)
    require_not_erased(resident)
    if len(reason.strip()) < 2:
        raise ErasureReasonMissing
    if find_open_erasure(session, resident) is not None:
        raise ErasureUnderWay
    _audit(session, actor, "request_erasure", resident.region_code, resident)
    locked = lock_resident(session, resident.pk)
    blocks = blocks_of(session, locked)
    erasure = Erasure(
        what=Erasable.person,
        ground=ErasureGround.request,
        region_code=resident.region_code,
        resident_id=resident.pk,
        state=ErasureState.restricted if blocks else ErasureState.confirmed,
        blocks=blocks,
        reason=reason.strip()[:500],
        proposed_by=actor.user_id,
        first_by=actor.user_id,
        first_at=now(),
    )
    session.add(erasure)
    if blocks:
        locked.restricted_at = now()
        call_off_news(session, locked, code="restricted")
    session.flush()
    tell_deciders(session, erasure.region_code, key=f"erasure:{erasure.pk}", number=1)
    return erasure


def tell_deciders(session: Session, region_code: str, *, key: str, number: int) -> None:
    """Notify whoever may decide on erasures here: the officers above and the administrators of the region."""
    codes = [region.code for region in ancestors(session, region_code)]
    administrators = select(User.id).where(
        User.role == Role.administrator, col(User.region_code).in_(codes), col(User.is_active)
    )
    ids = {officer.pk for officer in officers_above(session, region_code)}
    for user_id in sorted(ids | {pk for pk in session.exec(administrators) if pk is not None}):
        post(
            session,
            NotificationKind.erasure_waiting,
            recipient=user(user_id),
            key=key,
            link="/erasures",
            number=f"{number}",
        )


def find_open_erasure(session: Session, resident: Resident) -> Erasure | None:
    """The erasure of a person that is under way. The caller may read the resident."""
    query = select(Erasure).where(Erasure.resident_id == resident.pk, col(Erasure.state).in_(OPEN))
    return session.exec(query).first()


def find_erasures(session: Session, actor: Actor, *, is_open: bool, limit: int = 200) -> list[Erasure]:
    """Erasures in scope that wait for a decision, oldest first; or those that ended, latest first. Raises
    NotPermitted."""
    require(actor, Action.approve_erasures)
    query = select(Erasure).where(col(Erasure.region_code).in_(visible_regions(session, actor)))
    if is_open:
        return list(session.exec(query.where(col(Erasure.state).in_(OPEN)).order_by(col(Erasure.id)).limit(limit)))
    ended = query.where(col(Erasure.state).not_in(OPEN)).order_by(col(Erasure.ended_at).desc())
    return list(session.exec(ended.limit(limit)))


def get_erasure(session: Session, actor: Actor, erasure_id: int) -> Erasure:
    """Raises NotPermitted, and ErasureNotFound also for one out of scope."""
    require(actor, Action.approve_erasures)
    erasure = session.get(Erasure, erasure_id)
    regions = visible_regions(session, actor)
    if erasure is None or session.exec(regions.where(col(Region.code) == erasure.region_code)).first() is None:
        raise ErasureNotFound
    return erasure


def confirm_erasure(session: Session, actor: Actor, erasure: Erasure) -> Erasure:
    """Decide as the first person on an erasure that the job proposed. Raises NotPermitted, IllegalErasureStep,
    ErasureBlocked."""
    require_in(session, actor, Action.approve_erasures, erasure.region_code)
    target = target_of(erasure, ErasureVerb.confirm)
    _audit(session, actor, "confirm_erasure", erasure.region_code, erasure)
    _require_unblocked(session, erasure)
    erasure.state, erasure.first_by, erasure.first_at = target, actor.user_id, now()
    session.flush()
    return erasure


def release_erasure(session: Session, actor: Actor, erasure: Erasure) -> Erasure:
    """Look again at a restricted request: once nothing stands against it, it waits for the second person.

    Raises NotPermitted, IllegalErasureStep, ErasureBlocked.
    """
    require_in(session, actor, Action.approve_erasures, erasure.region_code)
    target = target_of(erasure, ErasureVerb.release)
    _audit(session, actor, "release_erasure", erasure.region_code, erasure)
    _require_unblocked(session, erasure)
    erasure.state = target
    session.flush()
    return erasure


def approve_erasure(session: Session, actor: Actor, erasure: Erasure) -> Erasure:
    """Decide as the second person, and erase. Raises NotPermitted, IllegalErasureStep, SecondPersonRequired,
    ErasureBlocked."""
    require_in(session, actor, Action.approve_erasures, erasure.region_code)
    if erasure.first_by == actor.user_id:
        raise SecondPersonRequired
    target = target_of(erasure, ErasureVerb.approve)
    _audit(session, actor, "approve_erasure", erasure.region_code, erasure)
    with system_scope(session, Escape.erasure):
        if erasure.resident_id is None:
            erasure.row_count = BATCHES[erasure.what].erase(session, erasure)
        else:
            resident = lock_resident(session, erasure.resident_id)
            _require_unblocked(session, erasure)
            erasure.row_count = erase_person(session, resident)
    erasure.state, erasure.reason = target, ""
    erasure.ended_by, erasure.ended_at = actor.user_id, now()
    session.flush()
    _audit(session, actor, "erase", erasure.region_code, erasure, rows=erasure.row_count)
    return erasure


def keep_data(session: Session, actor: Actor, erasure: Erasure, *, reason: str, until: date) -> Erasure:
    """Decide that the data are kept until a day, with the reason; a restriction ends.

    Raises NotPermitted, IllegalErasureStep, ErasureReasonMissing without a reason or for a day that is past.
    """
    require_in(session, actor, Action.approve_erasures, erasure.region_code)
    if len(reason.strip()) < 2 or until <= china_day(now()):
        raise ErasureReasonMissing
    target = target_of(erasure, ErasureVerb.keep)
    _audit(session, actor, "keep_data", erasure.region_code, erasure, until=until.isoformat())
    erasure.state, erasure.reason, erasure.keep_until = target, reason.strip()[:500], until
    erasure.ended_by, erasure.ended_at = actor.user_id, now()
    if erasure.resident_id is not None:
        lock_resident(session, erasure.resident_id).restricted_at = None
    session.flush()
    return erasure


def target_of(erasure: Erasure, verb: ErasureVerb) -> ErasureState:
    """The state that a step leads to. Raises IllegalErasureStep."""
    target = ERASURE_STEPS.get((erasure.state, verb))
    if target is None:
        raise IllegalErasureStep(erasure.state, verb)
    return target


def _require_unblocked(session: Session, erasure: Erasure) -> None:
    """Raises ErasureBlocked."""
    if erasure.resident_id is None:
        return
    erasure.blocks = blocks_of(session, session.get_one(Resident, erasure.resident_id))
    if erasure.blocks:
        raise ErasureBlocked(erasure.blocks)


def erase_person(session: Session, resident: Resident) -> int:
    """Overwrite everything that names a person, by the declaration; returns how many rows were changed or deleted.

    Files are destroyed after the commit. The caller has checked that two persons decided and that nothing stands
    against it.
    """
    rows = collect(session, resident)
    changed, keys = 0, []
    for held in HELD:
        for row in rows[held.name]:
            if held.file_of:
                keys.append(getattr(row, held.file_of))
            if held.deleted:
                session.delete(row)
            for column, value in held.erased.items():
                setattr(row, column, value(row) if callable(value) else value)
            changed += bool(held.deleted or held.erased)
    call_off_news(session, resident, code="erased")
    resident.erased_at, resident.restricted_at = now(), None
    session.flush()
    remove_after_commit(session, keys)
    return changed


def _audit(session: Session, actor: Actor, verb: str, region_code: str, subject: object, **detail: Any) -> None:
    audit.record(session, actor, verb, subject, scope=county_of(session, region_code), **detail)
