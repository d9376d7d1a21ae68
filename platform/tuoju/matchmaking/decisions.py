"""Past referrals as the learning sees them: what was shown, what was chosen, what came of it. Names nobody."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from sqlalchemy import exists
from sqlmodel import Session, col, select

from tuoju.cases.models import Case, Need
from tuoju.cases.status import NeedState
from tuoju.database.records import now
from tuoju.matchmaking.profiles import HELPED
from tuoju.referrals.groups import age_band
from tuoju.referrals.models import Match, Referral
from tuoju.referrals.status import Outcome, ReferralState
from tuoju.regions.calendar import china_day
from tuoju.regions.models import Region
from tuoju.residents.identity import age_on
from tuoju.residents.models import Resident
from tuoju_matching.backtest import Decisions
from tuoju_matching.features import FEATURES
from tuoju_matching.profiles import Urgency

MATURE = timedelta(days=45)
"""A refusal comes within days and a service met after weeks: younger referrals would make success look rare."""

ANSWERED_NO = frozenset({ReferralState.rejected, ReferralState.expired})
SERVED = frozenset({ReferralState.completed, ReferralState.failed})
ENDED = ANSWERED_NO | SERVED
"""What the field took back, or entered in error, says nothing of the project and is left out."""

GROUPINGS = ("county", "sex", "age", "hardship")


@dataclass(frozen=True)
class Past:
    """Decisions in the order of time, the day each was sent, and its referral's id."""

    decisions: Decisions
    sent_on: list[date]


def read_past(session: Session, *, until: datetime | None = None) -> Past:
    """All that a person chose from a list and that is old enough to have ended, in one query."""
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
        .where(col(Referral.state).in_(ENDED), col(Referral.requested_at) <= (until or now() - MATURE))
        .order_by(col(Referral.requested_at), col(Referral.id))
    )
    columns = _Columns()
    for row in session.exec(query):
        columns.take(*row)
    return columns.past()


class _Columns:
    """Rows put into columns one by one."""

    def __init__(self) -> None:
        self.features: list[list[float]] = []
        self.starts = [0]
        self.chosen: list[int] = []
        self.accepted: list[float] = []
        self.met: list[float] = []
        self.urgency: list[int] = []
        self.groups: dict[str, list[str]] = {name: [] for name in GROUPINGS}
        self.sent_on: list[date] = []

    def take(
        self,
        requested_at: datetime,
        project_id: int,
        state: ReferralState,
        outcome: Outcome | None,
        slate: list[dict[str, object]],
        urgency: str,
        path: str,
        sex: str,
        born_on: date | None,
        relief_category: str,
    ) -> None:
        """Leave out what was not chosen from a list, or from one that knew fewer features than today's."""
        shown = [each["features"] for each in slate]
        at = next((at for at, each in enumerate(slate) if each["project_id"] == project_id), None)
        if at is None or not all(isinstance(each, dict) and each.keys() >= set(FEATURES) for each in shown):
            return
        self.features += [[float(each[name]) for name in FEATURES] for each in shown]  # type: ignore[index]
        self.starts.append(len(self.features))
        self.chosen.append(at)
        self.accepted.append(float(state in SERVED))
        self.met.append(float(state in SERVED and outcome in HELPED))
        self.urgency.append(int(Urgency[urgency]))
        day = china_day(requested_at)
        self.sent_on.append(day)
        for name, group in _groups(day, path, sex, born_on, relief_category).items():
            self.groups[name].append(group)

    def past(self) -> Past:
        decisions = Decisions(
            np.array(self.features, dtype=np.float64).reshape(-1, len(FEATURES)),
            np.array(self.starts, dtype=np.intp),
            np.array(self.chosen, dtype=np.intp),
            np.array(self.accepted, dtype=np.float64),
            np.array(self.met, dtype=np.float64),
            np.array(self.urgency, dtype=np.intp),
            {name: np.array(labels, dtype=np.str_) for name, labels in self.groups.items()},
        )
        return Past(decisions, self.sent_on)


Exposure = dict[tuple[str, str], tuple[int, int]]
"""By grouping and group: needs that were sent to a project, and all that were not withdrawn."""


def read_exposure(session: Session) -> Exposure:
    """How many needs of each group ever reached a project, in one query."""
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
    found: Counter[tuple[str, str]] = Counter()
    reached: Counter[tuple[str, str]] = Counter()
    for opened_at, was_sent, *facts in session.execute(query):
        for key in _groups(china_day(opened_at), *facts).items():
            found[key] += 1
            reached[key] += bool(was_sent)
    return {key: (reached[key], count) for key, count in found.items()}


def _groups(day: date, path: str, sex: str, born_on: date | None, relief_category: str) -> dict[str, str]:
    """The group under each of GROUPINGS on a day."""
    codes = path.rstrip("/").split("/")
    return {
        "county": codes[min(1, len(codes) - 1)],
        "sex": str(sex),
        "age": age_band(age_on(born_on, day) if born_on else None),
        "hardship": relief_category,
    }
