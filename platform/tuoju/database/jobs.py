"""Work asked for in a transaction, started after its commit. The row that asks is the truth: a sweep finds what a lost
start left behind."""

from dataclasses import dataclass

from sqlmodel import Session

_REQUESTED = "tuoju.jobs"


@dataclass(frozen=True)
class Job:
    """A task by its name, for the row of this id."""

    task: str
    row_id: int


def request_job(session: Session, task: str, row_id: int) -> None:
    """Have the task started once this transaction has committed; never if it rolls back."""
    session.info.setdefault(_REQUESTED, []).append(Job(task, row_id))


def take_requested(session: Session) -> list[Job]:
    """What was asked for in this session since last taken."""
    asked: list[Job] = session.info.pop(_REQUESTED, [])
    return asked
