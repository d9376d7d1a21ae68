"""What waits for the reader, as rows of the start page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, may
from tuoju.cases.clock import DueStatus, due_status
from tuoju.database.records import now
from tuoju.referrals.views import ReferralSeen, referrals_seen
from tuoju.regions.calendar import WorkingDays, calendar_of, china_day
from tuoju.regions.queries import names
from tuoju.residents.masking import mask_name
from tuoju.residents.views import residents_seen
from tuoju.web.kit.views import View
from tuoju.words.days import day_words, due_words
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _
from tuoju.worklists.case_work import MOST
from tuoju.worklists.kinds import VISITS, WorkItem, WorkKind
from tuoju.worklists.queries import WorkGroup

Tone = Literal["stop", "wait", "calm"]
SHOWN = 5
"""Rows of one kind on the start page; the rest is a tap away."""


@dataclass(frozen=True)
class WorkRow:
    """One thing that waits."""

    title: str
    """The person as the reader may see them; what it is where it is about nobody."""
    url: str
    facts: Sequence[str]
    place: str
    due: str
    tone: Tone
    call_action: str
    """Where the telephone is asked for, on record; empty where there is nobody to call."""


@dataclass(frozen=True)
class WorkPanel:
    """The things of one kind; `rows` may be the first of them only."""

    kind: WorkKind
    count: int
    may_be_more: bool
    rows: Sequence[WorkRow]
    by_village: bool
    url: str

    @property
    def hidden(self) -> int:
        """How many are not among the rows."""
        return self.count - len(self.rows)


@dataclass(frozen=True)
class WorkPage(View):
    """Everything of one kind that waits for the reader."""

    template: ClassVar[str] = "home/work.html"
    kind: WorkKind
    panel: WorkPanel | None
    looked_at: int = MOST
    """How many of one kind are looked at."""


@dataclass(frozen=True)
class DueCounts:
    """How many things are overdue, due today, and due by the next working day, with the words for that day."""

    overdue: int
    today: int
    next: int
    next_day: str


class WorkReader:
    """Turns what waits into rows. People, places and referrals of all of it are read at once."""

    def __init__(self, session: Session, actor: Actor, items: Sequence[WorkItem]) -> None:
        self.actor, self.today = actor, china_day(now())
        self.calendar: WorkingDays = calendar_of(session)
        residents = {item.resident_id for item in items if item.resident_id is not None}
        self.people = residents_seen(session, actor, residents, self.today) if residents else {}
        rows = [item.referral for item in items if item.referral is not None]
        seen = referrals_seen(session, actor, rows) if rows else []
        self.referrals: Mapping[int, ReferralSeen] = {
            row.referral.pk: view for row, view in zip(rows, seen, strict=True)
        }
        self.places = names(session, {self._region(item) for item in items} - {""})

    def _region(self, item: WorkItem) -> str:
        return self.referrals[item.referral.referral.pk].region_code if item.referral else item.region_code

    def row(self, item: WorkItem) -> WorkRow:
        """One thing that waits, as the reader may see it."""
        facts = [self._what(item)]
        if item.referral and self.actor.organization_id is None:
            facts.append(item.referral.organization.name)
        place = self.places.get(self._region(item), "")
        title = self._name(item)
        return WorkRow(
            title=title or place or label("work_kind", item.kind),
            url=item.link,
            facts=[fact for fact in facts if fact],
            place=place if title else "",
            due=self._due(item),
            tone=self._tone(item.due_on),
            call_action=self._call_action(item),
        )

    def _name(self, item: WorkItem) -> str:
        if item.referral:
            return self.referrals[item.referral.referral.pk].person.name
        if item.alert:
            return mask_name(item.alert.name)
        return self.people[item.resident_id].name if item.resident_id in self.people else ""

    def _what(self, item: WorkItem) -> str:
        if item.step:
            return label("clock_step", item.step)
        if item.alert:
            return label("alert_source", item.alert.source)
        if item.kind is WorkKind.find_project:
            return _(": ").join([label("urgency", item.detail), label("service_type", item.category)])
        return label("service_type", item.category) if item.category else item.detail

    def _due(self, item: WorkItem) -> str:
        if item.due_on is None:
            return ""
        words = due_words(item.due_on, self.today)
        return words + _(" (") + _("provisional") + _(")") if item.provisional else words

    def _tone(self, due_on: date | None) -> Tone:
        if due_on is None:
            return "calm"
        status = due_status(due_on, self.today, self.calendar)
        return {DueStatus.overdue: "stop", DueStatus.later: "calm"}.get(status, "wait")  # type: ignore[return-value]

    def _call_action(self, item: WorkItem) -> str:
        """Asking for a telephone is a reading: it goes by POST, for a purpose, from the budget of the day."""
        if item.kind not in VISITS:
            return ""
        if item.referral and self.actor.organization_id is not None:
            return f"/referrals/{item.referral.referral.pk}/reveal"
        resident_id = item.referral.resident.pk if item.referral else item.resident_id
        return f"/residents/{resident_id}/reveal" if may(self.actor, Action.reveal_residents) else ""

    def panel(self, group: WorkGroup, *, limit: int | None = None) -> WorkPanel:
        """The rows of one kind, at most `limit` of them."""
        items = group.items if limit is None else group.items[:limit]
        return WorkPanel(
            kind=group.kind,
            count=len(group.items),
            may_be_more=group.may_be_more,
            rows=[self.row(item) for item in items],
            by_village=group.kind in VISITS,
            url=f"/worklists/{group.kind}",
        )

    def due_counts(self, items: Sequence[WorkItem]) -> DueCounts:
        """How many of these are overdue, due today, and due by the next working day."""
        statuses = [due_status(item.due_on, self.today, self.calendar) for item in items if item.due_on]
        next_day = self.calendar.due(self.today, 1).day
        return DueCounts(
            overdue=statuses.count(DueStatus.overdue),
            today=statuses.count(DueStatus.due_today),
            next=statuses.count(DueStatus.due_next),
            next_day=day_words(next_day, self.today),
        )


def read_panels(
    session: Session, actor: Actor, groups: Sequence[WorkGroup], *, limit: int | None = None
) -> tuple[list[WorkPanel], DueCounts]:
    """The panels of these groups, and what of them is due when."""
    shown = [item for group in groups for item in (group.items if limit is None else group.items[:limit])]
    reader = WorkReader(session, actor, shown)
    panels = [reader.panel(group, limit=limit) for group in groups]
    return panels, reader.due_counts([item for group in groups for item in group.items])
