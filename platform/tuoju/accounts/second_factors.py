"""The second factor: codes of an authenticator app, recovery codes, and who resets them.

Source: RFC 6238 (TOTP), NIST SP 800-63B-4, 3.1.2 (look-up secrets) and 3.1.4 (one-time passwords), OWASP ASVS 5.0, 6.5
and 6.6.
"""

import secrets
from collections.abc import Collection

import pyotp
from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.attempts import CODE_LIMIT, Client, count_attempt, counter_of, forget_attempts
from tuoju.accounts.errors import LastSecondFactor, SecondFactorNotSetUp, SecondFactorRequired, WrongCode
from tuoju.accounts.models import (
    Passkey,
    RecoveryCode,
    Role,
    SessionKind,
    SessionStage,
    TotpSecret,
    User,
    UserSession,
)
from tuoju.accounts.passwords import PASSWORDS
from tuoju.accounts.permissions import Actor
from tuoju.accounts.queries import actor_of
from tuoju.accounts.sessions import AUDIT_SCOPE, end_unfinished, open_session
from tuoju.database.records import now

ISSUER = "Tuoju"
"""What an authenticator app shows above the user name."""
STEP = 30
"""Seconds for which a code of the app is valid; one step before and after is accepted too, for clocks that are off."""
RECOVERY_CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without signs that look alike on paper."""
_RECOVERY_LENGTH = 10
"""About 50 bits, so they are hashed as slowly as a password."""


def has_second_factor(session: Session, user: User) -> bool:
    """Whether the account has a confirmed authenticator app or a passkey."""
    return has_totp(session, user) or _has_passkey(session, user)


def has_totp(session: Session, user: User) -> bool:
    """Whether the account has a confirmed authenticator app."""
    row = _totp(session, user)
    return row is not None and row.confirmed_at is not None


def _totp(session: Session, user: User) -> TotpSecret | None:
    return session.exec(select(TotpSecret).where(TotpSecret.user_id == user.pk)).first()


def _has_passkey(session: Session, user: User) -> bool:
    return session.exec(select(Passkey.id).where(Passkey.user_id == user.pk)).first() is not None


def begin_totp(session: Session, user: User) -> TotpSecret:
    """The secret that the app is to be given: a new one, or the one begun before and not confirmed yet."""
    row = _totp(session, user)
    if row is None:
        row = TotpSecret(user_id=user.pk, secret=pyotp.random_base32())
        session.add(row)
        session.flush()
    return row


def totp_address(row: TotpSecret, username: str) -> str:
    """The otpauth:// address of a secret, for a QR code."""
    return pyotp.TOTP(row.secret, interval=STEP).provisioning_uri(name=username, issuer_name=ISSUER)


def confirm_totp(session: Session, user: User, code: str, token: str) -> list[str]:
    """Make the app a second factor once its first code is right; returns new recovery codes if the account had none.

    `token` is of the session in which it is done. Raises WrongCode. Attempts are not limited: the secret is on the
    user's own screen.
    """
    row = _totp(session, user)
    if row is None or row.confirmed_at is not None or not _accept_totp(session, row, code.replace(" ", "")):
        raise WrongCode
    row.confirmed_at = now()
    session.flush()
    end_unfinished(session, user, but=token)
    audit.record(session, actor_of(user), "set_up_totp", user, scope=AUDIT_SCOPE)
    return ensure_recovery_codes(session, user)


def remove_totp(session: Session, user: User, second_factor_roles: Collection[Role]) -> None:
    """Remove the app. Raises LastSecondFactor."""
    if user.role in second_factor_roles and not _has_passkey(session, user):
        raise LastSecondFactor
    session.connection().execute(delete(TotpSecret).where(col(TotpSecret.user_id) == user.pk))
    audit.record(session, actor_of(user), "remove_totp", user, scope=AUDIT_SCOPE)
    forget_unneeded_codes(session, user)


def _accept_totp(session: Session, row: TotpSecret, code: str) -> bool:
    """Whether the code is right and newer than the latest accepted one. Of two requests with one code only one wins."""
    totp = pyotp.TOTP(row.secret, interval=STEP)
    present = int(now().timestamp()) // STEP
    step = next((step for step in (present - 1, present, present + 1) if _equal(totp.generate_otp(step), code)), 0)
    newer = update(TotpSecret).where(col(TotpSecret.id) == row.pk, col(TotpSecret.last_step) < step)
    return session.connection().execute(newer.values(last_step=step)).rowcount == 1


def _equal(expected: str, typed: str) -> bool:
    return secrets.compare_digest(expected.encode(), typed.encode())


def ensure_recovery_codes(session: Session, user: User) -> list[str]:
    """New recovery codes if the account has none; an empty list if it has."""
    if session.exec(select(RecoveryCode.id).where(RecoveryCode.user_id == user.pk)).first() is not None:
        return []
    return make_recovery_codes(session, user)


