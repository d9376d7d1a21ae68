"""Time limits of tasks in pools of Celery that have none: a worker whose task hangs ends, and is started again."""

import os
import threading
import time
from collections.abc import Callable
from typing import Any

import structlog
from celery import Celery
from celery.signals import task_postrun, task_prerun, worker_ready

WITHOUT_LIMITS = frozenset({"celery.concurrency.solo", "celery.concurrency.thread"})
"""Pools that run tasks in the worker's own process and cannot stop them."""
LOOK_SECONDS = 1.0

log = structlog.get_logger()


class RunningTasks:
    """The tasks that run in this process, and until when each may."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._running: dict[str, tuple[str, float]] = {}

    def begin(self, task_id: str, name: str, limit: float) -> None:
        """A task begins, which may take `limit` seconds."""
        self._running[task_id] = (name, self._clock() + limit)

    def finish(self, task_id: str) -> None:
        """A task is over."""
        self._running.pop(task_id, None)

    def overdue(self) -> str | None:
        """The name of a task that has taken longer than it may."""
        moment = self._clock()
        return next((name for name, until in list(self._running.values()) if moment > until), None)


def enforce_time_limits(celery: Celery) -> None:
    """In pools without time limits, end the worker when a task takes longer than its limit.

    The task was not acknowledged, so that it is delivered again; whoever supervises the worker starts it again.
    """
    running = RunningTasks()

    def begin(task_id: str, task: Any, **_signal: Any) -> None:
        running.begin(task_id, task.name, task.time_limit or celery.conf.task_time_limit)

    def finish(task_id: str, **_signal: Any) -> None:
        running.finish(task_id)

    def watch() -> None:
        while (name := running.overdue()) is None:
            time.sleep(LOOK_SECONDS)
        log.error("task_over_time_limit", task=name)
        os._exit(1)

    def start(sender: Any, **_signal: Any) -> None:
        if type(sender.pool).__module__ in WITHOUT_LIMITS:
            task_prerun.connect(begin, weak=False)
            task_postrun.connect(finish, weak=False)
            threading.Thread(target=watch, daemon=True).start()

    worker_ready.connect(start, weak=False)
