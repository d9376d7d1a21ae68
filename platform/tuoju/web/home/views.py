"""View object of the start page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from tuoju.accounts.models import Role
from tuoju.web.kit.drafts import DraftRow
from tuoju.web.kit.views import View


@dataclass(frozen=True)
class Tile:
    """How many things of one kind wait, with the link to them."""

    count: int
    words: str
    url: str


@dataclass(frozen=True)
class Door:
    """A link to a part of the application; `kind` is the kind of its button."""

    words: str
    url: str
    kind: str = "quiet"


@dataclass(frozen=True)
class HomePage(View):
    """What waits for the reader today, and where else to go."""

    template: ClassVar[str] = "home/show.html"
    name: str
    role: Role
    tiles: Sequence[Tile]
    doors: Sequence[Door]
    drafts: Sequence[DraftRow]
    """What the reader has begun and not sent."""
