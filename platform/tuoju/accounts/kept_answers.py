"""One effect a key: what a request under a key was answered is kept, and given again to the same request.

Programs choose their keys and send them in `Idempotency-Key` (web/kit/idempotency.py); every form of a page carries one
that the server made (web/kit/form_keys.py). Both are kept here.
"""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from tuoju.accounts.models import IdempotencyKey
from tuoju.database.integrity import violated_unique
from tuoju.database.records import now
from tuoju.database.scopes import Escape, system_scope

KEPT_FOR = timedelta(days=30)
"""How long a key is known: a telephone may lie in a drawer with a form that was not sent."""
VISITOR = "visitor:"


class KeyReused(Exception):
    """The key was used before for another request; `kept` is what that one was answered."""

    def __init__(self, kept: Mapping[str, Any]) -> None:
        super().__init__("the key belongs to another request")
        self.kept = kept


@dataclass(frozen=True)
class KeyedRequest:
    """A request that may have one effect only: whose it is, under which key, and what it asks."""

    owner: str
    """`user:` and the id of an account, or `visitor:` and a hash of the link or of the browser's cookie."""
    key: str
    fingerprint: str
    """Method and address."""
    body_hash: str


def owner_of_account(user_id: int) -> str:
    return f"user:{user_id}"


def claim(session: Session, request: KeyedRequest) -> IdempotencyKey | None:
    """The key's new row, or None if the key was used. Keys of the owner that are past their time go first.

    The row is inserted in the same transaction as the effect, under a unique constraint: of two requests at once the
    second waits for the first and then finds its row; if the first failed, nothing was kept and the second has its
    turn.
    """
    row = IdempotencyKey(
        owner=request.owner, key=request.key, fingerprint=request.fingerprint, body_hash=request.body_hash
    )
    with _reach_of(session, request.owner):
        _forget_old(session, request.owner)
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError as error:
            if violated_unique(error) is None:
                raise
            return None
    return row


def keep(session: Session, row: IdempotencyKey, status: int, kept: Mapping[str, Any]) -> None:
    """Keep what the request of the row was answered."""
    with _reach_of(session, row.owner):
        row.status, row.response = status, json.dumps(kept)
        session.flush()


def let_go(session: Session, row: IdempotencyKey) -> None:
    """Give the key free again: the request was refused, and the same form comes back corrected."""
    with _reach_of(session, row.owner):
        session.delete(row)
        session.flush()


def kept_answer(session: Session, request: KeyedRequest) -> tuple[int, Mapping[str, Any]]:
    """Status and answer that are kept under the key. Raises KeyReused if it was another request's."""
    with _reach_of(session, request.owner):
        row = session.exec(
            select(IdempotencyKey).where(IdempotencyKey.owner == request.owner, IdempotencyKey.key == request.key)
        ).one()
    kept: Mapping[str, Any] = json.loads(row.response)
    if (row.fingerprint, row.body_hash) != (request.fingerprint, request.body_hash):
        raise KeyReused(kept)
    return row.status, kept


def forget_old_keys(session: Session) -> int:
    """Delete the keys that are past their time, of everybody; returns how many."""
    old = session.execute(delete(IdempotencyKey).where(col(IdempotencyKey.created_at) < now() - KEPT_FOR))
    return int(old.rowcount)  # type: ignore[attr-defined]


def _forget_old(session: Session, owner: str) -> None:
    session.execute(
        delete(IdempotencyKey).where(
            col(IdempotencyKey.owner) == owner, col(IdempotencyKey.created_at) < now() - KEPT_FOR
        )
    )


def _reach_of(session: Session, owner: str) -> AbstractContextManager[None]:
    """Whoever has no account has no rows of their own: theirs are found by the random key alone."""
    return system_scope(session, Escape.forms_of_visitors) if owner.startswith(VISITOR) else nullcontext()
