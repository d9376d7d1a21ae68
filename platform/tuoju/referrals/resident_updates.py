"""What residents without an account hear of their referral, at the moments that matter to them.

It was sent, it was accepted, the first visit has its day, it was closed: by SMS where they have a mobile of their own
and agreed to it, else by the word of an officer.
"""

from collections.abc import Sequence, Set
from datetime import timedelta
from hashlib import sha256

from itsdangerous import BadSignature, Signer
from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, require
from tuoju.cases.errors import NoPolicy
from tuoju.cases.models import Case, Need
from tuoju.cases.policies import Scheme, policy_for
from tuoju.database.records import now
from tuoju.referrals.errors import UpdatePageClosed
from tuoju.referrals.models import Referral, ResidentUpdate
from tuoju.referrals.status import TO_TELL_IN_PERSON, ReferralState, UpdateKind, UpdateState
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import county_of
from tuoju.residents.encryption import keys
from tuoju.residents.inputs import ResidentInput
from tuoju.residents.models import ConsentPurpose, ProtectionReport, Resident
from tuoju.residents.queries import has_agreed
from tuoju.residents.service import update
from tuoju.residents.telephone import hold, own_mobile
from tuoju_notifications.kinds import Channel, NotificationKind
from tuoju_notifications.models import RecipientType
from tuoju_notifications.outbox import post, states_of
from tuoju_notifications.routing import Destination, Recipient
from tuoju_notifications.status import DEAD, OPEN, WAITING, NotificationState
from tuoju_projects.queries import get_organization

KINDS = {
    UpdateKind.referred: NotificationKind.resident_referred,
    UpdateKind.accepted: NotificationKind.resident_accepted,
    UpdateKind.visit: NotificationKind.resident_visit,
    UpdateKind.closed: NotificationKind.resident_closed,
}
OPEN_AFTER = timedelta(days=60)
"""How long after the end a resident may look, and say how it was."""


def inform_resident(session: Session, referral: Referral, kind: UpdateKind, *, day: str = "") -> ResidentUpdate:
    """Tell the resident, once for each moment and day; where no SMS may go, the referral's page asks the officer to.
    The caller has written the audit."""
    query = select(ResidentUpdate).where(
        ResidentUpdate.referral_id == referral.pk, ResidentUpdate.kind == kind, ResidentUpdate.day == day
    )
    known = session.exec(query).first()
    if known is not None:
        return known
    hold(session, _case_of(session, referral).resident_id)
    news = ResidentUpdate(referral_id=referral.pk, kind=kind, day=day)
    session.add(news)
    session.flush()
    _send(session, referral, news)
    return news


def _send(session: Session, referral: Referral, news: ResidentUpdate) -> None:
    """Nothing is sent to the phone where a case is to be handled with care: someone else may read it."""
    resident_id = _case_of(session, referral).resident_id
    if needs_care(session, resident_id):
        return
    post(
        session,
        KINDS[news.kind],
        recipient=_to(resident_id),
        key=_key(news),
        link=f"/my/{referral.pk}",
        number=referral.number,
        organization=get_organization(session, referral.organization_id).name,
        day=news.day,
    )


def _to(resident_id: int) -> Recipient:
    return Recipient(RecipientType.resident, resident_id)


def _key(news: ResidentUpdate) -> str:
    return f"resident_update:{news.pk}"


def mark_told_in_person(session: Session, actor: Actor, referral: Referral) -> int:
    """The officer has told the resident what was left to tell; how many news that were. Raises NotPermitted."""
    require(actor, Action.send_referrals)
    waiting = [each for each, telling in updates_with_states(session, referral) if telling in TO_TELL_IN_PERSON]
    for each in waiting:
        each.told_at, each.told_by = now(), actor.user_id
    session.flush()
    if waiting:
        scope = county_of(session, referral.region_code)
        audit.record(session, actor, "tell_resident", referral, scope=scope, updates=[each.pk for each in waiting])
    return len(waiting)


def updates_with_states(session: Session, referral: Referral) -> list[tuple[ResidentUpdate, UpdateState]]:
    """What there was to tell, first to last, each with how it stands."""
    found = updates_of(session, referral)
    resident = _to(_case_of(session, referral).resident_id)
    states = states_of(session, resident, [_key(each) for each in found])
    return [(each, _telling(each, states[_key(each)])) for each in found]


