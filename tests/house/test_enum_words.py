"""Every enum that is stored or shown has words for all of its members, in one registry (design.md section 2)."""

import importlib
import pkgutil
from collections.abc import Iterator
from enum import Enum

import pytest
from sqlalchemy import Enum as EnumColumn

import tuoju
import tuoju_matching
import tuoju_notifications
import tuoju_projects
from tuoju.accounts import fields
from tuoju.accounts.passwords import PasswordProblem
from tuoju.cases.status import NeedVerb
from tuoju.database.clock_check import ClockDoubt
from tuoju.database.integrity import ViolationKind
from tuoju.database.keys import Purpose
from tuoju.database.scopes import Escape, Reach
from tuoju.documents.sheets.lists import ListName
from tuoju.launch.tables import METADATA
from tuoju.matchmaking.status import RankerVerb
from tuoju.parsing.errors import Failure
from tuoju.plans.status import LineVerb, PlanVerb
from tuoju.referrals.status import PlaceEffect
from tuoju.reminders.escalation import EscalationStep
from tuoju.residents.errors import IdProblem
from tuoju.residents.queries import SearchKind
from tuoju.search.queries import Part
from tuoju.web.kit import gates
from tuoju.web.kit.menu import Shelf
from tuoju.web.kit.merging import Choice
from tuoju.words.labels import CODES, ENUMS
from tuoju.words.languages import LANGUAGES
from tuoju.worklists.badges import Badge
from tuoju_matching.profiles import RuleKind as MatchingRuleKind
from tuoju_matching.profiles import Urgency as MatchingUrgency
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.words.table import WORDS

NEVER_SHOWN: dict[type[Enum], str] = {
    Badge: "names a count of the menu",
    Shelf: "where an entry of the menu stands",
    Part: "what the search box looks through; the answer has headings",
    SearchKind: "by what people are searched for; the audit keeps it",
    gates.Audience: "whom a route lets in without an account",
    fields.Audience: "who reads a field; docs/fields.md shows it",
    fields.Form: "how a field is seen; docs/fields.md shows it",
    fields.Stage: "before or after an organization accepts; decides the form of a field",
    NeedVerb: "a need is moved by referrals; people see its state",
    PlanVerb: "buttons of a plan have sentences of their own",
    LineVerb: "buttons of a plan's line have sentences of their own",
    RankerVerb: "buttons of a ranking have sentences of their own",
    Failure: "how a parser ended; the sentence about the file names it",
    PlaceEffect: "what a step does to a place; the ledger shows PlaceMove",
    Purpose: "names the use of a derived key",
    ClockDoubt: "why a periodic step waits; in the log of the worker",
    ViolationKind: "which constraint a database error names",
    EscalationStep: "chooses the recipient of a reminder",
    PasswordProblem: "each problem is an error message of the form",
    Choice: "the two answers to a conflict have sentences of their own",
    Escape: "reasons in the code and in ADR 0010",
    Reach: "how far a transaction reaches; a setting of the database",
    IdProblem: "each problem is an error message of the form",
    MatchingUrgency: "numbers of the matching core; cases.models.Urgency has the words",
    MatchingRuleKind: "the matching core's copy of tuoju_projects.models.RuleKind",
}


NAMED_AS_CODES: dict[type[Enum], str] = {ListName: "office_list"}
"""Enums of rooms above `words`, whose words stand there as codes of this kind."""


def import_everything() -> None:
    """So that every enum class is known; entry points that start a process are left out."""
    for package in (tuoju, tuoju_matching, tuoju_notifications, tuoju_projects):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if "migrations" not in module.name and module.name not in (
                "tuoju.launch.asgi",
                "tuoju.launch.worker",
                "tuoju.launch.scheduler",
            ):
                importlib.import_module(module.name)


def subclasses(base: type[Enum]) -> Iterator[type[Enum]]:
    for subclass in base.__subclasses__():
        yield subclass
        yield from subclasses(subclass)


import_everything()
OURS = sorted(
    {enum for enum in subclasses(Enum) if enum.__module__.startswith("tuoju") and len(enum)},
    key=lambda enum: (enum.__module__, enum.__name__),
)
STORED = {
    column.type.enum_class
    for table in METADATA.tables.values()
    for column in table.columns
    if isinstance(column.type, EnumColumn) and column.type.enum_class is not None
}


@pytest.mark.parametrize("enum", OURS, ids=lambda enum: f"{enum.__module__}.{enum.__name__}")
def test_an_enum_has_words_or_is_never_shown(enum: type[Enum]) -> None:
    assert enum in ENUMS or enum is NotificationKind or enum in NEVER_SHOWN or enum in NAMED_AS_CODES


@pytest.mark.parametrize("enum", sorted(STORED, key=lambda enum: enum.__name__), ids=lambda enum: enum.__name__)
def test_a_stored_enum_has_words(enum: type[Enum]) -> None:
    assert enum in ENUMS or enum is NotificationKind


@pytest.mark.parametrize("enum", sorted(ENUMS, key=lambda enum: enum.__name__), ids=lambda enum: enum.__name__)
def test_every_member_has_words(enum: type[Enum]) -> None:
    assert set(ENUMS[enum].words) == set(enum)


def test_notifications_have_words_in_every_language() -> None:
    assert set(WORDS) == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_notification_has_words(language: str) -> None:
    assert set(WORDS[language]) == set(NotificationKind)


@pytest.mark.parametrize("enum", NAMED_AS_CODES, ids=lambda enum: enum.__name__)
def test_every_member_of_a_higher_room_has_words(enum: type[Enum]) -> None:
    assert set(CODES[NAMED_AS_CODES[enum]]) == {member.value for member in enum}


def test_each_kind_is_named_once() -> None:
    kinds = [entry.kind for entry in ENUMS.values()]
    assert len(kinds) == len(set(kinds))


def test_nothing_is_both_shown_and_never_shown() -> None:
    assert not NEVER_SHOWN.keys() & ENUMS.keys()
