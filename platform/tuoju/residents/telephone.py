"""The mobile that SMS to a resident may go to, and how waiting messages are called off."""

import re

from sqlmodel import Session, select

from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.residents.identity import ADULT_FROM, age_on
from tuoju.residents.models import Resident
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.models import RecipientType
from tuoju_notifications.outbox import call_off
from tuoju_notifications.routing import Recipient

NEWS = frozenset(
    {
        NotificationKind.resident_referred,
        NotificationKind.resident_accepted,
        NotificationKind.resident_visit,
        NotificationKind.resident_closed,
    }
)
"""What residents are sent by SMS; only their consent to it permits that."""

_MOBILE = re.compile(r"1[3-9]\d{9}")


def own_mobile(resident: Resident) -> str:
    """The mobile that SMS may go to, or an empty text. Messages about a child go to the guardian; a telephone that
    belongs to somebody else is not used."""
    child = resident.born_on is not None and age_on(resident.born_on, china_day(now())) < ADULT_FROM
    number = resident.guardian_phone if child else "" if resident.phone_owner else resident.phone
    return number if number and _MOBILE.fullmatch(number) else ""


def lock_resident(session: Session, resident_id: int) -> Resident:
    """Read the resident again and lock the row until the commit, so that sending a message and calling messages off
    wait for each other. Take the lock after that of the audit chain: one order everywhere avoids deadlocks. SQLite has
    one writer: what it has read in this transaction still holds."""
    if session.connection().dialect.name == "sqlite":
        return session.get_one(Resident, resident_id)
    query = select(Resident).where(Resident.id == resident_id).with_for_update(key_share=True)
    return session.exec(query.execution_options(populate_existing=True)).one()


def call_off_news(session: Session, resident: Resident, *, code: str) -> None:
    """Call off the messages to a resident that were not sent yet; `code` says why. An officer informs them instead."""
    call_off(session, Recipient(RecipientType.resident, resident.pk), NEWS, code=code)
