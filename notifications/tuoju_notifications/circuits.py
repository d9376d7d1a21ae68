"""Circuit breakers of providers, kept in the database so that all workers share them."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from tuoju_notifications.channels.base import Failed, Outcome, Provider
from tuoju_notifications.models import Circuit

FAILURES_TO_OPEN = 5
"""So many failures in a row open a circuit."""
FIRST_REST = timedelta(seconds=15)
"""How long a circuit is open at first; each further failure doubles it, up to MAX_REST."""
MAX_REST = timedelta(minutes=5)


def any_trouble() -> ColumnElement[bool]:
    """SQL condition: some provider has failed since its last success."""
    return exists().where(col(Circuit.open_until).is_not(None) | (col(Circuit.failures) > 0))


def find_circuits(session: Session) -> dict[str, Circuit]:
    """By name, the circuits of all providers that ever failed."""
    return {circuit.provider: circuit for circuit in session.exec(select(Circuit))}


def choose(
    session: Session,
    circuits: Mapping[str, Circuit],
    providers: Sequence[Provider],
    moment: datetime,
    without: Collection[str] = (),
) -> tuple[Provider | None, datetime, bool]:
    """The first provider that may be called, or None; when to try again; and whether the provider failed lately.

    `without` are providers to skip. An open circuit whose time is over lets one message through, and stays open until
    that message has succeeded.
    """
    earliest = moment + FIRST_REST
    for provider in providers:
        if provider.name in without:
            continue
        circuit = circuits.get(provider.name)
        if circuit is None or circuit.open_until is None:
            return provider, moment, circuit is not None and circuit.failures > 0
        # The time is over, or was set while the clock was ahead.
        if circuit.open_until <= moment or circuit.open_until > moment + MAX_REST:
            if _take_trial(session, circuit, moment):
                return provider, moment, True
        else:
            earliest = min(earliest, circuit.open_until)
    return None, earliest, True


def _take_trial(session: Session, circuit: Circuit, moment: datetime) -> bool:
    statement = (
        update(Circuit)
        .where(col(Circuit.provider) == circuit.provider, col(Circuit.open_until) == circuit.open_until)
        .values(open_until=moment + FIRST_REST)
        .returning(col(Circuit.provider))
        .execution_options(synchronize_session=False)
    )
    taken = session.execute(statement).first() is not None
    session.refresh(circuit)
    return taken


def record_outcome(session: Session, provider: str, outcome: Outcome, moment: datetime) -> None:
    """Count an outcome in the circuit of its provider."""
    if not isinstance(outcome, Failed):
        _set(
            session,
            provider,
            col(Circuit.open_until).is_not(None) | (col(Circuit.failures) > 0),
            failures=0,
            open_until=None,
        )
    elif outcome.provider_down and outcome.retry_after is not None:
        _make(session, provider)
        _set(session, provider, open_until=moment + min(outcome.retry_after, MAX_REST))
    elif outcome.provider_down:
        _make(session, provider)
        failures = _set(session, provider, failures=col(Circuit.failures) + 1)
        if failures >= FAILURES_TO_OPEN:
            doublings = min(failures - FAILURES_TO_OPEN, 8)
            _set(session, provider, open_until=moment + min(FIRST_REST * 2**doublings, MAX_REST))


def _make(session: Session, provider: str) -> None:
    if session.get(Circuit, provider) is not None:
        return
    with suppress(IntegrityError), session.begin_nested():  # Another worker may add it at the same moment.
        session.add(Circuit(provider=provider))
        session.flush()


def _set(session: Session, provider: str, *conditions: Any, **values: Any) -> int:
    """Change a circuit; its failures in a row after the change."""
    statement = (
        update(Circuit)
        .where(col(Circuit.provider) == provider, *conditions)
        .values(**values)
        .returning(col(Circuit.failures))
        .execution_options(synchronize_session=False)
    )
    return int(session.execute(statement).scalar() or 0)
