"""Running counts for metrics, updated in the transaction of each step, so that they always equal a recount."""

import os
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from tuoju_notifications.kinds import Channel
from tuoju_notifications.models import Tally
from tuoju_notifications.status import NotificationState

BUCKETS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 86400)
"""Upper bounds, in seconds, of the time from when a notification was due to when its provider accepted it."""
BEYOND = len(BUCKETS)
"""The bucket of all longer waits."""
SHARDS = 8
"""Rows for each count, so that processes do not wait for the lock of one row."""


def bucket_of(waited: float) -> int:
    """The bucket of a wait in seconds."""
    return next((number for number, bound in enumerate(BUCKETS) if waited <= bound), BEYOND)


def waited(created_at: datetime, not_before: datetime | None, moment: datetime) -> float:
    """Seconds from when a notification was due to `moment`; quiet hours do not count."""
    return max((moment - max(created_at, not_before or created_at)).total_seconds(), 0.0)


def count(session: Session, state: NotificationState, waits: Iterable[tuple[Channel, float | None]]) -> None:
    """Count steps that led to a state: the channel of each, and the seconds waited if the step reached the provider.

    Rows are updated in one order, so that two transactions cannot deadlock.
    """
    added: dict[tuple[Channel, int], list[float]] = {}
    for channel, seconds in waits:
        bucket = -1 if seconds is None else bucket_of(seconds)
        added.setdefault((channel, bucket), []).append(seconds or 0.0)
    shard = os.getpid() % SHARDS
    rows = [
        {
            "channel": channel,
            "state": state,
            "bucket": bucket,
            "shard": shard,
            "steps": len(waits_of),
            "seconds": sum(waits_of),
        }
        for (channel, bucket), waits_of in sorted(added.items())
    ]
    if rows:
        connection = session.connection()
        connection.execute(_ADDING[connection.dialect.name], rows)


def _adding(insert: Any) -> Any:
    statement = insert(Tally)
    return statement.on_conflict_do_update(
        index_elements=["channel", "state", "bucket", "shard"],
        set_={
            "steps": col(Tally.steps) + statement.excluded.steps,
            "seconds": col(Tally.seconds) + statement.excluded.seconds,
        },
    )


_ADDING = {"postgresql": _adding(postgresql.insert), "sqlite": _adding(sqlite.insert)}
