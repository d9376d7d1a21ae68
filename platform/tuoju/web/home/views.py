"""View object of the start page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from tuoju.accounts.models import Role
from tuoju.web.home.work_views import DueCounts, WorkPanel
from tuoju.web.kit.drafts import DraftRow
from tuoju.web.kit.views import View


@dataclass(frozen=True)
class Tile:
    """How many things of one kind there are, with the link to them."""

    count: int
    words: str
    url: str


@dataclass(frozen=True)
class HomePage(View):
    """What waits for the reader today."""

    template: ClassVar[str] = "home/show.html"
    name: str
    role: Role
    today: str
    due: DueCounts
    panels: Sequence[WorkPanel]
    tiles: Sequence[Tile]
    """How things stand in the reader's area, for a program manager and a charity."""
    drafts: Sequence[DraftRow]
    """What the reader has begun and not sent."""
