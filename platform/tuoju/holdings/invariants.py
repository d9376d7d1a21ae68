"""What always holds of erasures; see tuoju.database.rules."""

from collections.abc import Iterator, Mapping

from sqlalchemy import select as sql_select
from sqlmodel import Session, col

from tuoju.database.rules import RowIds, Rule
from tuoju.holdings.models import Erasure
from tuoju.holdings.status import ERASURE_STEPS, ErasureState, ErasureVerb
from tuoju.residents.models import Resident

ENDS = frozenset(ERASURE_STEPS.values()) - frozenset(state for state, _ in ERASURE_STEPS)
_CONFIRMED = frozenset(to for (_, verb), to in ERASURE_STEPS.items() if verb is not ErasureVerb.keep)


def erasure_history(session: Session) -> Iterator[RowIds]:
    """An erasure that ended says when and by whom; one that was done was decided by two persons, and the person that
    it concerned is erased."""
    query = (
        sql_select(
            col(Erasure.id),
            col(Erasure.state),
            col(Erasure.first_by),
            col(Erasure.ended_by),
            col(Erasure.ended_at),
            col(Erasure.resident_id),
            col(Resident.erased_at),
        )
        .join(Resident, col(Resident.id) == col(Erasure.resident_id), isouter=True)
        .order_by(col(Erasure.id))
    )
    for erasure in session.execute(query):
        ended = erasure.state in ENDS
        sound = (erasure.ended_at is not None) == ended and (erasure.ended_by is not None) == ended
        if erasure.state in _CONFIRMED:
            sound = sound and erasure.first_by is not None
        if erasure.state is ErasureState.done:
            erased = erasure.resident_id is None or erasure.erased_at is not None
            sound = sound and erasure.first_by != erasure.ended_by and erased
        if not sound:
            yield {"erasure": erasure.id}


INVARIANTS: Mapping[str, Rule] = {"erasure_history": erasure_history}
