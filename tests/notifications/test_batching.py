"""What several threads want is done together, each gets its own answer, and one's trouble is its own."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from benchmarks.processes import wait_until

from tuoju_notifications.batching import MAX_BATCH, Batcher


class Counter:
    """Doubles numbers, none of them negative; the first batch waits until it is let go on."""

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
    """What each number got that was asked for while a first batch was being done."""
    counter = Counter()
    gathering = Batcher(counter.double)

    def ask(number: int) -> int | str:
        try:
            return gathering.ask(number)
        except ValueError as error:
            return str(error)

    with ThreadPoolExecutor(len(numbers) + 1) as pool:
        pool.submit(ask, 0)
        assert counter.begun.wait(10)
        asked = [pool.submit(ask, number) for number in numbers]
        wait_until(lambda: len(gathering._gathered) == len(numbers), 10, "all have asked")
        counter.go_on.set()
        return counter, [each.result(10) for each in asked]


def test_what_gathers_meanwhile_is_done_at_once() -> None:
    counter, answers = together([1, 2, 3])
    assert answers == [2, 4, 6]
    assert [sorted(batch) for batch in counter.batches] == [[0], [1, 2, 3]]


def test_no_batch_is_too_long() -> None:
    counter, answers = together(range(1, MAX_BATCH + 4))
    assert answers == [number * 2 for number in range(1, MAX_BATCH + 4)]
    assert [len(batch) for batch in counter.batches] == [1, MAX_BATCH, 3]


def test_the_trouble_of_one_is_its_own() -> None:
    _counter, answers = together([1, -1, 3])
    assert answers == [2, "-1", 6]


def test_an_interruption_reaches_whoever_waits() -> None:
    def interrupted(_numbers: Sequence[int]) -> list[int]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Batcher(interrupted).ask(1)