def _telling(news: ResidentUpdate, posted: Set[NotificationState]) -> UpdateState:
    if news.told_at is not None:
        return UpdateState.told_in_person
    if posted & OPEN:
        return UpdateState.sms_queued
    if posted & {NotificationState.sent, NotificationState.delivered}:
        return UpdateState.sms_sent
    return UpdateState.sms_failed if posted & DEAD else UpdateState.tell_in_person


def update_resident(session: Session, actor: Actor, resident: Resident, given: ResidentInput) -> Resident:
    """Change a file. What waited to go to a mobile that is theirs no longer goes to the new one, where it may; else an
    officer tells it. Raises what residents.service.update raises."""
    waiting = _waiting(session, resident.pk)
    update(session, actor, resident, given)
    for referral, news in waiting:
        _send(session, referral, news)
    return resident


def _waiting(session: Session, resident_id: int) -> list[tuple[Referral, ResidentUpdate]]:
    """News that lies ready to be sent to a resident."""
    query = (
        select(Referral, ResidentUpdate)
        .join(ResidentUpdate, col(ResidentUpdate.referral_id) == col(Referral.id))
        .join(Need, col(Need.id) == col(Referral.need_id))
        .join(Case, col(Case.id) == col(Need.case_id))
        .where(Case.resident_id == resident_id, col(ResidentUpdate.told_at).is_(None))
        .order_by(col(ResidentUpdate.id))
    )
    rows = session.exec(query).all()
    states = states_of(session, _to(resident_id), [_key(news) for _referral, news in rows])
    return [(referral, news) for referral, news in rows if states[_key(news)] & WAITING]


def updates_of(session: Session, referral: Referral) -> list[ResidentUpdate]:
    """What there was to tell, first to last."""
    query = select(ResidentUpdate).where(ResidentUpdate.referral_id == referral.pk)
    return list(session.exec(query.order_by(col(ResidentUpdate.id))))


def destinations_of_resident(session: Session, resident_id: int) -> Sequence[Destination]:
    """By SMS, with consent, to a mobile that is the resident's own; in the hours of the societies' rule where they
    live, and nowhere without one: nobody's phone rings at night for this."""
    resident = session.get_one(Resident, resident_id)
    mobile = own_mobile(resident)
    if not mobile or not has_agreed(session, resident_id, ConsentPurpose.notifications):
        return ()
    moment = now()
    try:
        policy = policy_for(session, Scheme.society_relief, resident.region_code, china_day(moment))
    except NoPolicy:
        return ()
    hours = policy.news_hours
    return (Destination(Channel.sms, mobile, not_before=None if hours.hold(moment) else hours.begin(moment)),)


def _signer() -> Signer:
    return Signer(keys().index, salt="resident-update", key_derivation="hmac", digest_method=sha256)


def address_for(referral_id: int) -> str:
    """The page on which the resident of a referral sees where it stands, and may say how it was."""
    return f"/my/{_signer().sign(str(referral_id)).decode()}"


def referral_of(session: Session, token: str) -> Referral:
    """The referral of a resident's page. Raises UpdatePageClosed for a token that is none of ours, a case to be handled with
    care, one entered in error, and some time after the end."""
    try:
        referral = session.get(Referral, int(_signer().unsign(token).decode()))
    except (BadSignature, ValueError):
        raise UpdatePageClosed from None
    if referral is None or referral.state is ReferralState.entered_in_error:
        raise UpdatePageClosed
    over = referral.ended_at is not None and referral.ended_at + OPEN_AFTER < now()
    if over or needs_care(session, _case_of(session, referral).resident_id):
        raise UpdatePageClosed
    return referral


def needs_care(session: Session, resident_id: int) -> bool:
    """Whether nothing may lead to this person's telephone: said of any of their cases, for they have one telephone; or
    because somebody was told that this person may be being harmed."""
    with_care = select(Case.id).where(Case.resident_id == resident_id, col(Case.with_care))
    reported = select(ProtectionReport.id).where(ProtectionReport.resident_id == resident_id)
    return session.exec(with_care).first() is not None or session.exec(reported).first() is not None


def _case_of(session: Session, referral: Referral) -> Case:
    return session.get_one(Case, session.get_one(Need, referral.need_id).case_id)
