"""Requests of an account are limited for all processes together, at the cost of one write a block."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, select

from tuoju.accounts.attempts import Attempt, Limit, count_attempt
from tuoju.accounts.models import AttemptCounter, Role
from tuoju.accounts.request_limits import BLOCKS, DEFAULT_EXPENSES, MINUTE, Blocks, Expense, RequestLimits
from tuoju.database.records import frozen_time, now


class Counter:
    """The counter in the database: how much was counted, and how often it was asked."""

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self.counted = self.asked = 0
        self.ends_at = now() + limit.window

    def count(self, amount: int) -> Attempt:
        self.asked += 1
        self.counted += amount
        return Attempt(self.counted <= self.limit.attempts, self.ends_at)


class TestBlocks:
    @given(st.integers(1, 300), st.lists(st.integers(0, 3), max_size=400))
    def test_all_processes_together_let_through_a_limit_at_most(self, attempts: int, order: list[int]) -> None:
        limit, processes = Limit(attempts, MINUTE), [Blocks() for _ in range(4)]
        counter = Counter(limit)
        let_through = sum(processes[number].take("a", limit, counter.count).is_allowed for number in order)
        assert let_through <= attempts
        assert let_through >= min(len(order), attempts - 4 * (attempts // BLOCKS))

    def test_one_process_lets_through_the_whole_limit(self) -> None:
        limit, process = Limit(600, MINUTE), Blocks()
        counter = Counter(limit)
        assert sum(process.take("a", limit, counter.count).is_allowed for _ in range(700)) == 600
        assert counter.asked == BLOCKS + 1, "neither for each request nor for those that are refused"

    def test_blocks_that_are_taken_at_once_are_all_used(self) -> None:
        limit, process = Limit(600, MINUTE), Blocks()
        counter, allowed = Counter(limit), []

        def count_twice(amount: int) -> Attempt:
            """Another thread takes a block while this one waits for the database."""
            if counter.asked % 2 == 0:
                allowed.append(process.take("a", limit, counter.count).is_allowed)
            return counter.count(amount)

        served = sum(process.take("a", limit, count_twice).is_allowed for _ in range(700))
        assert served + sum(allowed) == 600

    def test_the_next_minute_begins_anew(self, session: Session) -> None:
        limit, process = Limit(2, MINUTE), Blocks()

        def take() -> bool:
            return process.take("a", limit, lambda amount: count_attempt(session, "a", limit, amount)).is_allowed

        assert [take(), take(), take(), take()] == [True, True, False, False]
        assert session.exec(select(AttemptCounter.attempts)).one() == 3
        with frozen_time(now() + MINUTE + timedelta(seconds=1)):
            assert take()

    def test_accounts_have_a_limit_each(self) -> None:
        limit, process = Limit(1, MINUTE), Blocks()
        counters = {key: Counter(limit) for key in "ab"}
        allowed = [process.take(key, limit, counters[key].count).is_allowed for key in "aabb"]
        assert allowed == [True, False, True, False]


class TestLimits:
    @pytest.mark.parametrize("role", Role)
    def test_every_role_has_a_limit_for_every_expense(self, role: Role) -> None:
        assert DEFAULT_EXPENSES[role].keys() == set(Expense)

    def test_whoever_has_no_account_has_limits_too(self) -> None:
        assert all(RequestLimits().of(expense, None).attempts >= 1 for expense in Expense)
