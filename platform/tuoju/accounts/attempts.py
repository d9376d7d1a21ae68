"""Counts attempts in the database, so that all processes and hosts keep one limit together."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from tuoju.accounts.models import AttemptCounter, PasskeyChallenge, User
from tuoju.database.records import now


@dataclass(frozen=True)
class Limit:
    """How many attempts are allowed within a window, which begins with the first of them."""

    attempts: int
    window: timedelta


PASSWORD_LIMIT = CODE_LIMIT = Limit(5, timedelta(minutes=15))
"""For passwords, and for codes after a right password (OWASP ASVS 5.0, 6.3.1; NIST SP 800-63B-4, 3.2.2)."""


@dataclass(frozen=True)
class Client:
    """What is known of the browser or program that signs in.

    `known_devices` has, by user id, the id that this browser was given when that user signed in with it before.
    `previous_token` is of the session that the browser had until now; it ends when another begins.
    """

    device: str = ""
    network: str = ""
    known_devices: Mapping[int, str] = field(default_factory=dict)
    previous_token: str = ""


@dataclass(frozen=True)
class Attempt:
    """Whether an attempt that was counted is allowed, and when the window ends."""

    is_allowed: bool
    ends_at: datetime

    @property
    def retry_after(self) -> int:
        """Seconds until the next attempt is allowed, at least 1."""
        return max(1, round((self.ends_at - now()).total_seconds()))


def count_attempt(session: Session, key: str, limit: Limit, amount: int = 1) -> Attempt:
    """Count one attempt, or `amount` at once, in one statement that holds the counter's row until the commit.

    Count before checking what was presented: of attempts made at once only as many as allowed are then checked. The
    caller commits even when it refuses.
    """
    connection = session.connection()
    insert = _INSERT[connection.dialect.name]
    moment = now()
    is_over = col(AttemptCounter.ends_at) <= moment
    statement = insert(AttemptCounter).values(key=key, attempts=amount, ends_at=moment + limit.window)
    counting = statement.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "attempts": case((is_over, amount), else_=col(AttemptCounter.attempts) + amount),
            "ends_at": case((is_over, statement.excluded.ends_at), else_=col(AttemptCounter.ends_at)),
        },
    ).returning(col(AttemptCounter.attempts), col(AttemptCounter.ends_at))
    attempts, ends_at = connection.execute(counting).one()
    return Attempt(attempts <= limit.attempts, ends_at)


_INSERT: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def forget_attempts(session: Session, key: str) -> None:
    """Begin anew after a success."""
    session.connection().execute(delete(AttemptCounter).where(col(AttemptCounter.key) == key))


def sweep_attempts(session: Session) -> None:
    """Delete the counters whose window is over."""
    session.connection().execute(delete(AttemptCounter).where(col(AttemptCounter.ends_at) <= now()))


def sweep_challenges(session: Session) -> None:
    """Delete the challenges of passkeys that nobody answered in time."""
    session.connection().execute(delete(PasskeyChallenge).where(col(PasskeyChallenge.expires_at) <= now()))


def bucket_of(text: str) -> str:
    """One of 65,536 buckets for something that was typed: what it was cannot be read out of it, and strangers who try
    endless names fill no table."""
    return hashlib.sha256(text.encode()).hexdigest()[:4]


def counter_of(what: str, user: User, client: Client) -> str:
    """The counter of attempts at `what` for an account: one for each browser that its user signed in with before, and
    one for all strangers together, so that strangers cannot lock the owner out."""
    device = client.known_devices.get(user.pk, "")
    return f"{what}:{user.pk}:{bucket_of(device) if device else 'stranger'}"
