"""The one function that moves a row of the funding cycle: by its table of lawful steps, leaving a row of the step."""

from enum import StrEnum
from typing import Any, Protocol

from sqlmodel import Session

from tuoju.funding.models import FundingStep
from tuoju_projects.lifecycles import Lifecycle


class Row(Protocol):
    """A row with a state."""

    state: Any

    @property
    def pk(self) -> int: ...


def take_step(
    session: Session,
    lifecycle: Lifecycle,
    row: Row,
    verb: StrEnum,
    *,
    call_id: int,
    by: int | None,
    target: StrEnum | None = None,
) -> None:
    """Move the row and note the step; `by` is None for the clock, `target` chooses where the table leaves a choice.
    The flush compares and swaps the version of the row.

    Raises IllegalStep, and StaleDataError for whoever lost a race.
    """
    before = row.state
    row.state = lifecycle.after(before, verb, target)
    session.add(row)
    session.add(
        FundingStep(
            call_id=call_id,
            machine=lifecycle.name,
            row_id=row.pk,
            verb=verb.value,
            before=before.value,
            after=row.state.value,
            by=by,
        )
    )
    session.flush()
