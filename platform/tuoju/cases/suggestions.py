"""Which service a need may be about, from its words: learned from what ships and from what officers chose. A person
chooses; a suggestion fills nothing in by itself."""

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

SPOKEN = files("tuoju.cases") / "data" / "spoken_needs.csv"
NEWEST = 1000
"""How many of the newest needs are learned from; enough, and a fit stays below a second."""
GROWTH = 1.25
"""Learned anew once there are so many times more needs."""


@dataclass(frozen=True, slots=True)
class _Learned:
    suggester: CategorySuggester
    needs: int


_lock = Lock()
_learned: WeakKeyDictionary[Engine, _Learned] = WeakKeyDictionary()


def suggest_categories(session: Session, text: str) -> list[str]:
    """Up to three service_type leaves, likeliest first; none for a text that says nothing known."""
    return [str(code) for code in _suggester(session).suggest(text)]


def _suggester(session: Session) -> CategorySuggester:
    """What was learned is kept in this process alone, a database: no words of a need are written anywhere."""
    engine = session.get_bind().engine
    needs = session.exec(select(func.count()).select_from(Need)).one()
    with _lock:
        found = _learned.get(engine)
        if found is None or not found.needs <= needs <= max(found.needs * GROWTH, found.needs + 20):
            found = _learned[engine] = _Learned(_learn(session), needs)
        return found.suggester


def _learn(session: Session) -> CategorySuggester:
    pairs = [*shipped(), *_chosen(session)]
    return CategorySuggester().fit([text for text, _code in pairs], [code for _text, code in pairs])


def shipped() -> Iterator[tuple[str, str]]:
    """Texts with their category that need nobody's file: names of the codes, spoken words, the demo's projects."""
    with SPOKEN.open(encoding="utf-8") as file:
        spoken = [(words, row["category"]) for row in csv.DictReader(file) for words in row["words"].split("|")]
    leaves = {code for _words, code in spoken}
    for code, names in code_lists()["service_type"].items():
        if code in leaves:
            yield from ((name, code) for name in names)
    yield from spoken
    yield from ((text, code) for text, code in described_services() if code in leaves)


def _chosen(session: Session) -> Iterator[tuple[str, str]]:
    for need in session.exec(select(Need).order_by(col(Need.id).desc()).limit(NEWEST)):
        yield need.text, need.category
