"""View objects of the pages of hats."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from tuoju.funding.members import MemberInput
from tuoju.web.kit.forms import BlankForm, SubmittedForm
from tuoju.web.kit.views import View
from tuoju_projects.funding_status import CallState, Hat


@dataclass(frozen=True)
class DutyCard:
    """One hat of the reader, with the way to its work."""

    url: str
    number: str
    title: str
    state: CallState
    hat: str


@dataclass(frozen=True)
class DutiesPage(View):
    """The hats that the reader wears."""

    template: ClassVar[str] = "funding/duties.html"
    duties: Sequence[DutyCard]


@dataclass(frozen=True)
class MemberRow:
    """Who wears a hat in a call; one that was taken stays in the list."""

    member_id: int
    name: str
    username: str
    hat: str
    is_active: bool


@dataclass(frozen=True)
class MembersPage(View):
    """The hats of a call, for its managers."""

    template: ClassVar[str] = "funding/members.html"
    call_id: int
    call_title: str
    members: Sequence[MemberRow]
    hats: Sequence[tuple[Hat, str]]
    may_change: bool
    form: BlankForm | SubmittedForm[MemberInput]
