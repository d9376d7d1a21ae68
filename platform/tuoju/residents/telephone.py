"""A resident's own telephone: the number that may be told their news, and what ends such news before it leaves."""

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
"""What a resident is told by telephone, by no other right than their consent to it."""

_MOBILE = re.compile(r"1[3-9]\d{9}")


def own_mobile(resident: Resident) -> str:
    """The mobile that SMS may go to; empty where there is none. A child's news goes to the guardian; a neighbour's
    telephone is nobody's own."""
    child = resident.born_on is not None and age_on(resident.born_on, china_day(now())) < ADULT_FROM
    number = resident.guardian_phone if child else "" if resident.phone_owner else resident.phone
    return number if number and _MOBILE.fullmatch(number) else ""


def lock_resident(session: Session, resident_id: int) -> Resident:
    """The resident as on record in this moment, kept so until the commit: whoever tells them news and whoever finds
    that their telephone is not safe wait here for one another. Asked for after the audit chain, as everywhere: locks
    taken in one order do not wait in a circle."""
    query = select(Resident).where(Resident.id == resident_id).with_for_update(key_share=True)
    return session.exec(query.execution_options(populate_existing=True)).one()


def call_off_news(session: Session, resident: Resident, *, code: str) -> None:
    """Let no news that has not left yet ever leave for this resident; `code` says why. An officer tells it."""
    call_off(session, Recipient(RecipientType.resident, resident.pk), NEWS, code=code)
