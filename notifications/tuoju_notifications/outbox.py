"""Posting: a notice is a row of the transaction that causes it."""

from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from tuoju_notifications.kinds import Channel, NoticeKind, Urgency
from tuoju_notifications.models import Notice, now
from tuoju_notifications.routing import Recipient, Way, ways
from tuoju_notifications.status import NoticeState
from tuoju_notifications.transitions import record, step

PATIENCE = timedelta(seconds=30)
"""How long a notice handed to the queue may wait there before the sweep hands it over again."""

_POSTED = "tuoju_notifications.posted"


class Posted(NamedTuple):
    """What the queue has to know of a notice."""

    notice_id: int
    urgency: Urgency


def post(
    session: Session, kind: NoticeKind, *, recipient: Recipient, key: str, link: str, **parameters: Any
) -> list[Notice]:
    """Write a notice for each way that leads to the recipient; the same `key` and recipient twice is told once.

    `link` is a path within the application; `parameters` must hold nothing personal.
    """
    group_key = f"{key}:{recipient.type.value}:{recipient.id}"
    found = _in_group(session, group_key)
    if found:
        return found
    notices = [
        _notice(kind, recipient, way, f"{group_key}:{way.channel.value}:{number}", group_key, link, parameters)
        for number, way in enumerate(ways(session, recipient, kind))
    ]
    try:
        with session.begin_nested():
            session.add_all(notices)
            session.flush()
    except IntegrityError:  # Another transaction told it in this moment.
        return _in_group(session, group_key)
    record(session, NoticeState.created, notices)
    for notice in notices:
        hand_over(session, notice)
    return notices


def _in_group(session: Session, group_key: str) -> list[Notice]:
    return list(session.exec(select(Notice).where(Notice.group_key == group_key).order_by(col(Notice.id))))


def _notice(
    kind: NoticeKind, recipient: Recipient, way: Way, key: str, group_key: str, link: str, parameters: dict[str, Any]
) -> Notice:
    moment = now()
    first = max(moment, way.not_before) if way.not_before else moment
    return Notice(
        key=key,
        group_key=group_key,
        kind=kind,
        channel=way.channel,
        urgency=kind.urgency,
        recipient_type=recipient.type,
        recipient_id=recipient.id,
        address=way.address,
        language=way.language,
        link=link,
        parameters=parameters,
        created_at=moment,
        not_before=way.not_before,
        next_attempt_at=first,
        hand_over_at=first if first > moment else moment + PATIENCE,
    )


def hand_over(session: Session, notice: Notice) -> None:
    """Let a notice that was just created reach the queue after the commit, or its inbox with it."""
    if notice.channel is Channel.in_app:  # Visible with this very commit: no queue can lose it.
        step(session, notice.pk, NoticeState.delivered, delivered_at=notice.created_at)
        session.refresh(notice)
    elif notice.next_attempt_at <= now():
        session.info.setdefault(_POSTED, []).append(Posted(notice.pk, notice.urgency))


def take_posted(session: Session) -> list[Posted]:
    """The notices posted in this session since last asked, for dispatch after the commit."""
    posted: list[Posted] = session.info.pop(_POSTED, [])
    return posted
