"""Invitations: a link for one use, by which the person of an account chooses their own password.

The token is random; the database holds its hash. Only where the link is sent by e-mail or SMS is the token kept too,
sealed, until the invitation is used or replaced: a delivery may have to be tried again.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import update
from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.address_confirmations import ask_to_confirm
from tuoju.accounts.contact_preferences import get_contact_preferences
from tuoju.accounts.errors import InvitationClosed
from tuoju.accounts.grants import audit_scope
from tuoju.accounts.models import Invitation, User
from tuoju.accounts.passwords import check_password
from tuoju.accounts.permissions import Actor
from tuoju.accounts.queries import actor_of
from tuoju.accounts.service import NO_PASSWORD, set_password
from tuoju.accounts.sessions import end_all
from tuoju.database.records import now
from tuoju.database.scopes import Escape, system_scope
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import user as recipient_of

LIFETIME = timedelta(days=7)
CARD_LIFETIME = timedelta(days=30)
"""Of a printed invitation, which has to be carried to a village."""


@dataclass(frozen=True)
class IssuedInvitation:
    """A new invitation; the only place where its token stands in plain."""

    token: str
    expires_at: datetime
    sent: bool = False
    """Whether it was also sent to an address of the account."""

    @property
    def path(self) -> str:
        """The path of the link."""
        return f"/invitation/{self.token}"


def issue(session: Session, actor: Actor | None, user: User, *, lifetime: timedelta = LIFETIME) -> IssuedInvitation:
    """Invite the person of an active account, and send the link if the account has an address.

    The present password, all sessions and the invitation before end with it. `actor` is None on the command line. The
    caller has checked the grant.
    """
    user.password_hash = NO_PASSWORD
    end_all(session, user)
    close(session, user)
    reach = get_contact_preferences(session, user.pk)
    is_sent, token = bool(reach.email or reach.mobile), secrets.token_urlsafe(24)
    invitation = Invitation(
        user_id=user.pk,
        token_hash=_hash_of(token),
        token_to_send=token if is_sent else None,
        issued_by=actor.user_id if actor else None,
        issued_at=now(),
        expires_at=now() + lifetime,
    )
    session.add(invitation)
    session.flush()
    if is_sent:
        link, key = f"/invitation/{invitation.pk}", f"invitation:{invitation.pk}"
        post(session, NotificationKind.account_invited, recipient=recipient_of(user.pk), key=key, link=link)
    audit.record(session, actor, "invite", user, scope=audit_scope(session, user), invitation=invitation.pk)
    return IssuedInvitation(token, invitation.expires_at, is_sent)


def close(session: Session, user: User) -> None:
    """Close the open invitation of an account, if there is one: it was replaced, or the account is stopped."""
    statement = (
        update(Invitation)
        .where(col(Invitation.user_id) == user.pk, col(Invitation.used_at).is_(None))
        .where(col(Invitation.replaced_at).is_(None))
        .values(replaced_at=now(), token_to_send=None)
    )
    session.execute(statement)


def find_user(session: Session, token: str) -> User:
    """The account that a token invites to. Changes nothing. Raises InvitationClosed."""
    with system_scope(session, Escape.links):
        invitation = session.exec(select(Invitation).where(Invitation.token_hash == _hash_of(token))).first()
    if invitation is None or not _is_open(invitation):
        raise InvitationClosed
    user = session.get_one(User, invitation.user_id)
    if not user.is_active:
        raise InvitationClosed
    return user


def accept(session: Session, token: str, password: str) -> User:
    """Use an invitation: its person has chosen this password. Of two uses at once one succeeds.

    Raises InvitationClosed, PasswordRefused.
    """
    user = find_user(session, token)
    check_password(password, username=user.username)
    moment = now()
    statement = (
        update(Invitation)
        .where(
            col(Invitation.token_hash) == _hash_of(token),
            col(Invitation.used_at).is_(None),
            col(Invitation.replaced_at).is_(None),
            col(Invitation.expires_at) > moment,
        )
        .values(used_at=moment, token_to_send=None)
        .returning(col(Invitation.id))
    )
    with system_scope(session, Escape.links):
        row = session.execute(statement).first()
        if row is None:
            raise InvitationClosed
        set_password(session, user, password)
    actor, scope = actor_of(user), audit_scope(session, user)
    ask_to_confirm(session, recipient_of(user.pk), get_contact_preferences(session, user.pk))
    audit.record(session, actor, "accept_invitation", user, scope=scope, invitation=row.id)
    return user


def path_to_send(session: Session, invitation_id: int) -> str:
    """The path that the notification of an invitation links to, made when it leaves; once it is closed, the sign-in."""
    invitation = session.get_one(Invitation, invitation_id)
    if not invitation.token_to_send or not _is_open(invitation):
        return "/sign-in"
    return f"/invitation/{invitation.token_to_send}"


def _is_open(invitation: Invitation) -> bool:
    return invitation.used_at is None and invitation.replaced_at is None and invitation.expires_at > now()


def _hash_of(token: str) -> str:
    return sha256(token.encode()).hexdigest()
