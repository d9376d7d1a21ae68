"""Places: every change is one ledger row and one conditional update, in the same transaction.

`places_left` of a project is always the sum of its ledger and never below zero. Concurrent requests cannot get the
same place: the project's row is locked before the ledger is read, for which READ COMMITTED is enough. Updates here
bypass the ORM, so they raise the project's version themselves and refresh the object.
"""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, or_, update
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.util import identity_key
from sqlmodel import Session, col, select

from tuoju_projects.errors import (
    NoPlaceLeft,
    OutsideIntake,
    PlaceAlreadyHeld,
    PlaceNotHeld,
    PlacesAlreadyPublished,
    PlacesBelowTaken,
    ProjectNotFound,
    ProjectNotOpen,
)
from tuoju_projects.models import PlaceEntry, PlaceMove, Project, now
from tuoju_projects.status import ProjectState

CHINA = ZoneInfo("Asia/Shanghai")


def china_today() -> date:
    """Today in China."""
    return datetime.now(CHINA).date()


def in_intake_period(day: date) -> ColumnElement[bool]:
    """The condition that a project's period and intake include `day`; the last days are included."""
    return (
        (col(Project.starts_on) <= day)
        & (col(Project.ends_on) >= day)
        & or_(col(Project.last_intake_on).is_(None), col(Project.last_intake_on) >= day)
    )


def publish(session: Session, project: Project, total: int, *, by: int | None, note: str = "") -> PlaceEntry:
    """State the places of a new project. `by` is an account, None for the system. Raises PlacesAlreadyPublished."""
    session.flush()
    _lock(session, project.pk)
    if session.exec(select(PlaceEntry.id).where(PlaceEntry.project_id == project.pk).limit(1)).first():
        raise PlacesAlreadyPublished(project.pk)
    _change(session, project.pk, places_total=total, places_stated_at=now())
    return _add_entry(session, project.pk, PlaceMove.published, total, by=by, note=note)


def hold(
    session: Session,
    project_id: int,
    referral_id: int,
    *,
    by: int | None,
    on: date | None = None,
    is_new: bool = False,
) -> PlaceEntry:
    """Hold one place for a referral on the day `on`, by default today in China. A referral that `is_new`, made by this
    transaction, has no place that would have to be looked for.

    Raises NoPlaceLeft, ProjectNotOpen, OutsideIntake, PlaceAlreadyHeld, ProjectNotFound.
    """
    day = on or china_today()
    held = _change(
        session,
        project_id,
        col(Project.places_taken) < col(Project.places_total),
        col(Project.state) == ProjectState.open,
        in_intake_period(day),
        places_taken=col(Project.places_taken) + 1,
    )
    # The ledger is read after the update, which locks the project.
    if not is_new and _current_move(session, project_id, referral_id) is not None:
        if held:
            _change(session, project_id, places_taken=col(Project.places_taken) - 1)
        raise PlaceAlreadyHeld(project_id, referral_id)
    if not held:
        raise _refusal(session, project_id, day)
    return _add_entry(session, project_id, PlaceMove.held, -1, referral_id=referral_id, by=by)


def use(session: Session, project_id: int, referral_id: int, *, by: int | None) -> PlaceEntry:
    """Mark the held place of a referral as used. Raises PlaceNotHeld, ProjectNotFound."""
    _lock(session, project_id)
    if _current_move(session, project_id, referral_id) is not PlaceMove.held:
        raise PlaceNotHeld(project_id, referral_id)
    return _add_entry(session, project_id, PlaceMove.used, 0, referral_id=referral_id, by=by)


def use_or_hold(session: Session, project_id: int, referral_id: int, *, by: int | None) -> PlaceEntry:
    """Mark the held place of a referral as used; one that has none gets one first. Raises what `hold` and `use`
    raise."""
    _lock(session, project_id)
    move = _current_move(session, project_id, referral_id)
    if move is None:
        hold(session, project_id, referral_id, by=by)
    elif move is not PlaceMove.held:
        raise PlaceNotHeld(project_id, referral_id)
    return _add_entry(session, project_id, PlaceMove.used, 0, referral_id=referral_id, by=by)


