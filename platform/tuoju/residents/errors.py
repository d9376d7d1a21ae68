"""Errors of residents; each carries what its page needs to say."""

from datetime import date
from enum import StrEnum


class ResidentError(Exception):
    """Base class of the errors of residents."""


class ResidentNotFound(ResidentError):
    """No resident has this id within the actor's scope."""


class ConsentNotFound(ResidentError):
    """No consent has this id within the actor's scope."""


class OverrideNotFound(ResidentError):
    """No emergency override has this id within the actor's scope."""


class IdProblem(StrEnum):
    """Why an ID number cannot be right."""

    layout = "layout"
    date = "date"
    checksum = "checksum"


class InvalidIdNumber(ResidentError):
    """The number cannot be a resident ID number."""

    def __init__(self, problem: IdProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


class AlreadyRegistered(ResidentError):
    """The person has a file within the actor's scope already: `resident_id`. A file out of scope is never told of."""

    def __init__(self, resident_id: int) -> None:
        super().__init__("already registered")
        self.resident_id = resident_id


class LooksAlike(ResidentError):
    """Files that may be this person's already, for a human to decide; their ids, all within scope."""

    def __init__(self, resident_ids: list[int]) -> None:
        super().__init__("looks alike")
        self.resident_ids = resident_ids


class GuardianRequired(ResidentError):
    """A child under 14 consents through a guardian (PIPL art. 31)."""


class ChildNotAsked(ResidentError):
    """From 14 to 17 the child agrees too: the consent of the guardian alone is not enough (未保法 art. 4)."""


class AlreadyWithdrawn(ResidentError):
    """The consent was taken back before."""


class AlreadyReviewed(ResidentError):
    """The override was reviewed before."""


class OwnOverride(ResidentError):
    """Nobody reviews an override of their own."""


class DuplicateNotFound(ResidentError):
    """No possible duplicate has this id with both files within the actor's scope."""


class DuplicateSettled(ResidentError):
    """The possible duplicate was decided before."""


class ConsentPaperNotFound(ResidentError):
    """No paper of a consent has this id within the actor's scope, or its content was destroyed."""


class RelationMissing(ResidentError):
    """A guardian says what they are to the person."""


class WitnessRequired(ResidentError):
    """A spoken consent has a witness who is not the officer who records it."""


class ExpiryImpossible(ResidentError):
    """A consent ends today or later, and at the latest on `latest`, as its policy says."""

    def __init__(self, latest: date) -> None:
        super().__init__(latest.isoformat())
        self.latest = latest


class NothingShared(ResidentError):
    """A consent to referral names what may be given, at least the facts of the service."""


class ResidentErased(ResidentError):
    """The personal data of the person were erased; nothing is added or read any more."""


class ProcessingRestricted(ResidentError):
    """The data are stored and not otherwise used, because erasure was asked for (PIPL art. 47)."""


class NoDataPolicy(ResidentError):
    """No policy says how long this lasts or is kept here."""


class DuplicateDataPolicy(ResidentError):
    """Another policy of this kind begins on the same day in the same region."""
