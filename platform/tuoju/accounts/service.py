"""Accounts: creating users, signing in and out."""

import secrets
from collections.abc import Collection

from sqlmodel import Session, select

from tuoju.accounts import audit
from tuoju.accounts.attempts import PASSWORD_LIMIT, Client, bucket_of, count_attempt, counter_of, forget_attempts
from tuoju.accounts.errors import UsernameTaken, WrongCredentials
from tuoju.accounts.models import Role, SessionKind, SessionStage, User, UserSession
from tuoju.accounts.passwords import PASSWORDS, check_password
from tuoju.accounts.queries import actor_of
from tuoju.accounts.second_factors import has_second_factor
from tuoju.accounts.sessions import AUDIT_SCOPE, confirm, end_all, end_by_token, open_session

NO_PASSWORD = f"$argon2id$v=19$m=19456,t=2,p=1${'A' * 22}${'A' * 43}"
"""The stored hash of an account whose person has not chosen a password: salt and digest are zeros, which no password is
known to give. Checking against it takes as long as against any other."""
_NOBODY = PASSWORDS.hash(secrets.token_urlsafe())


class Hashed(str):
    """A password that was hashed before: for accounts made together with one password, as a demo's are."""


def hashed(password: str) -> Hashed:
    return Hashed(PASSWORDS.hash(password))


def create_user(
    session: Session,
    *,
    username: str,
    display_name: str,
    role: Role,
    password: str | None = None,
    region_code: str | None = None,
    organization_id: int | None = None,
    language: str = "zh_CN",
) -> User:
    """Add a user; without a password nobody can sign in until an invitation is used. Raises UsernameTaken.

    The caller has checked the grant.
    """
    if session.exec(select(User).where(User.username == username)).first() is not None:
        raise UsernameTaken(username)
    user = User(
        username=username,
        password_hash=_stored(password),
        display_name=display_name,
        role=role,
        region_code=region_code,
        organization_id=organization_id,
        language=language,
    )
    session.add(user)
    session.flush()
    return user


def _stored(password: str | None) -> str:
    if password is None:
        return NO_PASSWORD
    return password if isinstance(password, Hashed) else PASSWORDS.hash(password)


def set_password(session: Session, user: User, password: str) -> None:
    """Replace a password, lift a lock, and end every session that stood under the old one."""
    user.password_hash = PASSWORDS.hash(password)
    forget_attempts(session, _password_counter(user, user.username, Client()))
    end_all(session, user)
    session.flush()


def set_active(session: Session, user: User, *, active: bool) -> None:
    """Let a user sign in or no longer; one who may not is signed out everywhere."""
    user.is_active = active
    if not active:
        end_all(session, user)
    session.flush()


def sign_in(
    session: Session,
    username: str,
    password: str,
    *,
    kind: SessionKind = SessionKind.browser,
    client: Client | None = None,
    second_factor_roles: Collection[Role] = (),
) -> tuple[str, UserSession]:
    """Check a password and open a session; returns its token (stored only as a hash) and the session.

    Its stage says whether a second factor is still to come. Raises WrongCredentials, which does not tell an unknown
    name, a wrong password, a stopped account and too many attempts apart; each takes the same work. The caller must
    commit even then: the count of attempts is part of the answer.
    """
    client = client or Client()
    user = session.exec(select(User).where(User.username == username)).first()
    if not _is_right(session, user, username, password, client) or user is None:
        audit.record(session, None, "sign_in_failed", user or "unknown", scope=AUDIT_SCOPE)
        session.flush()
        raise WrongCredentials
    stage = _stage_after_password(session, user, second_factor_roles)
    token, row = open_session(session, user, kind=kind, stage=stage, client=client)
    if stage is SessionStage.complete:
        audit.record(session, actor_of(user), "sign_in", user, scope=AUDIT_SCOPE, by="password", opened=row.pk)
    return token, row


def _is_right(session: Session, user: User | None, username: str, password: str, client: Client) -> bool:
    """Whether the password belongs to an active account and may be tried now; counts the attempt."""
    counter = _password_counter(user, username, client)
    attempt = count_attempt(session, counter, PASSWORD_LIMIT)
    # The password is checked in every case, so that the time taken tells nothing.
    is_right = PASSWORDS.verify(password, user.password_hash if user else _NOBODY)
    if user is None or not user.is_active or not is_right or not attempt.is_allowed:
        return False
    forget_attempts(session, counter)
    return True


def _password_counter(user: User | None, username: str, client: Client) -> str:
    """Which counter an attempt belongs to: a browser that the user signed in with before has one of its own, so that
    strangers cannot lock the owner out. Unknown names are counted too."""
    if user is None:
        return f"password:unknown:{bucket_of(username)}"
    return counter_of("password", user, client)


def _stage_after_password(session: Session, user: User, second_factor_roles: Collection[Role]) -> SessionStage:
    if has_second_factor(session, user):
        return SessionStage.second_factor
    return SessionStage.set_up if user.role in second_factor_roles else SessionStage.complete


def confirm_password(session: Session, user: User, password: str, client: Client) -> None:
    """Let the user of the client's present session prove again who they are.

    Raises WrongCredentials; the caller must commit even then.
    """
    if not _is_right(session, user, user.username, password, client):
        audit.record(session, actor_of(user), "confirm_failed", user, scope=AUDIT_SCOPE)
        session.flush()
        raise WrongCredentials
    confirm(session, client.previous_token)


def change_password(session: Session, user: User, current: str, new: str, client: Client) -> tuple[str, UserSession]:
    """Change one's own password, end all sessions, and open another for this browser; returns its token.

    Raises WrongCredentials if the current password is wrong or too many were tried (the caller must commit even then),
    and PasswordRefused.
    """
    if not _is_right(session, user, user.username, current, client):
        audit.record(session, actor_of(user), "change_password_failed", user, scope=AUDIT_SCOPE)
        session.flush()
        raise WrongCredentials
    check_password(new, username=user.username)
    set_password(session, user, new)
    audit.record(session, actor_of(user), "change_password", user, scope=AUDIT_SCOPE)
    return open_session(session, user, kind=SessionKind.browser, stage=SessionStage.complete, client=client)


def sign_out(session: Session, token: str) -> None:
    """End the session of a token; a token that stands for none is left alone."""
    user = end_by_token(session, token)
    if user is not None:
        audit.record(session, actor_of(user), "sign_out", user, scope=AUDIT_SCOPE)
