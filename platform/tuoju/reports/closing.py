"""Closing a case: a missing step keeps it open; papers that are still to be filed need a reason."""

from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, require
from tuoju.cases.models import Case
from tuoju.cases.service import step_case
from tuoju.cases.status import CaseVerb
from tuoju.reports.checklist import Paper, PaperStatus, checklist
from tuoju.reports.errors import FileIncomplete, PapersToFile


def to_file(session: Session, case: Case) -> list[Paper]:
    """The papers that the file of a case with a procedure still lacks."""
    if not case.has_procedure:
        return []
    return [entry.paper for entry in checklist(session, case) if entry.status is PaperStatus.to_file]


def close_case(session: Session, actor: Actor, case: Case, *, reason: str = "") -> Case:
    """Close a case whose file is complete, or whose missing papers are accounted for. Raises FileIncomplete,
    PapersToFile where no reason is given, and what `step_case` raises."""
    require(actor, Action.record_cases)
    if case.has_procedure:
        entries = checklist(session, case)
        missing = [entry.paper for entry in entries if entry.status is PaperStatus.missing]
        if missing:
            raise FileIncomplete(missing)
    lacking = to_file(session, case)
    if lacking and len(reason.strip()) < 2:
        raise PapersToFile(lacking)
    return step_case(session, actor, case, CaseVerb.close, reason=reason)
