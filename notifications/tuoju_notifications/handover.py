"""Hands over to the queue outside of the request: a broker that answers nothing makes nobody wait.

The rows are committed already, so that whatever is not handed over is found by the sweep.
"""

import atexit
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeVar

import structlog

Item = TypeVar("Item")

MAX_WAITING = 1000
"""So many hand-overs wait at most; the sweep does the rest."""
EXIT_SECONDS = 2.0
"""How long a process that ends in good order waits for its last hand-overs."""

log = structlog.get_logger()


class BackgroundHandover:
    """Runs hand-overs one after another in a thread of its own, which starts with the first one."""

    def __init__(self, limit: int = MAX_WAITING) -> None:
        self._limit = limit
        self._reset()

    def _reset(self) -> None:
        self._process = os.getpid()
        self._waiting: deque[Callable[[], None]] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._busy = False

    def later(self, hand_over: Callable[[Sequence[Item]], None]) -> Callable[[Sequence[Item]], None]:
        """A function that returns at once and has the thread call `hand_over`."""
        return lambda items: self._submit(lambda: hand_over(items))

    def flush(self, seconds: float) -> bool:
        """Wait until nothing waits, at most so long; whether nothing does."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._busy, seconds)

    def _submit(self, call: Callable[[], None]) -> None:
        if self._process != os.getpid():  # This process was forked: the thread stayed behind.
            self._reset()
        with self._changed:
            if len(self._waiting) >= self._limit:
                log.warning("handover_left_to_sweep", waiting=len(self._waiting))
                return
            self._waiting.append(call)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True, name="handover")
                self._thread.start()
                atexit.register(self.flush, EXIT_SECONDS)
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting))
                call, self._busy = self._waiting.popleft(), True
            try:
                call()
            except Exception as error:
                log.warning("handover_failed", error=type(error).__name__)
            finally:
                with self._changed:
                    self._busy = False
                    self._changed.notify_all()
