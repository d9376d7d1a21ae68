"""Accounts: creating users, signing in and out."""

import hashlib
import secrets
from datetime import timedelta

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlmodel import Session, col, select

from tuoju.accounts.errors import AccountLocked, UsernameTaken, WrongCredentials
from tuoju.accounts.models import Role, SessionKind, User, UserSession
from tuoju.accounts.permissions import Actor
from tuoju.accounts.queries import actor_of
from tuoju.database.records import now

PASSWORDS = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19 * 1024, parallelism=1),))
"""OWASP's minimum for argon2id (19 MiB, t=2, p=1): 0.02 s a check, where the library's default takes 0.24."""

_NOBODY = PASSWORDS.hash(secrets.token_urlsafe())
LIFETIME = {SessionKind.browser: timedelta(hours=12), SessionKind.api: timedelta(days=30)}
WRONG_PASSWORDS_ALLOWED = 5
LOCKED_FOR = timedelta(minutes=15)


class Hashed(str):
    """A password that was hashed before: for accounts made together with one password, as a demo's are."""


def hashed(password: str) -> Hashed:
    return Hashed(PASSWORDS.hash(password))


def create_user(
    session: Session,
    *,
    username: str,
    password: str,
    display_name: str,
    role: Role,
    region_code: str | None = None,
    organization_id: int | None = None,
    language: str = "zh_CN",
) -> User:
    """Add a user. Raises UsernameTaken."""
    if session.exec(select(User).where(User.username == username)).first() is not None:
        raise UsernameTaken(username)
    user = User(
        username=username,
        password_hash=password if isinstance(password, Hashed) else PASSWORDS.hash(password),
        display_name=display_name,
        role=role,
        region_code=region_code,
        organization_id=organization_id,
        language=language,
    )
    session.add(user)
    session.flush()
    return user


def set_password(session: Session, user: User, password: str) -> None:
    """Replace a password, lift a lock, and end every session that stood under the old one."""
    user.password_hash = PASSWORDS.hash(password)
    user.failed_sign_ins, user.locked_until = 0, None
    _end_sessions(session, user)
    session.flush()


def set_active(session: Session, user: User, *, active: bool) -> None:
    """Let a user sign in or no longer; one who may not is signed out everywhere."""
    user.is_active = active
    if not active:
        _end_sessions(session, user)
    session.flush()


def _end_sessions(session: Session, user: User) -> None:
    standing = select(UserSession).where(UserSession.user_id == user.pk, col(UserSession.ended_at).is_(None))
    for row in session.exec(standing):
        row.ended_at = now()


def sign_in(
    session: Session, username: str, password: str, *, kind: SessionKind = SessionKind.browser
) -> tuple[str, User]:
    """Check a password and open a session; returns its token (stored only as a hash) and the user.

    Raises WrongCredentials, or AccountLocked after five wrong passwords within a lock's length. The
    caller must commit even then: the count of wrong passwords is part of the answer.
    """
    user = session.exec(select(User).where(User.username == username)).first()
    if user is not None and user.locked_until is not None and user.locked_until > now():
        raise AccountLocked(username)
    # A password is hashed for unknown names too, so that the time taken tells nothing.
    right = PASSWORDS.verify(password, user.password_hash if user else _NOBODY)
    if user is None or not user.is_active or not right:
        if user is not None:
            _count_wrong_password(user)
            session.flush()
        raise WrongCredentials(username)
    user.failed_sign_ins, user.locked_until = 0, None
    token = secrets.token_urlsafe(32)
    session.add(UserSession(token_hash=hash_of(token), user_id=user.pk, kind=kind, expires_at=now() + LIFETIME[kind]))
    session.flush()
    return token, user


def _count_wrong_password(user: User) -> None:
    user.failed_sign_ins += 1
    if user.failed_sign_ins >= WRONG_PASSWORDS_ALLOWED:
        user.failed_sign_ins, user.locked_until = 0, now() + LOCKED_FOR


def hash_of(token: str) -> str:
    """SHA-256 of a session token, hex: a read of the table gives no one a session."""
    return hashlib.sha256(token.encode()).hexdigest()


def actor_of_token(session: Session, token: str) -> Actor | None:
    """Who a token stands for, or None if it has ended, expired, or its user is no longer active."""
    row_and_user = session.exec(
        select(UserSession, User).where(UserSession.token_hash == hash_of(token)).where(UserSession.user_id == User.id)
    ).first()
    if row_and_user is None:
        return None
    row, user = row_and_user
    if row.ended_at is not None or row.expires_at <= now() or not user.is_active:
        return None
    return actor_of(user)


def sign_out(session: Session, token: str) -> None:
    """End the session of a token; a token that stands for none is left alone."""
    row = session.exec(select(UserSession).where(UserSession.token_hash == hash_of(token))).first()
    if row is not None and row.ended_at is None:
        row.ended_at = now()
        session.flush()
