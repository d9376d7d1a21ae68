"""What always holds of the states of projects; see tuoju.database.rules."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from sqlmodel import Session, col, select

from tuoju.accounts.models import AuditEntry
from tuoju.database.rules import RowIds, Rule, follow
from tuoju_projects.models import Project
from tuoju_projects.status import STEPS, ProjectState, ProjectVerb

STEP_ACTIONS = {f"project_{verb}": verb for verb in ProjectVerb}
"""The verbs of the audit that move a project."""
ADDED = "add_project"


def project_history(session: Session) -> Iterator[RowIds]:
    """Every project went by lawful steps from `draft` to the state that it has, by its entries in the audit. A project
    that was loaded with a list begins in whatever state the list gave it."""
    actions: dict[str, list[str]] = defaultdict(list)
    entries = (
        select(AuditEntry.subject_id, AuditEntry.action)
        .where(AuditEntry.subject_type == "Project", col(AuditEntry.action).in_([ADDED, *STEP_ACTIONS]))
        .order_by(col(AuditEntry.scope), col(AuditEntry.sequence))
    )
    for subject_id, action in session.exec(entries):
        actions[subject_id].append(action)
    for project_id, state in session.exec(select(Project.id, Project.state).order_by(col(Project.id))):
        history = actions[str(project_id)]
        states = frozenset({ProjectState.draft} if ADDED in history else ProjectState)
        for action in history:
            if action in STEP_ACTIONS:
                states = follow(STEPS, states, STEP_ACTIONS[action], unrecorded=frozenset())
        if state not in states:
            yield {"project": project_id or 0}


INVARIANTS: Mapping[str, Rule] = {"project_history": project_history}
