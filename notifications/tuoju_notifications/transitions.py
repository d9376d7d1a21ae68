"""The one place where a notice changes state: by compare-and-swap, and with a row of its history."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import insert, update
from sqlmodel import Session, col

from tuoju_notifications.models import Notice, NoticeEvent, now
from tuoju_notifications.status import DEAD, NoticeState, before
from tuoju_notifications.tallies import count, waited

_FAILED = DEAD | {NoticeState.temporary_failure}
_UNCOUNTED = frozenset({NoticeState.created, NoticeState.sending})


def step(session: Session, notice_id: int, to: NoticeState, *conditions: Any, **values: Any) -> bool:
    """Move one notice, as `steps` does; whether this call did it."""
    return bool(steps(session, [notice_id], to, *conditions, **values))


def steps(
    session: Session,
    notice_ids: Collection[int],
    to: NoticeState,
    *conditions: Any,
    code: str = "",
    by_id: int | None = None,
    **values: Any,
) -> set[int]:
    """Move notices to a state if a lawful step leads there from where each is and the `conditions` hold for it;
    the ids of those this call moved. `values` are set in the same statement; `code` is kept in their history. One that
    fails after it was called off is not tried again: it ends there."""
    statement = (
        update(Notice)
        .where(col(Notice.id).in_(notice_ids), col(Notice.state).in_(before(to)), *conditions)
        .values(state=to, **values)
        .returning(
            col(Notice.id),
            col(Notice.attempts),
            col(Notice.provider),
            col(Notice.channel),
            col(Notice.created_at),
            col(Notice.not_before),
            col(Notice.called_off),
        )
    )
    rows = session.connection().execute(statement).all()
    record(session, to, rows, code=code, by_id=by_id)
    if to not in _UNCOUNTED:
        reached = values.get("sent_at")
        count(
            session,
            to,
            [
                (row.channel, None if reached is None else waited(row.created_at, row.not_before, reached))
                for row in rows
            ],
        )
    if to in _FAILED:
        for reason in {row.called_off for row in rows if row.called_off}:
            ids = [row.id for row in rows if row.called_off == reason]
            steps(session, ids, NoticeState.called_off, code=reason, last_error=reason)
    return {row.id for row in rows}


def record(
    session: Session, state: NoticeState, notices: Iterable[Any], *, code: str = "", by_id: int | None = None
) -> None:
    """Add a row to the history of each of `notices`: anything that has their `id`, `attempts` and `provider`."""
    moment = now()
    rows = [
        {
            "notice_id": each.id,
            "at": moment,
            "state": state,
            "attempt": each.attempts,
            "provider": each.provider,
            "code": code,
            "by_id": by_id,
        }
        for each in notices
    ]
    if rows:
        session.connection().execute(insert(NoticeEvent), rows)
