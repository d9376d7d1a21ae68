"""Errors of the registry; each carries the facts that its page shows."""

from datetime import date
from enum import StrEnum

from tuoju_projects.status import ProjectState, ProjectVerb


class RegistryError(Exception):
    """Base class of the errors of the registry."""


class ProjectNotFound(RegistryError):
    """No project has this id, or it is out of scope."""

    def __init__(self, project_id: int) -> None:
        super().__init__(f"project {project_id}")
        self.project_id = project_id


class OrganizationNotFound(RegistryError):
    """No organization has this id, or it is out of scope."""

    def __init__(self, organization_id: int) -> None:
        super().__init__(f"organization {organization_id}")
        self.organization_id = organization_id


class NoPlaceLeft(RegistryError):
    """Every place of the project is held or used."""

    def __init__(self, project_id: int) -> None:
        super().__init__(f"project {project_id} has no place left")
        self.project_id = project_id


class ProjectNotOpen(RegistryError):
    """The project takes no referral in its state."""

    def __init__(self, project_id: int, state: ProjectState) -> None:
        super().__init__(f"project {project_id} is {state}")
        self.project_id, self.state = project_id, state


class OutsideIntake(RegistryError):
    """The day lies before the project's start, after its end or after its last intake."""

    def __init__(self, project_id: int, day: date) -> None:
        super().__init__(f"project {project_id} takes nobody on {day}")
        self.project_id, self.day = project_id, day


class PlaceAlreadyHeld(RegistryError):
    """The referral already holds or uses a place of this project."""

    def __init__(self, project_id: int, referral_id: int) -> None:
        super().__init__(f"referral {referral_id} already has a place in project {project_id}")
        self.project_id, self.referral_id = project_id, referral_id


class PlaceNotHeld(RegistryError):
    """The referral holds no place of this project."""

    def __init__(self, project_id: int, referral_id: int) -> None:
        super().__init__(f"referral {referral_id} holds no place in project {project_id}")
        self.project_id, self.referral_id = project_id, referral_id


class PlacesBelowTaken(RegistryError):
    """Fewer places were stated than are held and used."""

    def __init__(self, total: int, taken: int) -> None:
        super().__init__(f"{total} places stated, {taken} taken")
        self.total, self.taken = total, taken


class PlacesAlreadyPublished(RegistryError):
    """The places of the project were stated before; they can only be corrected."""


class IllegalProjectStep(RegistryError):
    """The project's state does not allow the step."""

    def __init__(self, state: ProjectState, verb: ProjectVerb) -> None:
        super().__init__(f"{verb} from {state}")
        self.state, self.verb = state, verb


class ProjectNameTaken(RegistryError):
    """The organization already has a project of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class OrganizationNameTaken(RegistryError):
    """Another organization has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class UsccTaken(RegistryError):
    """Another organization has this unified social credit code."""

    def __init__(self, uscc: str) -> None:
        super().__init__(uscc)
        self.uscc = uscc


class IllegalStep(RegistryError):
    """The state of a row of the funding cycle does not allow the step."""

    def __init__(self, kind: str, state: StrEnum, verb: StrEnum) -> None:
        super().__init__(f"cannot {verb} a {kind} that is {state}")
        self.kind, self.state, self.verb = kind, state, verb
