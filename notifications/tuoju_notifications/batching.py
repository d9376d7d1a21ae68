"""Doing together what several threads want at the same time: one transaction for all of them."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

Request = TypeVar("Request")
Answer = TypeVar("Answer")

MAX_BATCH = 50
"""So many are done together, and no more: a transaction stays short."""
BATCH_INTERVAL = 0.025
"""Seconds from one batch to the next where several threads come, so that more is done in each."""


class Batcher(Generic[Request, Answer]):
    """While one batch is being done the next one gathers. A thread that comes alone again and again never waits.

    `together` does a batch and returns the answers in order, or raises and has done nothing; then each wish is done
    alone, so that the trouble of one is nobody else's.
    """

    def __init__(self, together: Callable[[Sequence[Request]], Sequence[Answer]]) -> None:
        self._together = together
        self._gathered: deque[tuple[Request, Future[Answer]]] = deque()
        self._changed = threading.Condition()
        self._busy = False
        self._alone: int | None = None
        self._done_at = 0.0

    def ask(self, wish: Request) -> Answer:
        """The answer to a wish. Raises what doing it raised."""
        answer: Future[Answer] = Future()
        self._gathered.append((wish, answer))
        while self._is_to_lead(answer):
            try:
                self._do(self._batch())
            finally:
                with self._changed:
                    self._busy, self._done_at = False, time.monotonic()
                    self._changed.notify_all()
        return answer.result()

    def _is_to_lead(self, answer: "Future[Answer]") -> bool:
        """Wait until the answer is there, or until this thread is the one to see to the next batch."""
        with self._changed:
            self._changed.wait_for(lambda: answer.done() or not self._busy)
            if answer.done():
                return False
            self._busy = True
            return True

    def _batch(self) -> "list[tuple[Request, Future[Answer]]]":
        thread = threading.get_ident()
        if self._alone != thread and (early := self._done_at + BATCH_INTERVAL - time.monotonic()) > 0:
            time.sleep(early)
        batch = [self._gathered.popleft() for _each in range(min(MAX_BATCH, len(self._gathered)))]
        self._alone = thread if len(batch) == 1 else None
        return batch

    def _do(self, batch: "Sequence[tuple[Request, Future[Answer]]]") -> None:
        try:
            for (_wish, future), answer in zip(batch, self._together([wish for wish, _ in batch]), strict=True):
                future.set_result(answer)
        except BaseException as error:
            if len(batch) == 1 or not isinstance(error, Exception):
                for _wish, future in batch:
                    future.set_exception(error)
                return
            for each in batch:
                self._do([each])
