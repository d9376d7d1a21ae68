"""Visits as a reader sees them: the one view for pages, API, papers and sheets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from tuoju.accounts.fields import GatedText
from tuoju.database.records import now
from tuoju.referrals.models import Referral
from tuoju.referrals.views import ReferralReader
from tuoju.regions.calendar import china_day
from tuoju.residents.views import residents_seen
from tuoju.visits.models import VisitMode
from tuoju.visits.queries import visits_of


@dataclass(frozen=True)
class VisitSeen:
    """One occasion of service as a reader sees it. Its texts are empty for a reader who may not read them."""

    id: int
    referral_id: int
    served_on: date
    minutes: int
    mode: VisitMode
    category: str
    served: Sequence[int]
    """Ids of the residents served."""
    names: Sequence[str]
    """Their masked names."""
    staff_count: int
    content: GatedText
    problems: GatedText
    recorded_at: datetime
    in_error_at: datetime | None
    in_error_reason: GatedText


def visits_seen(session: Session, reader: ReferralReader, referral: Referral) -> list[VisitSeen]:
    """The visits of a referral as this reader sees them, latest first; in three queries."""
    rows = visits_of(session, referral)
    ids = {resident_id for _visit, served in rows for resident_id in served}
    people = residents_seen(session, reader.actor, ids, china_day(now()), stage=reader.stage)
    return [
        VisitSeen(
            id=visit.pk,
            referral_id=visit.referral_id,
            served_on=visit.served_on,
            minutes=visit.minutes,
            mode=visit.mode,
            category=visit.category,
            served=sorted(served),
            names=[people[resident_id].name for resident_id in sorted(served)],
            staff_count=visit.staff_count,
            content=reader.text(visit, "content"),
            problems=reader.text(visit, "problems"),
            recorded_at=visit.recorded_at,
            in_error_at=visit.in_error_at,
            in_error_reason=reader.text(visit, "in_error_reason"),
        )
        for visit, served in rows
    ]
