"""Sessions: how long they last, who they stand for, the list that their owner sees.

Source of the limits: OWASP ASVS 5.0, 7.3.1 and 7.3.2 (an idle and an absolute end, by risk) and NIST SP 800-63B-4,
2.2.3 (AAL2: 24 hours, an hour without activity). Roles that change accounts or the work of a county end sooner than
those who fill in long forms between visits.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import update
from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.attempts import Client
from tuoju.accounts.errors import SessionNotFound, SignInTooOld
from tuoju.accounts.models import Role, SessionKind, SessionStage, User, UserSession
from tuoju.accounts.permissions import Actor
from tuoju.accounts.queries import actor_of
from tuoju.accounts.request_context import current_request
from tuoju.database.records import now
from tuoju.regions.models import Region

AUDIT_SCOPE = "accounts"
LIFETIME = {SessionKind.browser: timedelta(hours=12), SessionKind.api: timedelta(days=30)}
"""The absolute end, counted from signing in."""
IDLE: Mapping[Role, timedelta] = {Role.administrator: timedelta(minutes=30), Role.program_manager: timedelta(hours=1)}
"""How long a browser may do nothing, by role."""
IDLE_OF_OTHERS = timedelta(hours=2)
IDLE_API = timedelta(days=7)
"""How long a program may do nothing."""
UNFINISHED = timedelta(minutes=10)
"""How long a sign-in may wait for its second step."""
RECENT = timedelta(minutes=10)
"""For how long a proof of who one is lets one change one's second factor."""
TOUCH_EVERY = timedelta(minutes=1)
"""How exact `last_used_at` is: a write for every request would cost more than it tells."""


def hash_of(token: str) -> str:
    """SHA-256 of a session token, hex: a read of the table gives no one a session."""
    return hashlib.sha256(token.encode()).hexdigest()


def open_session(
    session: Session, user: User, *, kind: SessionKind, stage: SessionStage, client: Client
) -> tuple[str, UserSession]:
    """Open a session under a new token, and end the one that the client had; returns the token, which is not stored."""
    end_by_token(session, client.previous_token)
    token = secrets.token_urlsafe(32)
    lifetime = LIFETIME[kind] if stage is SessionStage.complete else UNFINISHED
    row = UserSession(
        token_hash=hash_of(token),
        user_id=user.pk,
        kind=kind,
        stage=stage,
        device=client.device,
        network=client.network,
        expires_at=now() + lifetime,
    )
    session.add(row)
    session.flush()
    return token, row


def find_session(session: Session, token: str) -> tuple[UserSession, User] | None:
    """The session of a token with its user, at whatever stage; None if it has ended or its user is no longer active.
    The user's region is read with them, since `actor_of` asks for it."""
    row = session.exec(
        select(UserSession, User, Region)
        .join(User, col(User.id) == col(UserSession.user_id))
        .join(Region, col(Region.code) == col(User.region_code), isouter=True)
        .where(UserSession.token_hash == hash_of(token))
    ).first()
    return None if row is None or not is_open(row[0], row[1]) else (row[0], row[1])


def is_open(row: UserSession, user: User) -> bool:
    """Whether the session has not been ended, and neither its absolute nor its idle end has come."""
    moment = now()
    ends_at = min(row.expires_at, row.last_used_at + idle_limit(row.kind, user.role))
    return row.ended_at is None and ends_at > moment and user.is_active


def idle_limit(kind: SessionKind, role: Role) -> timedelta:
    """How long a session may do nothing."""
    return IDLE_API if kind is SessionKind.api else IDLE.get(role, IDLE_OF_OTHERS)


@dataclass(frozen=True)
class SignedIn:
    """Who a token stands for, and whether the use of its session is to be recorded again."""

    actor: Actor
    is_touch_due: bool


def find_signed_in(session: Session, token: str) -> SignedIn | None:
    """Who a token stands for, or None if its session has ended or its sign-in is not complete."""
    row_and_user = find_session(session, token)
    if row_and_user is None or row_and_user[0].stage is not SessionStage.complete:
        return None
    row, user = row_and_user
    current_request().session_id = row.pk
    return SignedIn(actor_of(user), row.last_used_at <= now() - TOUCH_EVERY)


def touch(session: Session, token: str) -> None:
    """Record that a session is in use."""
    session.connection().execute(
        update(UserSession).where(col(UserSession.token_hash) == hash_of(token)).values(last_used_at=now())
    )


def open_sessions(session: Session, user: User) -> list[UserSession]:
    """The open sessions of a user, the latest used first."""
    rows = session.exec(
        select(UserSession)
        .where(UserSession.user_id == user.pk, col(UserSession.ended_at).is_(None), UserSession.expires_at > now())
        .order_by(col(UserSession.last_used_at).desc(), col(UserSession.id).desc())
    )
    return [row for row in rows if is_open(row, user)]


def end_session(session: Session, actor: Actor, user: User, session_id: int) -> None:
    """End one session of one's own. Raises SessionNotFound."""
    row = next((row for row in open_sessions(session, user) if row.pk == session_id), None)
    if row is None:
        raise SessionNotFound
    row.ended_at = now()
    session.flush()
    audit.record(session, actor, "end_session", user, scope=AUDIT_SCOPE, ended=row.pk)


def end_other_sessions(session: Session, actor: Actor, user: User, token: str) -> int:
    """End every session of one's own but the one of this token; returns how many."""
    count = end_all(session, user, but=token)
    audit.record(session, actor, "end_other_sessions", user, scope=AUDIT_SCOPE, count=count)
    return count


def end_all(session: Session, user: User, *, but: str = "") -> int:
    """End the sessions of a user, except the one of the token `but`; returns how many."""
    rows = session.exec(
        select(UserSession).where(UserSession.user_id == user.pk, col(UserSession.ended_at).is_(None))
    ).all()
    ended = [row for row in rows if row.token_hash != hash_of(but)]
    for row in ended:
        row.ended_at = now()
    session.flush()
    return len(ended)


def end_unfinished(session: Session, user: User, *, but: str) -> None:
    """End the sign-ins of a user that wait for a second factor, except the one of the token `but`: whoever knew only
    the password must not go on with a factor that somebody else has set up meanwhile."""
    unfinished = update(UserSession).where(
        col(UserSession.user_id) == user.pk,
        col(UserSession.ended_at).is_(None),
        col(UserSession.stage) != SessionStage.complete,
        col(UserSession.token_hash) != hash_of(but),
    )
    session.connection().execute(unfinished.values(ended_at=now()))


def end_by_token(session: Session, token: str) -> User | None:
    """End the session of a token and return its user; None for a token of no open session."""
    row_and_user = find_session(session, token) if token else None
    if row_and_user is None:
        return None
    row_and_user[0].ended_at = now()
    session.flush()
    return row_and_user[1]


def confirm(session: Session, token: str) -> None:
    """Record that the user of a session has just proved again who they are."""
    session.connection().execute(
        update(UserSession).where(col(UserSession.token_hash) == hash_of(token)).values(confirmed_at=now())
    )


def require_recent_proof(session: Session, token: str) -> None:
    """Raises SignInTooOld if the user has not signed in or confirmed it within RECENT."""
    row = session.exec(select(UserSession).where(UserSession.token_hash == hash_of(token))).first()
    if row is None or row.confirmed_at <= now() - RECENT:
        raise SignInTooOld
