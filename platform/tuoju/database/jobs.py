"""Background tasks requested in a transaction and started after its commit. A sweep starts those that a crash lost."""

from dataclasses import dataclass

from sqlmodel import Session

_REQUESTED = "tuoju.jobs"


@dataclass(frozen=True)
class Job:
    """A task by its name, for the row of this id."""

    task: str
    row_id: int


def request_job(session: Session, task: str, row_id: int) -> None:
    """Start the task after this transaction has committed; never if it rolls back."""
    session.info.setdefault(_REQUESTED, []).append(Job(task, row_id))


def take_requested(session: Session) -> list[Job]:
    """The jobs requested in this session since the last call."""
    requested: list[Job] = session.info.pop(_REQUESTED, [])
    return requested