def free(session: Session, project_id: int, referral_id: int, *, by: int | None) -> PlaceEntry | None:
    """Free the place that a referral holds or uses; None if it has none. Raises ProjectNotFound."""
    _lock(session, project_id)
    if _current_move(session, project_id, referral_id) is None:
        return None
    _change(session, project_id, places_taken=col(Project.places_taken) - 1)
    return _add_entry(session, project_id, PlaceMove.freed, 1, referral_id=referral_id, by=by)


def correct(session: Session, project_id: int, total: int, *, by: int | None, note: str = "") -> PlaceEntry:
    """State how many places the project has in all, held and used ones included.

    The same number again confirms it and renews `places_stated_at`. Raises PlacesBelowTaken, ProjectNotFound.
    """
    before, taken = _lock(session, project_id)
    if total < taken:
        raise PlacesBelowTaken(total, taken)
    _change(session, project_id, places_total=total, places_stated_at=now())
    return _add_entry(session, project_id, PlaceMove.corrected, total - before, by=by, note=note)


def no_capacity(session: Session, project_id: int, *, by: int | None, note: str = "") -> PlaceEntry:
    """Correct the total to what is taken now, since the charity answered that it is full. Raises ProjectNotFound."""
    _total, taken = _lock(session, project_id)
    return correct(session, project_id, taken, by=by, note=note)


def available(session: Session, project_id: int) -> int:
    """Places neither held nor used, read from the project. Raises ProjectNotFound."""
    left = session.exec(
        select(col(Project.places_total) - col(Project.places_taken)).where(Project.id == project_id)
    ).first()
    if left is None:
        raise ProjectNotFound(project_id)
    return int(left)


def _lock(session: Session, project_id: int) -> tuple[int, int]:
    """Lock the project's row until the end of the transaction; returns its total and its taken places.

    FOR NO KEY UPDATE: referrals inserted meanwhile share a lock on the key, and a full lock could deadlock with them.
    """
    columns = select(Project.places_total, Project.places_taken).where(Project.id == project_id)
    row = session.exec(columns.with_for_update(key_share=True)).first()
    if row is None:
        raise ProjectNotFound(project_id)
    return row


def _current_move(session: Session, project_id: int, referral_id: int) -> PlaceMove | None:
    """`held` or `used` while the referral has a place, which is while its rows sum to -1; else None."""
    rows = session.exec(
        select(PlaceEntry.move, PlaceEntry.change)
        .where(PlaceEntry.project_id == project_id, PlaceEntry.referral_id == referral_id)
        .order_by(col(PlaceEntry.id))
    ).all()
    return PlaceMove(rows[-1][0]) if sum(change for _move, change in rows) < 0 else None


def _change(session: Session, project_id: int, *conditions: ColumnElement[bool], **values: Any) -> bool:
    """Update the project's row if the conditions hold; returns whether they did."""
    statement = (
        update(Project)
        .where(col(Project.id) == project_id, *conditions)
        .values(version=col(Project.version) + 1, changed_at=now(), **values)
        .execution_options(synchronize_session=False)
        .returning(*(col(getattr(Project, name)) for name in _COUNTED))
    )
    row = session.execute(statement).mappings().first()
    if row is None:
        session.get(Project, project_id, populate_existing=True)
        return False
    project = session.identity_map.get(identity_key(Project, project_id))
    if project is not None:
        for name, value in row.items():
            set_committed_value(project, name, value)
    return True


_COUNTED = ("version", "changed_at", "places_total", "places_taken", "places_stated_at")
"""What a change of places changes in the project."""


def _add_entry(
    session: Session,
    project_id: int,
    move: PlaceMove,
    change: int,
    *,
    by: int | None,
    referral_id: int | None = None,
    note: str = "",
) -> PlaceEntry:
    entry = PlaceEntry(project_id=project_id, move=move, change=change, referral_id=referral_id, by=by, note=note)
    session.add(entry)
    session.flush()
    return entry


def _refusal(session: Session, project_id: int, day: date) -> Exception:
    """The error that says why the project gave no place on `day`."""
    project = session.get(Project, project_id)
    if project is None:
        return ProjectNotFound(project_id)
    if project.state is not ProjectState.open:
        return ProjectNotOpen(project_id, project.state)
    if session.exec(select(Project.id).where(Project.id == project_id, in_intake_period(day))).first() is None:
        return OutsideIntake(project_id, day)
    return NoPlaceLeft(project_id)
