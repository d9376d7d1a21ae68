"""Questions and answers on a referral, between the charity and the field: before the answer, and while it serves."""

from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.errors import NotPermitted
from tuoju.accounts.permissions import Action, LinkHolder, Principal, require
from tuoju.referrals.errors import IllegalReferralStep, NothingWritten
from tuoju.referrals.models import Referral, ReferralMessage
from tuoju.referrals.notifications import notify_charity, notify_sender
from tuoju.referrals.queries import answers_for
from tuoju.referrals.status import LIVE, ReferralVerb, Side
from tuoju.regions.queries import county_of
from tuoju_notifications.kinds import NotificationKind

LONGEST = 500


def write(session: Session, doer: Principal, referral: Referral, text: str) -> ReferralMessage:
    """Write to the other side of a live referral, which is told that something was written, not what.

    Raises NothingWritten, IllegalReferralStep once it has ended, NotPermitted.
    """
    from_charity = doer.organization_id is not None
    require(doer, Action.answer_referrals if from_charity else Action.send_referrals)
    if from_charity and not answers_for(doer, referral):
        raise NotPermitted(Action.answer_referrals)
    if referral.state not in LIVE:
        raise IllegalReferralStep(referral.state, ReferralVerb.hold)
    if not text.strip():
        raise NothingWritten
    message = ReferralMessage(
        referral_id=referral.pk,
        side=Side.receiver if from_charity else Side.sender,
        by=doer.user_id,
        link_id=doer.link_id if isinstance(doer, LinkHolder) else None,
        holder_name=doer.name if isinstance(doer, LinkHolder) else "",
        text=text.strip()[:LONGEST],
    )
    session.add(message)
    session.flush()
    scope = county_of(session, referral.region_code)
    audit.record(session, doer, "write_message", referral, scope=scope, message=message.pk)
    if from_charity:
        notify_sender(session, NotificationKind.referral_question, referral, f"message:{message.pk}", at="#thread")
    else:
        notify_charity(session, NotificationKind.referral_reply, referral, f"message:{message.pk}", at="#thread")
    return message


def messages_of(session: Session, referral: Referral) -> list[ReferralMessage]:
    """The thread, first to last. The caller has found the referral through its scope."""
    query = select(ReferralMessage).where(ReferralMessage.referral_id == referral.pk)
    return list(session.exec(query.order_by(col(ReferralMessage.id))))
