"""Who opened the file of a resident, in plain words on their own page: the day, whose work it was, what for.

Colleagues are not named: their role or their organization answers for them, and the officer's page has the names.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from tuoju.referrals.models import Referral
from tuoju.referrals.resident_updates import who_opened_the_file
from tuoju.regions.calendar import china_day
from tuoju.residents.queries import Reading
from tuoju.words.labels import audit_action_words, label, reading_words


@dataclass(frozen=True)
class OwnReading:
    """An opening of the file as its person reads it."""

    on: date
    who: str
    why: str


def own_readings(session: Session, referral: Referral) -> Sequence[OwnReading]:
    """The latest openings; several on one day by the same role for the same purpose are one."""
    return list(dict.fromkeys(_in_words(reading) for reading in who_opened_the_file(session, referral)))


def _in_words(reading: Reading) -> OwnReading:
    return OwnReading(
        on=china_day(reading.at),
        who=reading.organization or (label("role", reading.role) if reading.role else reading.reader),
        why=reading_words(reading.purpose) if reading.purpose else audit_action_words(reading.action),
    )