def make_recovery_codes(session: Session, user: User) -> list[str]:
    """Ten new recovery codes instead of all old ones. They are shown once; only their hashes are stored."""
    session.connection().execute(delete(RecoveryCode).where(col(RecoveryCode.user_id) == user.pk))
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(_RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(user_id=user.pk, code_hash=PASSWORDS.hash(code)) for code in codes)
    session.flush()
    audit.record(session, actor_of(user), "make_recovery_codes", user, scope=AUDIT_SCOPE)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def recovery_codes_left(session: Session, user: User) -> int:
    """How many recovery codes of the account still work."""
    return len(_unused_codes(session, user))


def _unused_codes(session: Session, user: User) -> list[RecoveryCode]:
    unused = select(RecoveryCode).where(RecoveryCode.user_id == user.pk, col(RecoveryCode.used_at).is_(None))
    return list(session.exec(unused.order_by(col(RecoveryCode.id))))


def _accept_recovery_code(session: Session, user: User, code: str) -> bool:
    """Whether the code is an unused recovery code; it is used up. Of two requests with one code only one wins."""
    row = next((row for row in _unused_codes(session, user) if PASSWORDS.verify(code, row.code_hash)), None)
    if row is None:
        return False
    use = update(RecoveryCode).where(col(RecoveryCode.id) == row.pk, col(RecoveryCode.used_at).is_(None))
    if session.connection().execute(use.values(used_at=now())).rowcount != 1:
        return False
    audit.record(session, actor_of(user), "use_recovery_code", user, scope=AUDIT_SCOPE)
    return True


def check_code(session: Session, user: User, code: str, client: Client) -> None:
    """Accept a code of the app or a recovery code. Raises WrongCode; the caller must commit even then."""
    is_allowed = _count_code(session, user, client)
    typed = code.replace(" ", "").replace("-", "").lower()
    row = _totp(session, user)
    if len(typed) == _RECOVERY_LENGTH:
        is_right = is_allowed and _accept_recovery_code(session, user, typed)
    else:
        is_right = is_allowed and row is not None and row.confirmed_at is not None and _accept_totp(session, row, typed)
    if not is_right:
        audit.record(session, None, "code_failed", user, scope=AUDIT_SCOPE)
        session.flush()
        raise WrongCode
    _forget_codes(session, user, client)


def _count_code(session: Session, user: User, client: Client) -> bool:
    return count_attempt(session, counter_of("code", user, client), CODE_LIMIT).is_allowed


def _forget_codes(session: Session, user: User, client: Client) -> None:
    forget_attempts(session, counter_of("code", user, client))


def finish_sign_in(
    session: Session, row: UserSession, user: User, code: str, client: Client
) -> tuple[str, UserSession]:
    """Complete a sign-in that waits for its code: a new session under a new token, instead of the client's present one.

    Raises WrongCode; the caller must commit even then.
    """
    check_code(session, user, code, client)
    return complete_session(session, user, row.kind, client, by="code")


def finish_set_up(session: Session, row: UserSession, user: User, client: Client) -> tuple[str, UserSession]:
    """Complete a sign-in in which the second factor was set up. Raises SecondFactorNotSetUp."""
    if row.stage is not SessionStage.set_up or not has_second_factor(session, user):
        raise SecondFactorNotSetUp
    return complete_session(session, user, row.kind, client, by="set_up")


def complete_session(
    session: Session, user: User, kind: SessionKind, client: Client, *, by: str
) -> tuple[str, UserSession]:
    """Open a complete session after a second factor; `by` says which, for the audit."""
    token, row = open_session(session, user, kind=kind, stage=SessionStage.complete, client=client)
    audit.record(session, actor_of(user), "sign_in", user, scope=AUDIT_SCOPE, by=by, opened=row.pk)
    return token, row


def finish_without_pages(session: Session, row: UserSession, user: User, code: str, client: Client) -> str | None:
    """What a program needs beyond its password, in the same request; returns the new token if the code opened a
    session.

    Raises SecondFactorRequired, SecondFactorNotSetUp, WrongCode. The caller must commit even then: the unfinished
    session has ended.
    """
    if row.stage is SessionStage.complete:
        return None
    row.ended_at = now()
    session.flush()
    if row.stage is SessionStage.set_up:
        raise SecondFactorNotSetUp
    if not code:
        raise SecondFactorRequired
    return finish_sign_in(session, row, user, code, client)[0]


def forget_unneeded_codes(session: Session, user: User) -> None:
    """Delete the recovery codes of an account whose last second factor was removed."""
    if not has_second_factor(session, user):
        session.connection().execute(delete(RecoveryCode).where(col(RecoveryCode.user_id) == user.pk))


def remove_second_factors(session: Session, actor: Actor | None, user: User) -> None:
    """Remove every second factor of somebody who lost theirs. The caller has checked the grant and ends the sessions.

    `actor` is None on the command line. Nothing is audited of an account that has none.
    """
    connection = session.connection()
    statements = [delete(table).where(col(table.user_id) == user.pk) for table in (TotpSecret, RecoveryCode, Passkey)]
    if not sum(connection.execute(statement).rowcount for statement in statements):
        return
    audit.record(session, actor, "reset_second_factor", user, scope=AUDIT_SCOPE)
