"""Training of the ranker on past referrals: what a person chose from a list, and with which outcome."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import exists
from sqlmodel import Session, col, select

from tuoju.cases.models import Case, Need
from tuoju.cases.status import NeedState
from tuoju.database.records import now
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.matchmaking import learning
from tuoju.matchmaking.decisions import Exposure, History, Past, PastDecision, as_past
from tuoju.matchmaking.groups import groups_on
from tuoju.matchmaking.models import Match, RankerVersion
from tuoju.referrals.models import Referral
from tuoju.referrals.status import HELPED, ReferralState
from tuoju.regions.calendar import china_day
from tuoju.regions.models import Region
from tuoju.residents.models import Resident

MATURE = timedelta(days=45)
"""Younger referrals are not used: a rejection comes within days, an outcome after weeks, so success would look rare."""

ANSWERED_NO = frozenset({ReferralState.rejected, ReferralState.expired})
SERVED = frozenset({ReferralState.completed, ReferralState.failed})
ENDED = ANSWERED_NO | SERVED
"""Final states that say something of the project; a cancelled referral, or one entered in error, does not."""


def train(unit_of_work: UnitOfWork) -> RankerVersion | None:
    """Train on all past referrals, as `matchmaking.learning.train`."""
    return learning.train(unit_of_work, read_history)


def read_history(session: Session) -> History:
    """Everything a training reads, in two queries."""
    return History(read_past(session), read_exposure(session))


def read_past(session: Session, *, until: datetime | None = None) -> Past:
    """The ended referrals that a person chose from a list, sent until `until` (by default MATURE ago), in one query."""
    return as_past(_decisions(session, until or now() - MATURE))


def _decisions(session: Session, until: datetime) -> Iterator[PastDecision]:
    query = (
        select(  # type: ignore[call-overload]
            Referral.requested_at,
            Referral.project_id,
            Referral.state,
            Referral.outcome,
            Match.slate,
            Need.urgency,
            Region.path,
            Resident.sex,
            Resident.born_on,
            Resident.relief_category,
        )
        .join(Match, col(Match.id) == col(Referral.match_id))
        .join(Need, col(Need.id) == col(Referral.need_id))
        .join(Case, col(Case.id) == col(Need.case_id))
        .join(Resident, col(Resident.id) == col(Case.resident_id))
        .join(Region, col(Region.code) == col(Referral.region_code))
        .where(col(Referral.state).in_(ENDED), col(Referral.requested_at) <= until)
        .order_by(col(Referral.requested_at), col(Referral.id))
    )
    for requested_at, project_id, state, outcome, slate, urgency, *facts in session.exec(query):
        day = china_day(requested_at)
        yield PastDecision(
            sent_on=day,
            project_id=project_id,
            slate=slate,
            accepted=state in SERVED,
            met=state in SERVED and outcome in HELPED,
            urgency=urgency,
            groups=groups_on(day, *facts),
        )


def read_exposure(session: Session) -> Exposure:
    """For each group the number of needs that were ever referred and the number of all needs, in one query."""
    sent = exists().where(col(Referral.need_id) == col(Need.id))
    query = (
        select(  # type: ignore[call-overload]
            Need.opened_at, sent, Region.path, Resident.sex, Resident.born_on, Resident.relief_category
        )
        .join(Case, col(Case.id) == col(Need.case_id))
        .join(Resident, col(Resident.id) == col(Case.resident_id))
        .join(Region, col(Region.code) == col(Case.region_code))
        .where(col(Need.state) != NeedState.withdrawn)
    )
    needs: Counter[tuple[str, str]] = Counter()
    reached: Counter[tuple[str, str]] = Counter()
    for opened_at, was_sent, *facts in session.execute(query):
        for key in groups_on(china_day(opened_at), *facts).items():
            needs[key] += 1
            reached[key] += bool(was_sent)
    return {key: (reached[key], count) for key, count in needs.items()}
