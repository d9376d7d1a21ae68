"""What always holds of learned rankers; see tuoju.database.rules."""

from collections.abc import Iterator, Mapping

from sqlmodel import Session, col, select

from tuoju.database.rules import RowIds, Rule
from tuoju.matchmaking.models import RankerVersion
from tuoju.matchmaking.status import RANKER_STEPS, RankerState

STARTS = frozenset({RankerState.not_adopted, RankerState.ready})
"""What a training leaves."""
_MOVED = frozenset(RANKER_STEPS.values())


def ranker_history(session: Session) -> Iterator[RowIds]:
    """A ranker is as its training left it until it is moved, then in a state that a lawful step leads to; one at most
    is in use."""
    in_use = 0
    for version in session.exec(select(RankerVersion).order_by(col(RankerVersion.id))):
        in_use += version.state is RankerState.in_use
        allowed = STARTS if version.moved_at is None else _MOVED
        if version.state not in allowed or in_use > 1:
            yield {"ranker_version": version.pk}


INVARIANTS: Mapping[str, Rule] = {"ranker_history": ranker_history}
