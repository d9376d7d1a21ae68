"""The services that the words of a need suggest.

The model learns from texts that ship with the application and from what officers chose. A person always chooses: a
suggestion fills in nothing by itself.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from threading import Lock
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from tuoju.cases.models import Need
from tuoju.database.records import now
from tuoju.database.scopes import Escape, system_scope
from tuoju.regions.code_lists import code_lists
from tuoju_matching.lazy import lazy_module
from tuoju_projects.models import Project

if TYPE_CHECKING:
    from tuoju_matching import categories, needs_as_said
else:
    categories = lazy_module("tuoju_matching.categories")
    needs_as_said = lazy_module("tuoju_matching.needs_as_said")

_SPOKEN_NEEDS = files("tuoju.cases") / "data" / "spoken_needs.csv"
RELIEF = "M"
"""Money, goods and shelter: no service, but relief by the society or the township."""

MAX_LEARNED_PROJECTS = 1000
MAX_LEARNED_NEEDS = 1000
"""Only the newest needs are learned from, so that a fit stays below a second."""

RELEARN_GROWTH = 1.25
"""The model is fitted again once there are this many times more needs."""

RELEARN_AFTER = timedelta(days=1)
"""And after this time: the words of a need that was erased stay in memory no longer."""


@dataclass(frozen=True, slots=True)
class _Fitted:
    """A fitted model, how many needs there were at that time, and when it was."""

    suggester: "categories.CategorySuggester"
    needs: int
    at: datetime

    def is_current(self, needs: int) -> bool:
        """Whether the model may be used while there are so many needs."""
        has_grown = needs > max(self.needs * RELEARN_GROWTH, self.needs + 20)
        return needs >= self.needs and not has_grown and timedelta() <= now() - self.at < RELEARN_AFTER


_lock = Lock()
_fitted: WeakKeyDictionary[Engine, _Fitted] = WeakKeyDictionary()
"""One model a database, kept in memory only: no words of a need are written anywhere."""


def suggest_services(session: Session, text: str) -> "list[needs_as_said.Suggestion]":
    """The service_type leaves that a text asks for, and RELIEF, the most important first; none for a text without
    known words."""
    with system_scope(session, Escape.suggestions):
        return needs_as_said.suggest_needs(_suggester(session), text)


def _suggester(session: Session) -> "categories.CategorySuggester":
    engine = session.get_bind().engine
    needs = session.exec(select(func.count()).select_from(Need)).one()
    with _lock:
        fitted = _fitted.get(engine)
        if fitted is None or not fitted.is_current(needs):
            fitted = _fitted[engine] = _Fitted(_fit(session), needs, now())
        return fitted.suggester


def _fit(session: Session) -> "categories.CategorySuggester":
    pairs = [*shipped_texts(), *_offered_services(session), *_chosen_categories(session)]
    return categories.CategorySuggester().fit([text for text, _code in pairs], [code for _text, code in pairs])


def shipped_texts() -> Iterator[tuple[str, str]]:
    """(text, category) without personal data: names of the codes and spoken words."""
    with _SPOKEN_NEEDS.open(encoding="utf-8") as file:
        spoken = [(words, row["category"]) for row in csv.DictReader(file) for words in row["words"].split("|")]
    leaves = {code for _words, code in spoken}
    for code, names in code_lists()["service_type"].items():
        if code in leaves:
            yield from ((name, code) for name in names)
    yield from spoken


def _offered_services(session: Session) -> Iterator[tuple[str, str]]:
    for project in session.exec(select(Project).order_by(col(Project.id).desc()).limit(MAX_LEARNED_PROJECTS)):
        yield from ((project.description, category) for category in project.categories)


def _chosen_categories(session: Session) -> Iterator[tuple[str, str]]:
    for need in session.exec(select(Need).order_by(col(Need.id).desc()).limit(MAX_LEARNED_NEEDS)):
        yield need.text, need.category
