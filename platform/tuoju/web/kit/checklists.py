"""The checklist of a case's file as pages show it."""

from collections.abc import Iterable
from dataclasses import dataclass

from tuoju.reports.checklist import Entry, Paper, Standing

_CHIPS = {Standing.done: "calm", Standing.missing: "stop", Standing.to_file: "wait"}


@dataclass(frozen=True)
class ChecklistRow:
    """A paper that the case needs, its standing and the CSS class of the chip."""

    paper: Paper
    standing: Standing
    chip: str


def checklist_rows(entries: Iterable[Entry]) -> list[ChecklistRow]:
    """The rows of the papers that a case needs, in their order."""
    needed = (entry for entry in entries if entry.standing is not Standing.not_needed)
    return [ChecklistRow(entry.paper, entry.standing, _CHIPS[entry.standing]) for entry in needed]
