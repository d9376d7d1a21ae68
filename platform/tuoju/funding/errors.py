"""Errors of the funding cycle."""

from collections.abc import Sequence
from enum import StrEnum


class FundingError(Exception):
    """Base class of the errors of the funding cycle."""


class DuplicateCallRule(FundingError):
    """The region already has a value of this rule from the same day on."""


class CallNotFound(FundingError):
    """No call has this id, or it is out of scope or not published."""


class CallNumberTaken(FundingError):
    """Another call has this number."""


class TopicMissing(FundingError):
    """A call asks for at least one of the topics of its plan."""


class OpenTooShort(FundingError):
    """A call takes applications for fewer days than its rules ask for, or would close earlier than it does."""

    def __init__(self, days: int) -> None:
        super().__init__(f"open for at least {days} days")
        self.days = days


class NotLater(FundingError):
    """An extension leads to no later day, or past the start of the projects."""


class SecondPersonNeeded(FundingError):
    """Whoever proposed a step cannot confirm it."""


class NothingProposed(FundingError):
    """No step, or another one, waits for a second person."""


class CallClosed(FundingError):
    """The call takes neither questions nor applications: it is not open, or its last day is over."""


class QuestionNotFound(FundingError):
    """No question has this id, or it is out of scope."""


class QuestionAnswered(FundingError):
    """The question has its answer, which is published."""


class ApplicationNotFound(FundingError):
    """No application has this id, or it is out of scope."""


class TooManyApplications(FundingError):
    """The organization has as many applications to the call as its rules allow."""

    def __init__(self, allowed: int) -> None:
        super().__init__(f"at most {allowed} applications")
        self.allowed = allowed


class PartsMissing(FundingError):
    """Parts of the application are not filled in."""

    def __init__(self, parts: Sequence[StrEnum]) -> None:
        super().__init__(f"missing: {', '.join(parts)}")
        self.parts = parts


class BudgetNotAllowed(FundingError):
    """The budget breaks a cap of the call."""

    def __init__(self, excesses: Sequence[object]) -> None:
        super().__init__("the budget breaks a cap")
        self.excesses = excesses


class CluesInBlindText(FundingError):
    """What reviewers will read tells who wrote it, and the applicant has not said that it may stay."""
