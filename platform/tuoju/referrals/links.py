"""Links by which a charity answers one referral without an account.

The token is a handle signed with the platform's key (itsdangerous), so it can neither be guessed nor read from the
database. A link opens its referral and nothing else. Every use checks the link and the referral again, so that a
withdrawn consent, the end of the referral or a revocation closes the link immediately.
"""

import hmac
import secrets
from datetime import timedelta
from hashlib import sha256

from itsdangerous import BadSignature, Signer
from sqlalchemy import update
from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.errors import NotPermitted
from tuoju.accounts.permissions import Action, Actor, LinkHolder, require
from tuoju.accounts.row_scope import row_scope_of
from tuoju.cases.models import Case, Need
from tuoju.database.keys import Purpose, keys
from tuoju.database.records import now
from tuoju.database.scopes import Escape, set_scope, system_scope
from tuoju.referrals.errors import LinkClosed
from tuoju.referrals.models import Referral, ReferralLink
from tuoju.referrals.notifications import notify_charity, notify_sender
from tuoju.referrals.queries import answers_for
from tuoju.referrals.status import LIVE, ReferralState
from tuoju.regions.queries import county_of
from tuoju.residents.consents import permission_to_share
from tuoju_notifications.kinds import NotificationKind

LIFETIME = timedelta(days=14)
"""A link of an answered referral expires after this time without use. Before the answer it expires when the answer is
due."""


def _signer() -> Signer:
    return Signer(
        keys().signing_key(Purpose.referral_links), salt="referral-link", key_derivation="hmac", digest_method=sha256
    )


def token_of(link: ReferralLink) -> str:
    """The token in the link's address. Computed from the row and the key; not stored."""
    return _signer().sign(link.handle).decode()


