"""Questions and answers on a live referral, between the charity and the worker who sent it."""

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

MAX_LENGTH = 500
"""Characters of a message; the rest is cut off."""


def write(session: Session, actor: Principal, referral: Referral, text: str) -> ReferralMessage:
    """Write to the other side of a live referral. Its notification says that there is a message, not what it says.

    Raises NothingWritten, NotPermitted, and IllegalReferralStep once the referral has ended.
    """
    from_charity = actor.organization_id is not None
    require(actor, Action.answer_referrals if from_charity else Action.send_referrals)
    if from_charity and not answers_for(actor, referral):
        raise NotPermitted(Action.answer_referrals)
    if referral.state not in LIVE:
        raise IllegalReferralStep(referral.state, ReferralVerb.hold)
    if not text.strip():
        raise NothingWritten
    message = ReferralMessage(
        referral_id=referral.pk,
        side=Side.receiver if from_charity else Side.sender,
        by=actor.user_id,
        link_id=actor.link_id if isinstance(actor, LinkHolder) else None,
        holder_name=actor.name if isinstance(actor, LinkHolder) else "",
        text=text.strip()[:MAX_LENGTH],
    )
    session.add(message)
    session.flush()
    scope = county_of(session, referral.region_code)
    audit.record(session, actor, "write_message", referral, scope=scope, message=message.pk)
    if from_charity:
        notify_sender(session, NotificationKind.referral_question, referral, f"message:{message.pk}", anchor="#thread")
    else:
        notify_charity(session, NotificationKind.referral_reply, referral, f"message:{message.pk}", anchor="#thread")
    return message


def messages_of(session: Session, referral: Referral) -> list[ReferralMessage]:
    """All messages of a referral, first to last. The caller has checked that the actor may read the referral."""
    query = select(ReferralMessage).where(ReferralMessage.referral_id == referral.pk)
    return list(session.exec(query.order_by(col(ReferralMessage.id))))
