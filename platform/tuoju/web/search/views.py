"""View objects of the one search box."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from tuoju.web.kit.views import View


@dataclass(frozen=True)
class Hit:
    """One thing that was found."""

    title: str
    url: str
    facts: Sequence[str] = ()


@dataclass(frozen=True)
class HitGroup:
    """What was found of one kind: how many, and the first of them."""

    title: str
    count: int
    hits: Sequence[Hit]
    all_action: str = ""
    """Where the text can be posted to see more; empty where there is no longer list."""

    @property
    def hidden(self) -> int:
        """How many are not shown."""
        return self.count - len(self.hits)


@dataclass(frozen=True)
class SearchPage(View):
    """The answer, or the empty box where nothing was searched for."""

    template: ClassVar[str] = "search/show.html"
    text: str
    groups: Sequence[HitGroup]
    searched: str
    """What was looked through."""
    left_out: Sequence[str]
    """What was not, and why."""
