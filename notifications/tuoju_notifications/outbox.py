"""Posting, and calling off: a notice is a row of the transaction that causes it, and ends in the one that ends its
ground."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from tuoju_notifications.kinds import Channel, NoticeKind, Urgency
from tuoju_notifications.models import Notice, now
from tuoju_notifications.routing import Recipient, Way, ways
from tuoju_notifications.status import NoticeState
from tuoju_notifications.transitions import record, step, steps

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
    """Write a notice for each way that leads to the recipient; the same `key` and recipient twice is told once, and
    again only where all of it was called off.

    `link` is a path within the application; `parameters` must hold nothing personal.
    """
    group_key = _group_key(recipient, key)
    found = _in_group(session, group_key)
    if any(each.state is not NoticeState.called_off for each in found):
        return found
    notices = [
        _notice(kind, recipient, way, f"{group_key}:{way.channel.value}:{number}", group_key, link, parameters)
        for number, way in enumerate(ways(session, recipient, kind), len(found))
    ]
    try:
        with session.begin_nested():
            session.add_all(notices)
            session.flush()
    except IntegrityError:
        posted = _in_group(session, group_key)
        if len(posted) == len(found):  # not by another transaction at the same moment: a programming error
            raise
        return posted
    record(session, NoticeState.created, notices)
    for notice in notices:
        hand_over(session, notice)
    return notices


def _in_group(session: Session, group_key: str) -> list[Notice]:
    query = select(Notice).where(Notice.group_key == group_key).order_by(col(Notice.id))
    return list(session.exec(query.execution_options(populate_existing=True)))


def states_of(session: Session, recipient: Recipient, keys: Collection[str]) -> dict[str, set[NoticeState]]:
    """How the notices stand that were posted to a recipient under each of these keys; none for a key is an answer."""
    groups = {_group_key(recipient, key): key for key in keys}
    states: dict[str, set[NoticeState]] = {key: set() for key in keys}
    query = select(col(Notice.group_key), col(Notice.state)).where(col(Notice.group_key).in_(groups))
    for group_key, state in session.exec(query):
        states[groups[group_key]].add(state)
    return states


def _group_key(recipient: Recipient, key: str) -> str:
    return f"{key}:{recipient.type.value}:{recipient.id}"


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


def call_off(session: Session, recipient: Recipient, kinds: Collection[NoticeKind], *, code: str) -> set[int]:
    """Let nothing of these kinds that has not left yet ever leave for the recipient: what waits, for its hour or for
    another try, and what failed for good; the ids of those ended. `code` says why, in their history.

    One that is `sending` in this moment is in a provider's hands and can not be called back; should it fail, it is not
    tried again.
    """
    theirs = (
        Notice.recipient_type == recipient.type,
        Notice.recipient_id == recipient.id,
        col(Notice.kind).in_(kinds),
        Notice.state != NoticeState.delivered,
    )
    # With their rows locked none is taken by a sender, and one that a sender has just taken is seen as such.
    locked = select(Notice.id).where(*theirs).order_by(col(Notice.id)).with_for_update()
    ids = [notice_id for notice_id in session.exec(locked) if notice_id is not None]
    session.connection().execute(update(Notice).where(col(Notice.id).in_(ids)).values(called_off=code))
    return steps(session, ids, NoticeState.called_off, code=code, last_error=code)
