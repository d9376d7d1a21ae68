"""What residents without an account hear of their referral, at the moments that matter to them.

It was sent, it was accepted, the first visit has its day, it was closed: by SMS where they have a mobile of their own
and agreed to it, else by the word of an officer.
"""

import re
from collections.abc import Sequence
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
from tuoju.referrals.errors import NewsClosed
from tuoju.referrals.models import Referral, ResidentNews
from tuoju.referrals.status import Moment, ReferralState
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import county_of
from tuoju.residents.encryption import keys
from tuoju.residents.identity import age_on
from tuoju.residents.models import ConsentPurpose, ProtectionReport, Resident
from tuoju.residents.queries import has_agreed
from tuoju_notifications.kinds import Channel, NoticeKind
from tuoju_notifications.models import RecipientType
from tuoju_notifications.outbox import find_posted, post
from tuoju_notifications.routing import Recipient, Way
from tuoju_notifications.status import NoticeState
from tuoju_projects.queries import get_organization

KINDS = {
    Moment.referred: NoticeKind.resident_referred,
    Moment.accepted: NoticeKind.resident_accepted,
    Moment.visit: NoticeKind.resident_visit,
    Moment.closed: NoticeKind.resident_closed,
}
OPEN_AFTER = timedelta(days=60)
"""How long after the end a resident may look, and say how it was."""
_MOBILE = re.compile(r"1[3-9]\d{9}")
_GROWN_UP = 18


def tell(session: Session, referral: Referral, moment: Moment, *, about: str = "") -> ResidentNews:
    """Tell the resident, once for each moment and day; where no SMS may go, the referral's page asks the officer to.
    Nothing is sent to the phone where a case is to be handled with care: someone else may read it."""
    query = select(ResidentNews).where(
        ResidentNews.referral_id == referral.pk, ResidentNews.moment == moment, ResidentNews.about == about
    )
    known = session.exec(query).first()
    if known is not None:
        return known
    case, resident = _whose(session, referral)
    by_sms = not _careful(session, case) and bool(_ways(session, resident))
    news = ResidentNews(referral_id=referral.pk, moment=moment, about=about, by_sms=by_sms)
    session.add(news)
    session.flush()
    if by_sms:
        post(
            session,
            KINDS[moment],
            recipient=_to(resident.pk),
            key=_key(news),
            link=f"/my/{referral.pk}",
            number=referral.number,
            organization=get_organization(session, referral.organization_id).name,
            day=about,
        )
    return news


def _to(resident_id: int) -> Recipient:
    return Recipient(RecipientType.resident, resident_id)


def _key(news: ResidentNews) -> str:
    return f"news:{news.pk}"


def mark_told(session: Session, actor: Actor, referral: Referral) -> int:
    """The officer has told the resident everything so far; how many news that were. Raises NotPermitted."""
    require(actor, Action.send_referrals)
    waiting = [each for each in news_of(session, referral) if not each.by_sms and each.told_at is None]
    for each in waiting:
        each.told_at, each.told_by = now(), actor.user_id
    session.flush()
    if waiting:
        scope = county_of(session, referral.region_code)
        audit.record(session, actor, "tell_resident", referral, scope=scope, news=[each.pk for each in waiting])
    return len(waiting)


def leave_to_officers(session: Session, resident_id: int) -> None:
    """News whose messages were called off are for an officer to tell: their pages ask for it."""
    query = (
        select(ResidentNews)
        .join(Referral, col(Referral.id) == col(ResidentNews.referral_id))
        .join(Need, col(Need.id) == col(Referral.need_id))
        .join(Case, col(Case.id) == col(Need.case_id))
        .where(Case.resident_id == resident_id, col(ResidentNews.by_sms))
    )
    for each in session.exec(query).all():
        posted = find_posted(session, _to(resident_id), _key(each))
        each.by_sms = any(notice.state is not NoticeState.called_off for notice in posted)
    session.flush()


def news_of(session: Session, referral: Referral) -> list[ResidentNews]:
    """What there was to tell, first to last."""
    query = select(ResidentNews).where(ResidentNews.referral_id == referral.pk)
    return list(session.exec(query.order_by(col(ResidentNews.id))))


def ways_to_resident(session: Session, resident_id: int) -> Sequence[Way]:
    """By SMS, with consent, to a mobile that is the resident's own; in the hours of the societies' rule where they
    live, and nowhere without one: nobody's phone rings at night for this."""
    resident = session.get(Resident, resident_id)
    return _ways(session, resident) if resident is not None else ()


def _ways(session: Session, resident: Resident) -> Sequence[Way]:
    phone = _phone(resident)
    if _MOBILE.fullmatch(phone) is None or not has_agreed(session, resident.pk, ConsentPurpose.news):
        return ()
    moment = now()
    try:
        policy = policy_for(session, Scheme.society_relief, resident.region_code, china_day(moment))
    except NoPolicy:
        return ()
    hours = policy.news_hours
    return (Way(Channel.sms, phone, not_before=None if hours.hold(moment) else hours.begin(moment)),)


def _phone(resident: Resident) -> str:
    """A child's news goes to the guardian; a neighbour's telephone is nobody's own."""
    child = resident.born_on is not None and age_on(resident.born_on, china_day(now())) < _GROWN_UP
    if child:
        return resident.guardian_phone or ""
    return "" if resident.phone_owner else resident.phone or ""


def _signer() -> Signer:
    return Signer(keys().index, salt="resident-news", key_derivation="hmac", digest_method=sha256)


def address_for(referral_id: int) -> str:
    """The page on which the resident of a referral sees where it stands, and may say how it was."""
    return f"/my/{_signer().sign(str(referral_id)).decode()}"


def referral_of(session: Session, token: str) -> Referral:
    """The referral of a resident's page. Raises NewsClosed for a token that is none of ours, a case to be handled with
    care, one entered in error, and some time after the end."""
    try:
        referral = session.get(Referral, int(_signer().unsign(token).decode()))
    except (BadSignature, ValueError):
        raise NewsClosed from None
    if referral is None or referral.state is ReferralState.entered_in_error:
        raise NewsClosed
    over = referral.ended_at is not None and referral.ended_at + OPEN_AFTER < now()
    if over or _careful(session, _whose(session, referral)[0]):
        raise NewsClosed
    return referral


def _careful(session: Session, case: Case) -> bool:
    """Said of the case, or because somebody was told that this person may be being harmed."""
    reported = select(ProtectionReport.id).where(ProtectionReport.resident_id == case.resident_id)
    return case.with_care or session.exec(reported).first() is not None


def _whose(session: Session, referral: Referral) -> tuple[Case, Resident]:
    case = session.get_one(Case, session.get_one(Need, referral.need_id).case_id)
    return case, session.get_one(Resident, case.resident_id)
