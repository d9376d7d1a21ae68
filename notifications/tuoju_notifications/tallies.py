"""Running counts for metrics and dashboards, kept in the same transaction as each step: always equal to a recount."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from tuoju_notifications.kinds import Channel
from tuoju_notifications.models import Tally
from tuoju_notifications.status import NoticeState

BUCKETS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 86400)
"""Upper bounds, in seconds, of the time from when a notice was due to when its provider had it."""
BEYOND = len(BUCKETS)
SHARDS = 8
"""Rows for each count, so that many workers do not wait in line for one."""


def bucket_of(waited: float) -> int:
    """The bucket of a wait in seconds."""
    return next((number for number, bound in enumerate(BUCKETS) if waited <= bound), BEYOND)


def waited(created_at: datetime, not_before: datetime | None, moment: datetime) -> float:
    """Seconds from when a notice was due; quiet hours are not waiting."""
    return max((moment - max(created_at, not_before or created_at)).total_seconds(), 0.0)


def count(session: Session, notice_id: int, channel: Channel, state: NoticeState, seconds: float | None) -> None:
    """Add one step to its count; `seconds` waited where the step is the one that reached the provider."""
    bucket = -1 if seconds is None else bucket_of(seconds)
    shard, added = notice_id % SHARDS, seconds or 0.0
    if _add(session, channel, state, bucket, shard, added):
        return
    try:
        with session.begin_nested():
            session.add(Tally(channel=channel, state=state, bucket=bucket, shard=shard, steps=1, seconds=added))
            session.flush()
    except IntegrityError:  # Another worker began this count in this moment.
        _add(session, channel, state, bucket, shard, added)


def _add(session: Session, channel: Channel, state: NoticeState, bucket: int, shard: int, seconds: float) -> bool:
    statement = (
        update(Tally)
        .where(
            col(Tally.channel) == channel,
            col(Tally.state) == state,
            col(Tally.bucket) == bucket,
            col(Tally.shard) == shard,
        )
        .values(steps=col(Tally.steps) + 1, seconds=col(Tally.seconds) + seconds)
        .returning(col(Tally.steps))
        .execution_options(synchronize_session=False)
    )
    return session.execute(statement).first() is not None
