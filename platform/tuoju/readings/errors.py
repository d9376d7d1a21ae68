"""Errors of readings; each carries what its page needs to say."""

from collections.abc import Sequence

from tuoju.readings.models import Budget


class ReadingError(Exception):
    """Base class of the errors of readings."""


class PurposeMissing(ReadingError):
    """Personal data is read in full without a purpose of the list, or for "other" without a note."""


class BudgetSpent(ReadingError):
    """The daily budget of the reader does not cover this reading: `budget` of `allowed` a day, and the names of those
    who may grant more for today (`ask`)."""

    def __init__(self, budget: Budget, allowed: int, ask: Sequence[str]) -> None:
        super().__init__(f"{budget} of {allowed} spent")
        self.budget, self.allowed, self.ask = budget, allowed, ask


class OwnBudget(ReadingError):
    """Nobody grants themselves more readings."""


class ReaderNotFound(ReadingError):
    """No account has this id below the actor in the actor's scope."""


class LimitNotAhead(ReadingError):
    """A daily limit starts tomorrow or later: what was allowed on a day that has begun stays as it was."""


class ReadByGet(Exception):
    """A programming error: a request that must change nothing tried to read personal data in full."""
