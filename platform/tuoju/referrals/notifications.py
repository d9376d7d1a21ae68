"""Who is notified of a referral: the worker who sent it, and the charity by its accounts and its registered contact."""

from collections.abc import Mapping, Sequence

from sqlmodel import Session

from tuoju.accounts.permissions import Principal
from tuoju.accounts.queries import staff_of_organization
from tuoju.accounts.subscriptions import notify_subscribers
from tuoju.referrals.models import Referral
from tuoju.referrals.status import ReferralVerb
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.models import RecipientType
from tuoju_notifications.outbox import post, post_new
from tuoju_notifications.routing import Recipient, user

_KIND_OF: Mapping[ReferralVerb, NotificationKind] = {
    ReferralVerb.accept: NotificationKind.referral_accepted,
    ReferralVerb.reject: NotificationKind.referral_rejected,
    ReferralVerb.waitlist: NotificationKind.referral_waitlisted,
    ReferralVerb.expire: NotificationKind.referral_expired,
    ReferralVerb.complete: NotificationKind.referral_completed,
    ReferralVerb.fail: NotificationKind.referral_failed,
    ReferralVerb.cancel: NotificationKind.referral_cancelled,
    ReferralVerb.reopen: NotificationKind.referral_received,
}
"""The notification of each step; the steps that are not here notify nobody."""
NOTIFIED = _KIND_OF.keys()
"""The steps that notify somebody."""


def notify_of_step(
    session: Session, actor: Principal | None, referral: Referral, verb: ReferralVerb, *, times: int = 1
) -> None:
    """Notify the sides that did not take the step, and the subscribers of the region. `times` says how often the
    referral has taken it: one that was reopened can expire again.

    The sender is notified of steps of the receiver and of the clock, the charity of steps of the sender. A referral
    that the platform cancels (`actor` is None) notifies both. The step has locked the referral, so that nobody else
    posts under its key.
    """
    kind = _KIND_OF.get(verb)
    if kind is None:
        return
    event = verb.value if times == 1 else f"{verb.value}:{times}"
    by_receiver = actor is not None and actor.organization_id is not None
    if actor is None or by_receiver:
        notify_sender(session, kind, referral, event, is_new=True)
    if not by_receiver and (actor is not None or verb is ReferralVerb.cancel):
        notify_charity(session, kind, referral, event, is_new=True)
    notify_region_subscribers(session, kind, referral, event)


def notify_sender(
    session: Session, kind: NotificationKind, referral: Referral, event: str, *, anchor: str = "", is_new: bool = False
) -> None:
    """Notify the worker who sent the referral.

    `event` is part of the notification's key: the same event notifies once. `anchor` (`#link`) is a part of the page.
    With `is_new` nothing was posted under that key (outbox.post_new).
    """
    _notify(session, kind, referral, [user(referral.sent_by)], event, anchor=anchor, is_new=is_new)


def notify_charity(
    session: Session, kind: NotificationKind, referral: Referral, event: str, *, anchor: str = "", is_new: bool = False
) -> None:
    """Notify every account of the charity, and its registered contact, who needs no account.

    What is sent to the contact carries the referral's link, which links.address_for adds when the notification leaves.
    `event`, `anchor` and `is_new` as for notify_sender.
    """
    members = staff_of_organization(session, referral.organization_id)
    contact = Recipient(RecipientType.organization, referral.organization_id)
    recipients = [*(user(member.pk) for member in members), contact]
    _notify(session, kind, referral, recipients, event, anchor=anchor, is_new=is_new)


def notify_region_subscribers(session: Session, kind: NotificationKind, referral: Referral, event: str) -> None:
    """Notify the chat groups and integrators that subscribe to the referral's region."""
    notify_subscribers(
        session,
        referral.region_code,
        kind,
        key=f"referral:{referral.pk}:{event}",
        link=f"/referrals/{referral.pk}",
        number=referral.number,
    )


def _notify(
    session: Session,
    kind: NotificationKind,
    referral: Referral,
    recipients: Sequence[Recipient],
    event: str,
    *,
    anchor: str,
    is_new: bool,
) -> None:
    key, link, number = f"referral:{referral.pk}:{event}", f"/referrals/{referral.pk}{anchor}", referral.number
    if is_new:
        post_new(session, kind, recipients, key=key, link=link, number=number)
        return
    for recipient in recipients:
        post(session, kind, recipient=recipient, key=key, link=link, number=number)
