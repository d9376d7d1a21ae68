"""Whether this database is a restored copy, which sends nothing until somebody says that it is the live one."""

from datetime import datetime

from sqlalchemy import ColumnElement, Exists, delete
from sqlmodel import Session, col, select

from tuoju_notifications.models import RestoredCopy


def mark_as_copy(session: Session, made_at: datetime) -> None:
    """Mark the database as a copy of the one that was backed up at `made_at`."""
    session.execute(delete(RestoredCopy))
    session.add(RestoredCopy(made_at=made_at))
    session.flush()


def mark_as_live(session: Session) -> None:
    """Take the mark away."""
    session.execute(delete(RestoredCopy))


def find_copy(session: Session) -> RestoredCopy | None:
    """The mark; None for the live database."""
    return session.exec(select(RestoredCopy)).first()


def is_live() -> ColumnElement[bool]:
    """SQL condition: the database is no restored copy."""
    marked: Exists = select(col(RestoredCopy.id)).exists()
    return ~marked
