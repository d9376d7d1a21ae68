"""Posting: a notice is a row of the transaction that causes it."""

from typing import Any

from sqlmodel import Session, select

from tuoju_notifications.models import Notice, NoticeKind

_POSTED = "tuoju_notifications.posted"


def post(session: Session, kind: NoticeKind, *, recipient_id: int, key: str, link: str, **parameters: Any) -> Notice:
    """Write a notice to one recipient; the same `key` and recipient twice is one notice.

    `link` is a path within the application; `parameters` must hold nothing personal.
    """
    full_key = f"{key}:{recipient_id}"
    found = session.exec(select(Notice).where(Notice.key == full_key)).first()
    if found is not None:
        return found
    notice = Notice(key=full_key, kind=kind, recipient_id=recipient_id, link=link, parameters=parameters)
    session.add(notice)
    session.flush()
    session.info.setdefault(_POSTED, []).append(notice.id)
    return notice


def take_posted(session: Session) -> list[int]:
    """The ids of notices posted in this session since last asked, for dispatch after the commit."""
    posted: list[int] = session.info.pop(_POSTED, [])
    return posted
