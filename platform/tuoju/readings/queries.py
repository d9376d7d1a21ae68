"""Who supervises whose readings, and what was used today."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, select

from tuoju.accounts.models import Role, User
from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.readings.models import BudgetGrant, BudgetUse, DailyLimit, ReadingNote
from tuoju.readings.purposes import note_id_of
from tuoju.regions.queries import ancestors
from tuoju_projects.models import Organization


def supervisors_of(session: Session, actor: Actor) -> Sequence[User]:
    """Who hears of the readings of a person, and may grant more: the officers of the nearest level above, else the
    administrators whose region holds the person's. Charity staff have the administrators."""
    home = actor.region_code or session.get_one(Organization, actor.organization_id).region_code
    codes = [region.code for region in ancestors(session, home)]
    above = codes[:-1] if actor.role is Role.township_officer else codes
    for code in reversed(above) if actor.region_code else ():
        officers = _active(session, Role.township_officer, col(User.region_code) == code, actor.user_id)
        if officers:
            return officers
    holds = or_(col(User.region_code).in_(codes), col(User.region_code).is_(None))
    return _active(session, Role.administrator, holds, actor.user_id)


def _active(session: Session, role: Role, condition: ColumnElement[bool], other_than: int) -> Sequence[User]:
    query = select(User).where(User.role == role, condition, col(User.is_active), col(User.id) != other_than)
    return session.exec(query.order_by(col(User.id))).all()


def find_readers(session: Session, actor: Actor, *, user_id: int | None = None) -> Sequence[User]:
    """The people whose readings the actor supervises: accounts of the region, for officers without their peers, for
    administrators with the charities'. Raises NotPermitted."""
    require(actor, Action.supervise_readings)
    inside: ColumnElement[bool] = col(User.region_code).in_(visible_regions(session, actor))
    if actor.role is Role.administrator:
        charities = select(Organization.id).where(col(Organization.region_code).in_(visible_regions(session, actor)))
        inside = inside | col(User.organization_id).in_(charities)
    else:
        inside = inside & (col(User.role) != actor.role)
    query = select(User).where(inside, col(User.is_active), col(User.id) != actor.user_id)
    if user_id is not None:
        query = query.where(User.id == user_id)
    return session.exec(query.order_by(col(User.id))).all()


def used_on(session: Session, user_ids: Iterable[int], day: date) -> Sequence[BudgetUse]:
    """What these people have used on a day, the fullest budget first."""
    rows = session.exec(select(BudgetUse).where(BudgetUse.day == day, col(BudgetUse.user_id).in_(set(user_ids)))).all()
    return sorted(rows, key=lambda row: (-row.used / max(row.allowed, 1), row.pk))


def granted_on(session: Session, user_ids: Iterable[int], day: date) -> list[BudgetGrant]:
    """What these people were granted for a day, the latest first."""
    query = select(BudgetGrant).where(BudgetGrant.day == day, col(BudgetGrant.user_id).in_(set(user_ids)))
    return list(session.exec(query.order_by(col(BudgetGrant.id).desc())))


def limits_set(session: Session) -> Sequence[DailyLimit]:
    """Every limit that was ever set, the latest first."""
    return session.exec(select(DailyLimit).order_by(col(DailyLimit.valid_from).desc(), col(DailyLimit.id).desc())).all()


def notes_of(session: Session, purposes: Iterable[str]) -> Mapping[int, ReadingNote]:
    """The notes that stated purposes refer to, by id, in at most one query."""
    ids = {number for number in map(note_id_of, purposes) if number is not None}
    if not ids:
        return {}
    return {note.pk: note for note in session.exec(select(ReadingNote).where(col(ReadingNote.id).in_(ids)))}
