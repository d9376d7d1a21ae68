"""Errors of the funding cycle."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any


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


class MemberNotFound(FundingError):
    """No member of a call has this id, or it is out of scope."""


class AccountNotUsable(FundingError):
    """No active account has this name."""


class AlreadyMember(FundingError):
    """The account wears this hat in the call already."""


class OtherHat(FundingError):
    """The account wears or wore another hat in the call, or works for an organization that applies to it."""


class StaffWearsHat(FundingError):
    """The organization cannot apply: somebody of its staff wears a hat in the call."""


class NotScreening(FundingError):
    """Papers are checked between the close of the call and the start of its review."""


class CheckIncomplete(FundingError):
    """An item of the pre-check is not answered, or answered with no."""


class AskedOnce(FundingError):
    """What is missing was asked for once already."""


class CompletionOverdue(FundingError):
    """The time to complete the application is over."""


class CompletionPending(FundingError):
    """The applicant still has time to complete the application."""


class NotAskedFor(FundingError):
    """The part was not asked for, so that it stays as it was submitted."""


class AskRaised(FundingError):
    """A completed budget asks for more than the one that was submitted."""


class ReviewNotFound(FundingError):
    """No review has this id, or it is somebody else's or out of scope."""


class ReviewClosed(FundingError):
    """The call is not under review, so that no review is written, reopened or given to others."""


class ReviewNotClosed(FundingError):
    """Scores are read only after all are in."""


class TextNotOpen(FundingError):
    """The reviewer has not declared that there is no interest, so that the application stays closed to them."""


class InterestFound(FundingError):
    """A conflict of interest was found, or none is named where one is reported."""


class PointsLocked(FundingError):
    """The team is scored after the other criteria are locked."""


class ScoresNotFinal(FundingError):
    """Points are missing, too high or without a reason."""

    def __init__(self, faults: Sequence[Any]) -> None:
        super().__init__("the scores are not final")
        self.faults = faults


class ApplicationsWaiting(FundingError):
    """A pre-check is not over, or no application passed it."""


class TooFewReviewers(FundingError):
    """The call has fewer reviewers than its rules ask for."""

    def __init__(self, needed: int) -> None:
        super().__init__(f"at least {needed} reviewers")
        self.needed = needed


class NobodyLeft(FundingError):
    """Every reviewer of the call was assigned the application already."""


class ReviewsMissing(FundingError):
    """Applications have fewer reviews than the rules ask for, and somebody could still write one."""

    def __init__(self, receipts: Sequence[int]) -> None:
        super().__init__(f"reviews are missing for {receipts}")
        self.receipts = receipts
