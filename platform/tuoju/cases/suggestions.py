"""The services that the words of a need suggest.

The model learns from texts that ship with the application and from what officers chose. A person always chooses: a
suggestion fills in nothing by itself.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from tuoju.cases.models import Need
from tuoju.regions.code_lists import code_lists
from tuoju_matching.categories import CategorySuggester
from tuoju_projects.demo import described_services

_SPOKEN_NEEDS = files("tuoju.cases") / "data" / "spoken_needs.csv"
MAX_LEARNED_NEEDS = 1000
"""Only the newest needs are learned from, so that a fit stays below a second."""

RELEARN_GROWTH = 1.25
"""The model is fitted again once there are this many times more needs."""


@dataclass(frozen=True, slots=True)
class _Fitted:
    """A fitted model and how many needs there were at that time."""

    suggester: CategorySuggester
    needs: int


_lock = Lock()
_fitted: WeakKeyDictionary[Engine, _Fitted] = WeakKeyDictionary()
"""One model a database, kept in memory only: no words of a need are written anywhere."""


def suggest_categories(session: Session, text: str) -> list[str]:
    """Up to three service_type leaves, likeliest first; none for a text without known words."""
    return [str(code) for code in _suggester(session).suggest(text)]


def _suggester(session: Session) -> CategorySuggester:
    engine = session.get_bind().engine
    needs = session.exec(select(func.count()).select_from(Need)).one()
    with _lock:
        fitted = _fitted.get(engine)
        if fitted is None or not fitted.needs <= needs <= max(fitted.needs * RELEARN_GROWTH, fitted.needs + 20):
            fitted = _fitted[engine] = _Fitted(_fit(session), needs)
        return fitted.suggester


def _fit(session: Session) -> CategorySuggester:
    pairs = [*shipped_texts(), *_chosen_categories(session)]
    return CategorySuggester().fit([text for text, _code in pairs], [code for _text, code in pairs])


def shipped_texts() -> Iterator[tuple[str, str]]:
    """(text, category) without personal data: names of the codes, spoken words, and the projects of the demo."""
    with _SPOKEN_NEEDS.open(encoding="utf-8") as file:
        spoken = [(words, row["category"]) for row in csv.DictReader(file) for words in row["words"].split("|")]
    leaves = {code for _words, code in spoken}
    for code, names in code_lists()["service_type"].items():
        if code in leaves:
            yield from ((name, code) for name in names)
    yield from spoken
    yield from ((text, code) for text, code in described_services() if code in leaves)


def _chosen_categories(session: Session) -> Iterator[tuple[str, str]]:
    for need in session.exec(select(Need).order_by(col(Need.id).desc()).limit(MAX_LEARNED_NEEDS)):
        yield need.text, need.category
