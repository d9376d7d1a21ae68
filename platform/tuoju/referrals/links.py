"""Links by which a charity answers one referral without an account.

The token is a signed handle (itsdangerous): a read of the database gives nobody one, and none can be guessed. A link
opens its referral and nothing else, and only while the link and the referral stand: both are looked at anew at every
use, so that a consent taken back, an ending or a revocation stops it at once.
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
from tuoju.cases.models import Case, Need
from tuoju.database.records import now
from tuoju.referrals.errors import LinkClosed
from tuoju.referrals.models import Referral, ReferralLink
from tuoju.referrals.notifications import notify_charity, notify_sender
from tuoju.referrals.queries import answers_for
from tuoju.referrals.status import LIVE, ReferralState
from tuoju.regions.queries import county_of
from tuoju.residents.encryption import keys
from tuoju.residents.queries import permission_to_share
from tuoju_notifications.kinds import NotificationKind

LIFETIME = timedelta(days=14)
"""How long a link stands unused once the referral is answered; until then it stands until the answer is due."""


def _signer() -> Signer:
    return Signer(keys().index, salt="referral-link", key_derivation="hmac", digest_method=sha256)


def token_of(link: ReferralLink) -> str:
    """What the address of the link carries; made from the row and the key, stored nowhere."""
    return _signer().sign(link.handle).decode()


def _hash_of(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def issue(session: Session, actor: Actor | None, referral: Referral) -> ReferralLink:
    """A new link to the referral; the one before stops. Issued at sending, and anew by either side.

    Raises NotPermitted, LinkClosed for a referral that no longer stands.
    """
    _check(actor, referral)
    if not _stands(session, referral):
        raise LinkClosed
    _stop_standing(session, actor, referral)
    handle = secrets.token_urlsafe(12)
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
    """Stop the standing link, if there is one. Raises NotPermitted."""
    _check(actor, referral)
    _stop_standing(session, actor, referral)


def show(session: Session, actor: Actor, referral: Referral) -> ReferralLink | None:
    """The standing link, to be copied or scanned by who may; being shown it is audited. Raises NotPermitted."""
    _check(actor, referral)
    link = find_current_link(session, referral)
    if link is None or link.expires_at <= now() or not _stands(session, referral):
        return None
    _audit(session, actor, "show_link", referral, link)
    return link


def find_current_link(session: Session, referral: Referral) -> ReferralLink | None:
    """The link that was not stopped, expired or not."""
    query = select(ReferralLink).where(ReferralLink.referral_id == referral.pk, col(ReferralLink.revoked_at).is_(None))
    return session.exec(query).first()


def address_for(session: Session, referral_id: int) -> str:
    """Where a charity's contact is sent for a referral: its standing link, looked up when the message leaves, so that
    no message waits with a token in it. Without one, the page that says so."""
    link = find_current_link(session, session.get_one(Referral, referral_id))
    return f"/a/{token_of(link)}" if link is not None else "/answer/again"


def handle_of(session: Session, token: str) -> str:
    """The handle of a token that may be used now, to be kept by the browser. Changes nothing. Raises LinkClosed."""
    link = _find(session, token)
    open_ = link is not None and link.revoked_at is None and link.expires_at > now()
    if link is None or not open_ or not _stands(session, session.get_one(Referral, link.referral_id)):
        raise LinkClosed
    return link.handle


def use(session: Session, handle: str, *, name: str = "") -> tuple[LinkHolder, Referral]:
    """Count a use of the link, in the transaction of what it is used for; a link in service stands longer for it.
    The link's row is locked until the commit, so that stopping it and using it come one after the other.

    Raises LinkClosed.
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
    row = session.execute(statement).first()
    if row is None:
        raise LinkClosed
    referral = session.get_one(Referral, row.referral_id)
    if not _stands(session, referral):
        raise LinkClosed
    if referral.state is not ReferralState.requested:
        longer = update(ReferralLink).where(col(ReferralLink.id) == row.id).values(expires_at=moment + LIFETIME)
        session.execute(longer)
    return LinkHolder(row.id, referral.pk, referral.organization_id, name), referral


def record_page_view(session: Session, bearer: LinkHolder, referral: Referral) -> None:
    """The page was opened through the link: audited."""
    scope = county_of(session, referral.region_code)
    audit.record(session, bearer, "read_by_link", referral, scope=scope)


def request_new_link(session: Session, presented: str) -> None:
    """Whoever holds a token or handle that once was ours asks for a new link. It is issued if the referral still
    stands, and goes to the organization's own contact alone; what was presented gets no answer either way."""
    link = _find(session, presented)
    if link is None:
        link = session.exec(select(ReferralLink).where(ReferralLink.handle == presented)).first()
    if link is None:
        return
    referral = session.get_one(Referral, link.referral_id)
    if not _stands(session, referral):
        return
    anew = issue(session, None, referral)
    notify_sender(session, NotificationKind.link_wanted, referral, f"link:{anew.pk}", at="#link")
    notify_charity(session, NotificationKind.link_sent, referral, f"link:{anew.pk}")


def _find(session: Session, token: str) -> ReferralLink | None:
    """The row of a token, also of a stopped one. Signature and hash are compared in constant time."""
    try:
        handle = _signer().unsign(token).decode()
    except (BadSignature, UnicodeError):
        return None
    link = session.exec(select(ReferralLink).where(ReferralLink.handle == handle)).first()
    return link if link is not None and hmac.compare_digest(link.token_hash, _hash_of(token)) else None


def _stands(session: Session, referral: Referral) -> bool:
    """Whether the organization may still be told of it: it is live, and so is the consent."""
    if referral.state not in LIVE:
        return False
    case = session.get_one(Case, session.get_one(Need, referral.need_id).case_id)
    return permission_to_share(session, case.resident_id, referral.organization_id) is not None


def _check(actor: Actor | None, referral: Referral) -> None:
    if actor is None:
        return
    if actor.organization_id is None:
        require(actor, Action.send_referrals)
        return
    require(actor, Action.answer_referrals)
    if not answers_for(actor, referral):
        raise NotPermitted(Action.answer_referrals)


def _stop_standing(session: Session, actor: Actor | None, referral: Referral) -> None:
    link = find_current_link(session, referral)
    if link is None:
        return
    link.revoked_at, link.revoked_by = now(), actor.user_id if actor else None
    session.flush()
    _audit(session, actor, "revoke_link", referral, link)


def _audit(session: Session, actor: Actor | None, verb: str, referral: Referral, link: ReferralLink) -> None:
    audit.record(session, actor, verb, referral, scope=county_of(session, referral.region_code), link=link.pk)
