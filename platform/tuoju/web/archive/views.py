"""View objects of one person's file, and of the check of a file that was handed out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from tuoju.accounts.fields import GatedText
from tuoju.accounts.models import AuditEntry
from tuoju.cases.models import Case
from tuoju.cases.status import CaseState
from tuoju.reports.history import LIST_OF, Event, EventKind
from tuoju.reports.models import IssuedKind
from tuoju.residents.views import ResidentSeen
from tuoju.web.kit.checklists import ChecklistRow
from tuoju.web.kit.views import View
from tuoju.words.formats import yuan
from tuoju.words.labels import label, reading_words
from tuoju.words.languages import gettext as _


def event_words(event: Event) -> str:
    """What happened, in words; a step of a case has a name of its own."""
    code = label(LIST_OF[event.kind], event.code) if event.kind in LIST_OF else ""
    if event.kind is EventKind.read_in_full:
        code = reading_words(event.purpose)
    if event.kind is EventKind.case_step:
        return code
    return _(": ").join(filter(None, (label("event_kind", event.kind), code)))


@dataclass(frozen=True)
class ExportRow:
    """A time at which the file was handed out, with the SHA-256 of what was."""

    at: datetime
    seal: str


@dataclass(frozen=True)
class CasePapers:
    """A case with a procedure, and what its file holds and lacks."""

    number: str
    href: str
    state: CaseState
    is_open: bool
    checklist: Sequence[ChecklistRow]


@dataclass(frozen=True)
class EventRow:
    """An event in words. Texts are "" where the event has none of that kind."""

    at: datetime
    words: str
    amount_words: str
    by_words: str
    """Who recorded it, after a separator."""
    case_number: str
    case_href: str
    text: GatedText


@dataclass(frozen=True)
class HistoryPage(View):
    """Everything that happened to one resident, in order."""

    template: ClassVar[str] = "archive/history.html"
    resident_id: int
    name: str
    place: str
    exports: Sequence[ExportRow]
    cases: Sequence[CasePapers]
    events: Sequence[EventRow]


def history_page(
    resident: ResidentSeen,
    place: str,
    events: Sequence[Event],
    people: Mapping[int, str],
    cases: Sequence[Case],
    *,
    checklists: Mapping[int, Sequence[ChecklistRow]],
    exports: Sequence[AuditEntry],
) -> HistoryPage:
    """`people` are names of accounts by id, `checklists` those of the cases by id."""
    numbers = {case.pk: case.number for case in cases}
    return HistoryPage(
        resident_id=resident.id,
        name=resident.name,
        place=place,
        exports=[ExportRow(entry.at, entry.detail["sha256"]) for entry in exports],
        cases=[
            CasePapers(
                case.number, f"/cases/{case.pk}", case.state, case.state is not CaseState.closed, checklists[case.pk]
            )
            for case in cases
            if case.has_procedure
        ],
        events=[_event_row(event, people, numbers) for event in events],
    )


def _event_row(event: Event, people: Mapping[int, str], numbers: Mapping[int, str]) -> EventRow:
    return EventRow(
        at=event.at,
        words=event_words(event),
        amount_words=_amount_words(event),
        by_words=f"· {people.get(event.by, '')}" if event.by else "",
        case_number=numbers[event.case_id] if event.case_id else "",
        case_href=f"/cases/{event.case_id}" if event.case_id else "",
        text=event.text,
    )


def _amount_words(event: Event) -> str:
    """Yuan of a payment, minutes of anything else."""
    if not event.amount:
        return ""
    if event.kind is EventKind.payment:
        return f"¥{yuan(event.amount)}"
    minutes = _("%(count)s minutes") % {"count": event.amount}
    return f"· {minutes}"


@dataclass(frozen=True)
class IssuedFileFacts:
    """What a person who holds a file learns of it."""

    kind: IssuedKind
    place: str
    issued_at: datetime


@dataclass(frozen=True)
class VerificationPage(View):
    """The check of a file: before it, with its result, or with what was wrong with the request."""

    template: ClassVar[str] = "archive/verify.html"
    seal: str = ""
    """SHA-256 that was looked up, in hexadecimal; "" before the check."""
    issued: IssuedFileFacts | None = None
    wrong: str = ""
