"""The checklist of a case's file as pages show it."""

from collections.abc import Iterable
from dataclasses import dataclass

from tuoju.reports.checklist import Entry, Paper, PaperStatus

_CHIPS = {PaperStatus.done: "calm", PaperStatus.missing: "stop", PaperStatus.to_file: "wait"}


@dataclass(frozen=True)
class ChecklistRow:
    """A paper that the case needs, its status and the CSS class of the chip."""

    paper: Paper
    status: PaperStatus
    chip: str


def checklist_rows(entries: Iterable[Entry]) -> list[ChecklistRow]:
    """The rows of the papers that a case needs, in their order."""
    needed = (entry for entry in entries if entry.status is not PaperStatus.not_needed)
    return [ChecklistRow(entry.paper, entry.status, _CHIPS[entry.status]) for entry in needed]
