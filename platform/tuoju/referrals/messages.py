"""Questions and answers on a referral, between the charity and the field: before the answer, and while it serves."""

from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.errors import NotPermitted
from tuoju.accounts.permissions import Action, Bearer, Doer, require
from tuoju.accounts.queries import staff_of_organization
from tuoju.referrals.errors import IllegalReferralStep, NothingWritten
from tuoju.referrals.models import Referral, ReferralMessage
from tuoju.referrals.queries import answers_for
from tuoju.referrals.status import LIVE, ReferralVerb, Side
from tuoju.regions.queries import county_of
from tuoju_notifications.kinds import NoticeKind
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import user

LONGEST = 500


def write(session: Session, doer: Doer, referral: Referral, text: str) -> ReferralMessage:
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
        link_id=doer.link_id if isinstance(doer, Bearer) else None,
        named=doer.name if isinstance(doer, Bearer) else "",
        text=text.strip()[:LONGEST],
    )
    session.add(message)
    session.flush()
    scope = county_of(session, referral.region_code)
    audit.record(session, doer, "write_message", referral, scope=scope, message=message.pk)
    _tell(session, referral, message)
    return message


def messages_of(session: Session, referral: Referral) -> list[ReferralMessage]:
    """The thread, first to last. The caller has found the referral through its scope."""
    query = select(ReferralMessage).where(ReferralMessage.referral_id == referral.pk)
    return list(session.exec(query.order_by(col(ReferralMessage.id))))


def _tell(session: Session, referral: Referral, message: ReferralMessage) -> None:
    if message.side is Side.receiver:
        kind, told = NoticeKind.referral_question, [referral.sent_by]
    else:
        kind = NoticeKind.referral_reply
        told = [member.pk for member in staff_of_organization(session, referral.organization_id)]
    for recipient_id in told:
        post(
            session,
            kind,
            recipient=user(recipient_id),
            key=f"message:{message.pk}",
            link=f"/referrals/{referral.pk}#thread",
            number=referral.number,
        )
