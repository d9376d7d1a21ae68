"""States of a project and their lawful steps."""

from collections.abc import Mapping
from enum import StrEnum


class ProjectState(StrEnum):
    draft = "draft"
    open = "open"
    suspended = "suspended"
    closed = "closed"


class ProjectVerb(StrEnum):
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
