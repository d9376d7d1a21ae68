"""The same service, or the same project, twice for one person: asked where one sends, and the reason is kept.

一户（人）一条救助链 (国办 2023); domain section 17(16).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.permissions import Actor
from tuoju.cases.models import Case, Need
from tuoju.cases.policies import Policy
from tuoju.database.records import now
from tuoju.database.scopes import Escape, system_scope
from tuoju.referrals import service
from tuoju.referrals.errors import SentTwice
from tuoju.referrals.models import Referral
from tuoju.referrals.status import LIVE, ReferralState
from tuoju.regions.calendar import CHINA, china_day
from tuoju.regions.queries import county_of
from tuoju_projects.models import Project

REASON_AT_LEAST = 2
"""Characters of a reason."""


@dataclass(frozen=True)
class Double:
    """Another referral of the person that runs or ended lately: of the same service or to the same project."""

    category: str
    project: str
    requested_on: date
    is_live: bool


def doubles_of(session: Session, need: Need, project: Project | None = None) -> list[Double]:
    """Referrals of other needs of the person with this service category or to this project, the earliest first.

    They run, or ended within the days of the policy (`repeat_within_days`). The caller has checked that the actor may
    read the need; what the person gets elsewhere is told by service, project and day only.
    """
    case = session.get_one(Case, need.case_id)
    days = session.get_one(Policy, case.policy_id).repeat_within_days
    since = datetime.combine(china_day(now()) - timedelta(days=days), time(), tzinfo=CHINA)
    is_same = col(Need.category) == need.category
    if project is not None:
        is_same = is_same | (col(Referral.project_id) == project.pk)
    query = (
        select(Referral, Need.category, Project.name)
        .join(Need, col(Need.id) == col(Referral.need_id))
        .join(Case, col(Case.id) == col(Need.case_id))
        .join(Project, col(Project.id) == col(Referral.project_id))
        .where(
            Case.resident_id == case.resident_id,
            Need.id != need.pk,
            is_same,
            col(Referral.state).in_(LIVE)
            | ((col(Referral.state) == ReferralState.completed) & (col(Referral.ended_at) >= since)),
        )
        .order_by(col(Referral.id))
    )
    with system_scope(session, Escape.repeated_relief):
        return [
            Double(category, name, china_day(referral.requested_at), referral.state in LIVE)
            for referral, category, name in session.exec(query)
        ]


def require_reason(doubles: Sequence[Double], reason: str) -> None:
    """Raises SentTwice if there is a double and no reason."""
    if doubles and len(reason.strip()) < REASON_AT_LEAST:
        raise SentTwice(doubles)


def send_once(
    session: Session, actor: Actor, need: Need, project: Project, *, repeat_reason: str = "", **options: Any
) -> Referral:
    """Send as `service.send` with these options; the same service or project again only with a reason, which is kept.

    Raises SentTwice, and what `service.send` raises.
    """
    doubles = doubles_of(session, need, project)
    require_reason(doubles, repeat_reason)
    referral = service.send(session, actor, need, project, **options)
    if doubles:
        referral.repeat_reason = repeat_reason.strip()
        session.flush()
        scope = county_of(session, referral.region_code)
        audit.record(session, actor, "send_again", referral, scope=scope, doubles=len(doubles))
    return referral
