"""Who receives of a referral: the worker who sent it, and the charity, by its accounts and by its registered contact."""

from collections.abc import Mapping

from sqlmodel import Session

from tuoju.accounts.permissions import Principal
from tuoju.accounts.queries import staff_of_organization
from tuoju.accounts.subscriptions import notify_subscribers
from tuoju.referrals.models import Referral
from tuoju.referrals.status import ReferralVerb
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.models import RecipientType
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import Recipient, user

_TOLD: Mapping[ReferralVerb, NotificationKind] = {
    ReferralVerb.accept: NotificationKind.referral_accepted,
    ReferralVerb.reject: NotificationKind.referral_rejected,
    ReferralVerb.waitlist: NotificationKind.referral_waitlisted,
    ReferralVerb.expire: NotificationKind.referral_expired,
    ReferralVerb.complete: NotificationKind.referral_completed,
    ReferralVerb.fail: NotificationKind.referral_failed,
    ReferralVerb.cancel: NotificationKind.referral_cancelled,
}


def notify_of_step(session: Session, actor: Principal | None, referral: Referral, verb: ReferralVerb) -> None:
    """Whoever did not do it is told: the sender of what the receiver or the clock did, and the other way; of what
    nobody at either side took back, both."""
    kind = _TOLD.get(verb)
    if kind is None:
        return
    by_receiver = actor is not None and actor.organization_id is not None
    if actor is None or by_receiver:
        notify_sender(session, kind, referral, verb.value)
    if not by_receiver and (actor is not None or verb is ReferralVerb.cancel):
        notify_charity(session, kind, referral, verb.value)
    notify_listeners(session, kind, referral, verb.value)


def notify_sender(session: Session, kind: NotificationKind, referral: Referral, what: str, *, at: str = "") -> None:
    """Tell the worker who sent it; `what` makes the notification one of its own, `at` is a place on the page."""
    _tell(session, kind, referral, user(referral.sent_by), what, at)


def notify_charity(session: Session, kind: NotificationKind, referral: Referral, what: str, *, at: str = "") -> None:
    """Tell the charity: everyone who signs in for it, and its contact, who needs no account: what leaves the house to
    the contact carries the link of the referral, put in when it leaves (links.address_for)."""
    for member in staff_of_organization(session, referral.organization_id):
        _tell(session, kind, referral, user(member.pk), what, at)
    _tell(session, kind, referral, Recipient(RecipientType.organization, referral.organization_id), what, at)


def notify_listeners(session: Session, kind: NotificationKind, referral: Referral, what: str) -> None:
    """Tell the groups and integrators of the area."""
    notify_subscribers(
        session,
        referral.region_code,
        kind,
        key=f"referral:{referral.pk}:{what}",
        link=f"/referrals/{referral.pk}",
        number=referral.number,
    )


def _tell(
    session: Session, kind: NotificationKind, referral: Referral, recipient: Recipient, what: str, at: str
) -> None:
    post(
        session,
        kind,
        recipient=recipient,
        key=f"referral:{referral.pk}:{what}",
        link=f"/referrals/{referral.pk}{at}",
        number=referral.number,
    )
