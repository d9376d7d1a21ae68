"""Errors of residents; each carries what its page needs to say."""

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
    """The person has a file already: `resident_id`, within scope, or None with the township that holds it."""

    def __init__(self, resident_id: int | None, region_code: str) -> None:
        super().__init__("already registered")
        self.resident_id, self.region_code = resident_id, region_code


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
