"""The one place where a notice changes state: by compare-and-swap, and with a row of its history."""

from typing import Any

from sqlalchemy import insert, update
from sqlmodel import Session, col

from tuoju_notifications.models import Notice, NoticeEvent, now
from tuoju_notifications.status import NoticeState, before
from tuoju_notifications.tallies import count, waited

_UNCOUNTED = frozenset({NoticeState.created, NoticeState.sending})


def step(
    session: Session,
    notice_id: int,
    to: NoticeState,
    *conditions: Any,
    code: str = "",
    by_id: int | None = None,
    **values: Any,
) -> bool:
    """Move a notice to a state if a lawful step leads there from where it is and the `conditions` hold;
    whether this call did it. `values` are set in the same statement; `code` is kept in its history."""
    statement = (
        update(Notice)
        .where(col(Notice.id) == notice_id, col(Notice.state).in_(before(to)), *conditions)
        .values(state=to, **values)
        .returning(
            col(Notice.attempts),
            col(Notice.provider),
            col(Notice.channel),
            col(Notice.created_at),
            col(Notice.not_before),
        )
        .execution_options(synchronize_session=False)
    )
    row = session.execute(statement).first()
    if row is None:
        return False
    record(session, notice_id, to, attempt=row.attempts, provider=row.provider, code=code, by_id=by_id)
    if to not in _UNCOUNTED:
        reached = values.get("sent_at")
        seconds = None if reached is None else waited(row.created_at, row.not_before, reached)
        count(session, notice_id, row.channel, to, seconds)
    return True


def record(
    session: Session,
    notice_id: int,
    state: NoticeState,
    *,
    attempt: int = 0,
    provider: str = "",
    code: str = "",
    by_id: int | None = None,
) -> None:
    """Add a row to a notice's history."""
    session.execute(
        insert(NoticeEvent).values(
            notice_id=notice_id, at=now(), state=state, attempt=attempt, provider=provider, code=code, by_id=by_id
        )
    )
