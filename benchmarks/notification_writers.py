"""Processes that write events or send bare tasks for the load test; a single writer would be the bottleneck."""

import time
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from sqlmodel import Session

from benchmarks.keys import use_invented_keys
from tuoju.database.engine import make_engine
from tuoju.database.scopes import SYSTEM
from tuoju.database.unit_of_work import UnitOfWork
from tuoju_notifications.celery_app import make_celery
from tuoju_notifications.kinds import Channel, NotificationKind
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import Destination, Recipient, use_router, user
from tuoju_notifications.tasks import dispatcher

WAYS = (Destination(Channel.email, "someone@example.test"), Destination(Channel.sms, "13800001234"))


class Place(NamedTuple):
    """What a run uses."""

    database: str
    broker: str
    folder: Path


class Writers:
    """So many processes, until `stop`."""

    def __init__(self, place: Place, number: int) -> None:
        self._number = number
        self._pool = ProcessPoolExecutor(number, get_context("spawn"), _set_up, (place,))

    def post(self, numbers: Sequence[str], rate: float = 0) -> "list[Future[dict[str, float]]]":
        """Write an event for each number, `rate` a second altogether or else unpaced; when each was committed."""
        shares = (numbers[first :: self._number] for first in range(self._number))
        return [self._pool.submit(_post, share, rate / self._number) for share in shares if share]

    def send_bare(self, tasks: int) -> "list[Future[None]]":
        """Send tasks that do next to nothing."""
        return [self._pool.submit(_send_bare, len(range(first, tasks, self._number))) for first in range(self._number)]

    def stop(self) -> None:
        self._pool.shutdown(cancel_futures=True)


def set_up_keys() -> None:
    """The keys of the run's own database."""
    use_invented_keys()


def _set_up(place: Place) -> None:
    global _celery, _unit_of_work
    set_up_keys()
    use_router(_by_mail_and_sms)
    _celery = make_celery(place.broker, place.folder / "queue")
    _unit_of_work = UnitOfWork(make_engine(place.database), dispatcher(_celery))


def _by_mail_and_sms(_session: Session, _recipient: Recipient, _kind: NotificationKind) -> Sequence[Destination]:
    return WAYS


def _post(numbers: Sequence[str], rate: float) -> dict[str, float]:
    began, committed = time.monotonic(), {}
    for position, number in enumerate(numbers):
        if rate and (early := began + position / rate - time.monotonic()) > 0:
            time.sleep(early)
        with _unit_of_work.write(SYSTEM) as session:
            post(
                session,
                NotificationKind.referral_received,
                recipient=user(1),
                key=number,
                link=f"/referrals/{number}",
                number=number,
            )
        committed[number] = time.time()
    return committed


def _send_bare(tasks: int) -> None:
    for _each in range(tasks):
        _celery.send_task("benchmarks.bare")
