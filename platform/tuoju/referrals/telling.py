"""Who hears of a referral: the worker who sent it, and the charity, by its accounts and by its registered contact."""

from collections.abc import Mapping

from sqlmodel import Session

from tuoju.accounts.permissions import Doer
from tuoju.accounts.queries import staff_of_organization
from tuoju.accounts.subscriptions import tell_subscribers
from tuoju.referrals.models import Referral
from tuoju.referrals.status import ReferralVerb
from tuoju_notifications.kinds import NoticeKind
from tuoju_notifications.models import RecipientType
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import Recipient, user

_TOLD: Mapping[ReferralVerb, NoticeKind] = {
    ReferralVerb.accept: NoticeKind.referral_accepted,
    ReferralVerb.reject: NoticeKind.referral_rejected,
    ReferralVerb.waitlist: NoticeKind.referral_waitlisted,
    ReferralVerb.expire: NoticeKind.referral_expired,
    ReferralVerb.complete: NoticeKind.referral_completed,
    ReferralVerb.fail: NoticeKind.referral_failed,
    ReferralVerb.cancel: NoticeKind.referral_cancelled,
}


def tell_of_step(session: Session, actor: Doer | None, referral: Referral, verb: ReferralVerb) -> None:
    """Whoever did not do it is told: the sender of what the receiver or the clock did, and the other way; of what
    nobody at either side took back, both."""
    kind = _TOLD.get(verb)
    if kind is None:
        return
    by_receiver = actor is not None and actor.organization_id is not None
    if actor is None or by_receiver:
        tell_sender(session, kind, referral, verb.value)
    if not by_receiver and (actor is not None or verb is ReferralVerb.cancel):
        tell_charity(session, kind, referral, verb.value)
    tell_listeners(session, kind, referral, verb.value)


def tell_sender(session: Session, kind: NoticeKind, referral: Referral, what: str, *, at: str = "") -> None:
    """Tell the worker who sent it; `what` makes the notice one of its own, `at` is a place on the page."""
    _tell(session, kind, referral, user(referral.sent_by), what, at)


def tell_charity(session: Session, kind: NoticeKind, referral: Referral, what: str, *, at: str = "") -> None:
    """Tell the charity: everyone who signs in for it, and its contact, who needs no account: what leaves the house to
    the contact carries the link of the referral, put in when it leaves (links.address_for)."""
    for member in staff_of_organization(session, referral.organization_id):
        _tell(session, kind, referral, user(member.pk), what, at)
    _tell(session, kind, referral, Recipient(RecipientType.organization, referral.organization_id), what, at)


def tell_listeners(session: Session, kind: NoticeKind, referral: Referral, what: str) -> None:
    """Tell the groups and integrators of the area."""
    tell_subscribers(
        session,
        referral.region_code,
        kind,
        key=f"referral:{referral.pk}:{what}",
        link=f"/referrals/{referral.pk}",
        number=referral.number,
    )


def _tell(session: Session, kind: NoticeKind, referral: Referral, recipient: Recipient, what: str, at: str) -> None:
    post(
        session,
        kind,
        recipient=recipient,
        key=f"referral:{referral.pk}:{what}",
        link=f"/referrals/{referral.pk}{at}",
        number=referral.number,
    )
