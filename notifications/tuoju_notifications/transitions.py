"""The one place where a notice changes state: by compare-and-swap, and with a row of its history."""

from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col

from tuoju_notifications.models import Notice, NoticeEvent
from tuoju_notifications.status import NoticeState, before


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
        .returning(col(Notice.attempts), col(Notice.provider))
        .execution_options(synchronize_session=False)
    )
    row = session.execute(statement).first()
    if row is None:
        return False
    record(session, notice_id, to, attempt=row.attempts, provider=row.provider, code=code, by_id=by_id)
    return True


def record(session: Session, notice_id: int, state: NoticeState, **values: Any) -> None:
    """Add a row to a notice's history."""
    session.add(NoticeEvent(notice_id=notice_id, state=state, **values))
    session.flush()
