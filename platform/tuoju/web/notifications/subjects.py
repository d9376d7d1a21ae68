"""What notifications are about, as their recipient may see it today: the person masked, the service, the village and
the day that is due. The notifications themselves hold nothing personal; a row out of scope has no words here."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, may
from tuoju.cases.clock import last_day
from tuoju.cases.queries import find_cases, find_needs
from tuoju.database.records import now
from tuoju.referrals.queries import find_by_ids
from tuoju.referrals.status import ReferralState
from tuoju.referrals.views import referrals_seen
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import names
from tuoju.residents.views import residents_seen
from tuoju.words.days import due_words
from tuoju.words.labels import label
from tuoju_notifications.models import Notification

_LINK = re.compile(r"/(referrals|cases|needs)/(\d+)")


@dataclass(frozen=True)
class _Matter:
    key: str
    """As /referrals/12."""
    name: str
    region_code: str
    service: str
    due_at: datetime | None


def matter_of(notification: Notification) -> str:
    """The page of what a notification is about, without its parts: /referrals/12 of /referrals/12#complaint."""
    match = _LINK.match(notification.link)
    return match.group(0) if match else notification.link


def subjects_of(session: Session, actor: Actor, notifications: Sequence[Notification]) -> Mapping[str, str]:
    """One line on each matter of these notifications that the actor may read, by `matter_of`. At most ten queries."""
    ids: dict[str, set[int]] = {"referrals": set(), "cases": set(), "needs": set()}
    for notification in notifications:
        if match := _LINK.match(notification.link):
            ids[match.group(1)].add(int(match.group(2)))
    matters = [
        *(_of_referrals(session, actor, ids["referrals"]) if may(actor, Action.read_referrals) else ()),
        *(_of_cases(session, actor, ids["cases"], ids["needs"]) if may(actor, Action.read_cases) else ()),
    ]
    places, today = names(session, {matter.region_code for matter in matters}), china_day(now())
    lines = {}
    for matter in matters:
        due = due_words(last_day(matter.due_at), today) if matter.due_at else ""
        parts = (matter.name, matter.service, places.get(matter.region_code, ""), due)
        lines[matter.key] = " · ".join(part for part in parts if part)
    return lines


def _of_referrals(session: Session, actor: Actor, ids: set[int]) -> Iterator[_Matter]:
    rows = find_by_ids(session, actor, ids)
    for row, seen in zip(rows, referrals_seen(session, actor, rows), strict=True):
        waits = row.referral.state is ReferralState.requested
        yield _Matter(
            f"/referrals/{row.referral.pk}",
            seen.person.name,
            seen.region_code,
            label("service_type", row.need.category),
            row.referral.answer_due_at if waits else None,
        )


def _of_cases(session: Session, actor: Actor, case_ids: set[int], need_ids: set[int]) -> Iterator[_Matter]:
    cases = find_cases(session, actor, ids=sorted(case_ids)) if case_ids else []
    needs = find_needs(session, actor, state=None, ids=sorted(need_ids)) if need_ids else []
    residents = {case.resident_id for case in cases} | {resident.pk for _need, _case, resident in needs}
    people = residents_seen(session, actor, residents, china_day(now())) if residents else {}
    for case in cases:
        yield _Matter(f"/cases/{case.pk}", people[case.resident_id].name, case.region_code, "", case.due_at)
    for need, case, resident in needs:
        service = label("service_type", need.category)
        yield _Matter(f"/needs/{need.pk}", people[resident.pk].name, case.region_code, service, None)
