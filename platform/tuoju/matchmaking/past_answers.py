"""Past answers as plain records: matchmaking reads no referral itself, the rooms above read them and pass them in."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session


@dataclass(frozen=True, slots=True)
class PastAnswer:
    """What one project made of one need that was sent to it. Names nobody."""

    need_id: int
    project_id: int
    requested_on: date
    answered_on: date | None
    """None where the project never answered."""
    accepted: bool
    """It answered, and did not reject."""
    helped: bool | None
    """Whether the service met the need at least in part; None while it has not ended."""
    refused_for_good: bool
    """It rejected the need on a ground that does not pass."""
    not_taken: bool
    """It rejected the need, let the request expire or could not complete the service. False for a project that
    rejected it only because it wants to know more: it may be asked again with the answer."""


ReadAnswers = Callable[[Session, Sequence[int]], list[PastAnswer]]
"""Reads the answers of projects by their ids. A function, so that they are read only when profiles are built anew."""


def refused_for_good(answers: Iterable[PastAnswer]) -> frozenset[int]:
    """Ids of the projects that refused a need on a ground that does not pass; `answers` are those to that need."""
    return frozenset(answer.project_id for answer in answers if answer.refused_for_good)


def not_taken(answers: Iterable[PastAnswer]) -> frozenset[int]:
    """Ids of the projects that had a need and did not take it; `answers` are those to that need."""
    return frozenset(answer.project_id for answer in answers if answer.not_taken)
