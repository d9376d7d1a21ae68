"""Requests of several threads are processed together; each gets its own answer or its own error."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from benchmarks.processes import wait_until

from tuoju_notifications.batching import MAX_BATCH, Batcher


class Counter:
    """Doubles numbers that are not negative; the first batch waits for `go_on`."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.begun, self.go_on = threading.Event(), threading.Event()

    def double(self, numbers: Sequence[int]) -> list[int]:
        self.batches.append(list(numbers))
        self.begun.set()
        assert self.go_on.wait(10)
        if min(numbers) < 0:
            raise ValueError(min(numbers))
        return [number * 2 for number in numbers]


def together(numbers: Sequence[int]) -> tuple[Counter, list[int | str]]:
    """The counter, and what each number got that was submitted while a first batch was processed."""
    counter = Counter()
    batcher = Batcher(counter.double)

    def submit(number: int) -> int | str:
        try:
            return batcher.submit(number)
        except ValueError as error:
            return str(error)

    with ThreadPoolExecutor(len(numbers) + 1) as pool:
        pool.submit(submit, 0)
        assert counter.begun.wait(10)
        futures = [pool.submit(submit, number) for number in numbers]
        wait_until(lambda: len(batcher._pending) == len(numbers), 10, "all have submitted")
        counter.go_on.set()
        return counter, [future.result(10) for future in futures]


def test_requests_during_a_batch_are_the_next_batch() -> None:
    counter, answers = together([1, 2, 3])
    assert answers == [2, 4, 6]
    assert [sorted(batch) for batch in counter.batches] == [[0], [1, 2, 3]]


def test_a_batch_has_at_most_max_batch_requests() -> None:
    counter, answers = together(range(1, MAX_BATCH + 4))
    assert answers == [number * 2 for number in range(1, MAX_BATCH + 4)]
    assert [len(batch) for batch in counter.batches] == [1, MAX_BATCH, 3]


def test_an_error_fails_only_its_own_request() -> None:
    _counter, answers = together([1, -1, 3])
    assert answers == [2, "-1", 6]


def test_an_interruption_reaches_the_waiting_thread() -> None:
    def interrupted(_numbers: Sequence[int]) -> list[int]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Batcher(interrupted).submit(1)
