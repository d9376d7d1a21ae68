"""States of a project and their lawful steps."""

from collections.abc import Mapping
from enum import StrEnum


class ProjectState(StrEnum):
    """Where a project stands."""

    draft = "draft"
    """Not offered yet."""
    open = "open"
    """Takes referrals within its period."""
    suspended = "suspended"
    """Takes no new referral; those under way go on."""
    closed = "closed"
    """Ended for good."""


class ProjectVerb(StrEnum):
    """What can be done to a project."""

    open = "open"
    suspend = "suspend"
    resume = "resume"
    close = "close"


STEPS: Mapping[tuple[ProjectState, ProjectVerb], ProjectState] = {
    (ProjectState.draft, ProjectVerb.open): ProjectState.open,
    (ProjectState.open, ProjectVerb.suspend): ProjectState.suspended,
    (ProjectState.suspended, ProjectVerb.resume): ProjectState.open,
    (ProjectState.open, ProjectVerb.close): ProjectState.closed,
    (ProjectState.suspended, ProjectVerb.close): ProjectState.closed,
}
"""The lawful steps: (state, verb) to the state after it."""
