"""Batches what several threads request at the same time: one transaction for all of them (group commit)."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

Request = TypeVar("Request")
Answer = TypeVar("Answer")

MAX_BATCH = 50
"""The most requests in one batch, so that its transaction stays short."""
BATCH_INTERVAL = 0.025
"""Seconds between two batches while several threads submit requests, so that a batch collects more of them."""


class Batcher(Generic[Request, Answer]):
    """Collects requests while a batch is being processed, and processes them together as the next one.

    `process` takes a batch and returns the answers in the same order, or raises and has changed nothing; then each
    request is processed alone, so that one failing request does not fail the others. A thread that submits alone,
    one request after another, does not wait for BATCH_INTERVAL.
    """

    def __init__(self, process: Callable[[Sequence[Request]], Sequence[Answer]]) -> None:
        self._process = process
        self._pending: deque[tuple[Request, Future[Answer]]] = deque()
        self._changed = threading.Condition()
        self._busy = False
        self._only_thread: int | None = None
        self._ended_at = 0.0

    def submit(self, request: Request) -> Answer:
        """The answer to a request. Raises what processing it raised."""
        future: Future[Answer] = Future()
        self._pending.append((request, future))
        while self._must_lead(future):
            try:
                self._process_batch(self._next_batch())
            finally:
                with self._changed:
                    self._busy, self._ended_at = False, time.monotonic()
                    self._changed.notify_all()
        return future.result()

    def _must_lead(self, future: "Future[Answer]") -> bool:
        """Wait for the answer, or until no thread processes a batch; then this one must process the next."""
        with self._changed:
            self._changed.wait_for(lambda: future.done() or not self._busy)
            if future.done():
                return False
            self._busy = True
            return True

    def _next_batch(self) -> "list[tuple[Request, Future[Answer]]]":
        thread = threading.get_ident()
        pause = self._ended_at + BATCH_INTERVAL - time.monotonic()
        if self._only_thread != thread and pause > 0:
            time.sleep(pause)
        batch = [self._pending.popleft() for _number in range(min(MAX_BATCH, len(self._pending)))]
        self._only_thread = thread if len(batch) == 1 else None
        return batch

    def _process_batch(self, batch: "Sequence[tuple[Request, Future[Answer]]]") -> None:
        try:
            answers = self._process([request for request, _future in batch])
            for (_request, future), answer in zip(batch, answers, strict=True):
                future.set_result(answer)
        except BaseException as error:
            if len(batch) == 1 or not isinstance(error, Exception):
                for _request, future in batch:
                    future.set_exception(error)
                return
            for entry in batch:
                self._process_batch([entry])
