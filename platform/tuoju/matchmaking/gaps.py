"""Gaps (供需缺口): needs that no open project can meet, with their obstacles."""

from collections import Counter
from collections.abc import Sequence

from sqlmodel import Session, col, select

from tuoju.accounts.queries import officers_above
from tuoju.accounts.subscriptions import notify_subscribers
from tuoju.cases.models import Case, Need
from tuoju.database.records import now
from tuoju.matchmaking.models import Gap
from tuoju.matchmaking.past_answers import PastAnswer, ReadAnswers, not_taken, refused_for_good
from tuoju.matchmaking.profiles import need_profile, project_profiles
from tuoju.matchmaking.proposals import propose
from tuoju.regions.calendar import china_day
from tuoju_matching.eligibility import check
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import user
from tuoju_projects.queries import open_projects


def note_gap(session: Session, need: Need, past: Sequence[PastAnswer], read_answers: ReadAnswers) -> Gap | None:
    """Record a gap if no project is left to try for an open need, and notify the officers; None if a project is left.

    `past` and `read_answers` as for `proposals.propose`.
    """
    if propose(session, need, past, read_answers, limit=1, exclude_tried=True).ranked:
        return None
    known_gap = _find_open_gap(session, need)
    if known_gap is not None:
        return known_gap
    case = session.get_one(Case, need.case_id)
    gap = Gap(
        need_id=need.pk,
        category=need.category,
        region_code=case.region_code,
        obstacles=_most_common_obstacles(session, need, past),
    )
    session.add(gap)
    session.flush()
    for officer in officers_above(session, case.region_code):
        post(
            session,
            NotificationKind.gap_found,
            recipient=user(officer.pk),
            key=f"gap:{gap.pk}",
            link=f"/needs/{need.pk}/matches",
            number=case.number,
        )
    notify_subscribers(
        session,
        case.region_code,
        NotificationKind.gap_found,
        key=f"gap:{gap.pk}",
        link=f"/needs/{need.pk}/matches",
        number=case.number,
    )
    return gap


def close_gap(session: Session, need: Need) -> None:
    """Close the gap of a need that is sent or withdrawn, if it has one."""
    gap = _find_open_gap(session, need)
    if gap is not None:
        gap.closed_at = now()
        session.flush()


def _find_open_gap(session: Session, need: Need) -> Gap | None:
    query = select(Gap).where(Gap.need_id == need.pk, col(Gap.closed_at).is_(None))
    return session.exec(query).first()


def _most_common_obstacles(session: Session, need: Need, past: Sequence[PastAnswer]) -> list[str]:
    """The five most common obstacles among the projects that offer the service; `service_not_offered` if none does."""
    today = china_day(now())
    profile, refused, tried = need_profile(session, need), refused_for_good(past), not_taken(past)
    counts: Counter[str] = Counter()
    for project in project_profiles(session, open_projects(session, today), today, ()):
        if profile.category in project.categories:
            counts.update(obstacle.kind.value for obstacle in check(profile, project, today))
            counts.update(["refused"] if project.id in refused else ["not_taken"] if project.id in tried else [])
    return [kind for kind, _ in counts.most_common(5)] or ["service_not_offered"]