def _hash_of(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def issue(session: Session, actor: Actor | None, referral: Referral) -> ReferralLink:
    """Issue a link to the referral and revoke the one before. Sending does this, and both sides may do it again.

    `actor` is None if the platform issues it. Raises NotPermitted, and LinkClosed if the referral has ended or its
    consent was withdrawn.
    """
    _check_permission(actor, referral)
    if not _may_be_answered(session, referral):
        raise LinkClosed
    _revoke_current(session, actor, referral)
    return _new_link(session, actor, referral)


def issue_first(session: Session, actor: Actor | None, referral: Referral) -> ReferralLink:
    """Issue the link of a referral that this transaction has sent: it has no other, and a consent was found."""
    return _new_link(session, actor, referral)


def _new_link(session: Session, actor: Actor | None, referral: Referral) -> ReferralLink:
    handle = secrets.token_urlsafe(16)
    link = ReferralLink(
        referral_id=referral.pk,
        handle=handle,
        token_hash="",
        issued_by=actor.user_id if actor else None,
        expires_at=referral.answer_due_at if referral.state is ReferralState.requested else now() + LIFETIME,
    )
    link.token_hash = _hash_of(token_of(link))
    session.add(link)
    session.flush()
    _audit(session, actor, "issue_link", referral, link)
    return link


def revoke(session: Session, actor: Actor, referral: Referral) -> None:
    """Revoke the current link, if there is one. Raises NotPermitted."""
    _check_permission(actor, referral)
    _revoke_current(session, actor, referral)


def show(session: Session, actor: Actor, referral: Referral) -> ReferralLink | None:
    """The link if it can be used now, to be copied or scanned; None otherwise. Showing it is audited.

    Raises NotPermitted.
    """
    _check_permission(actor, referral)
    link = find_current_link(session, referral)
    if link is None or link.expires_at <= now() or not _may_be_answered(session, referral):
        return None
    _audit(session, actor, "show_link", referral, link)
    return link


def find_current_link(session: Session, referral: Referral) -> ReferralLink | None:
    """The link that was not revoked; it may have expired. None if there is none."""
    query = select(ReferralLink).where(ReferralLink.referral_id == referral.pk, col(ReferralLink.revoked_at).is_(None))
    return session.exec(query).first()


def address_for(session: Session, referral_id: int) -> str:
    """The path that a notification sends a charity's contact to: the current link, or the page of closed links.

    Called when the notification leaves, so that no stored notification contains a token.
    """
    link = find_current_link(session, session.get_one(Referral, referral_id))
    return f"/a/{token_of(link)}" if link is not None else "/answer/again"


def handle_of(session: Session, token: str) -> str:
    """The handle of a token that can be used now, for the browser's cookie. Changes nothing. Raises LinkClosed."""
    with system_scope(session, Escape.links):
        link = _find_link(session, token)
        if link is None or link.revoked_at is not None or link.expires_at <= now():
            raise LinkClosed
        if not _may_be_answered(session, session.get_one(Referral, link.referral_id)):
            raise LinkClosed
        return link.handle


def use(session: Session, handle: str, *, name: str = "") -> tuple[LinkHolder, Referral]:
    """Count one use of the link, in the transaction of what it is used for. Returns who acts, and the referral.

    The update locks the link's row until the commit: a revocation at the same time comes before or after this use,
    never between. If the referral is answered, each use makes the link last LIFETIME from now. `name` is what the
    user of the link called themselves. Raises LinkClosed.
    """
    moment = now()
    statement = (
        update(ReferralLink)
        .where(
            col(ReferralLink.handle) == handle,
            col(ReferralLink.revoked_at).is_(None),
            col(ReferralLink.expires_at) > moment,
        )
        .values(uses=col(ReferralLink.uses) + 1, last_used_at=moment)
        .returning(col(ReferralLink.id), col(ReferralLink.referral_id))
    )
    with system_scope(session, Escape.links):
        row = session.execute(statement).first()
        if row is None:
            raise LinkClosed
        referral = session.get_one(Referral, row.referral_id)
        if not _may_be_answered(session, referral):
            raise LinkClosed
        if referral.state is not ReferralState.requested:
            prolong = update(ReferralLink).where(col(ReferralLink.id) == row.id).values(expires_at=moment + LIFETIME)
            session.execute(prolong)
    holder = LinkHolder(row.id, referral.pk, referral.organization_id, name)
    set_scope(session, row_scope_of(holder))
    return holder, referral


def record_page_view(session: Session, holder: LinkHolder, referral: Referral) -> None:
    """Audit that the referral's page was opened through its link."""
    scope = county_of(session, referral.region_code)
    audit.record(session, holder, "read_by_link", referral, scope=scope)


def request_new_link(session: Session, presented: str) -> None:
    """Send a new link to the organization's registered contact, on request of whoever presents an old token or handle.

    Nothing is returned or raised, so that the requester learns nothing: neither whether the token was ever valid, nor
    whether the referral may still be answered.
    """
    with system_scope(session, Escape.links):
        _send_new_link(session, presented)


def _send_new_link(session: Session, presented: str) -> None:
    link = _find_link(session, presented)
    if link is None:
        link = session.exec(select(ReferralLink).where(ReferralLink.handle == presented)).first()
    if link is None:
        return
    referral = session.get_one(Referral, link.referral_id)
    if not _may_be_answered(session, referral):
        return
    new_link = issue(session, None, referral)
    notify_sender(session, NotificationKind.link_wanted, referral, f"link:{new_link.pk}", anchor="#link")
    notify_charity(session, NotificationKind.link_sent, referral, f"link:{new_link.pk}")


def _find_link(session: Session, token: str) -> ReferralLink | None:
    """The row of a token, revoked or not. Signature and hash are compared in constant time."""
    try:
        handle = _signer().unsign(token).decode()
    except (BadSignature, UnicodeError):
        return None
    link = session.exec(select(ReferralLink).where(ReferralLink.handle == handle)).first()
    return link if link is not None and hmac.compare_digest(link.token_hash, _hash_of(token)) else None


def _may_be_answered(session: Session, referral: Referral) -> bool:
    """Whether the organization may still see the referral: it is live, and a consent stands today."""
    if referral.state not in LIVE:
        return False
    need = session.get_one(Need, referral.need_id)
    resident_id = session.get_one(Case, need.case_id).resident_id
    organization_id = referral.organization_id
    grant = permission_to_share(session, resident_id, organization_id, need_id=need.pk, category=need.category)
    return grant is not None


def _check_permission(actor: Actor | None, referral: Referral) -> None:
    if actor is None:
        return
    if actor.organization_id is None:
        require(actor, Action.send_referrals)
        return
    require(actor, Action.answer_referrals)
    if not answers_for(actor, referral):
        raise NotPermitted(Action.answer_referrals)


def _revoke_current(session: Session, actor: Actor | None, referral: Referral) -> None:
    link = find_current_link(session, referral)
    if link is None:
        return
    link.revoked_at, link.revoked_by = now(), actor.user_id if actor else None
    session.flush()
    _audit(session, actor, "revoke_link", referral, link)


def _audit(session: Session, actor: Actor | None, verb: str, referral: Referral, link: ReferralLink) -> None:
    audit.record(session, actor, verb, referral, scope=county_of(session, referral.region_code), link=link.pk)
