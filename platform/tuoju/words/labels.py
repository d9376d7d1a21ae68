"""Codes into words: enums of every room (vocabulary/), code sets of the platform, and national code lists."""

from collections.abc import Mapping
from enum import Enum

from tuoju.readings.purposes import code_of
from tuoju.regions.code_lists import code_lists
from tuoju.words.enum_words import EnumWords
from tuoju.words.languages import gettext, language
from tuoju.words.vocabulary import (
    audit,
    cases,
    figures,
    funding,
    holdings,
    jobs,
    needs,
    notifications,
    operations,
    papers,
    people,
    permissions,
    plans,
    projects,
    relief,
    safety,
    worklists,
)

_SUBJECTS = (
    people,
    permissions,
    cases,
    papers,
    relief,
    safety,
    worklists,
    needs,
    projects,
    figures,
    funding,
    plans,
    jobs,
    notifications,
    operations,
    holdings,
    audit,
)

ENUMS: Mapping[type[Enum], EnumWords] = {entry.enum: entry for subject in _SUBJECTS for entry in subject.ENUMS}
"""The one registry of words for enums, keyed by the enum class.

A test checks that no stored or shown enum is missing and that each has words for all of its members.
"""

CODES: Mapping[str, Mapping[str, str]] = {
    **{
        entry.kind: {**{str(member.value): words for member, words in entry.words.items()}, **entry.also}
        for entry in ENUMS.values()
    },
    **{kind: words for subject in _SUBJECTS for kind, words in getattr(subject, "CODES", {}).items()},
}
"""The msgid of each code, by kind: `CODES["case_state"]["closed"]`."""


def label(kind: str, code: object, in_language: str | None = None) -> str:
    """The words for a code of a list or enum; "Not known" for a code of a national list that is no longer in it."""
    text = str(code)
    chosen = in_language or language()
    if kind in CODES:
        return gettext(CODES[kind].get(text, "Not known"))
    names = code_lists().get(kind, {}).get(text)
    if names is None:
        return gettext("Not known")
    return names[0 if chosen.startswith("zh") else 1]


def target_group(code: str) -> str:
    """The words for a target group of a project: a code of the list vulnerable_tag, else of relief_category."""
    return label("vulnerable_tag" if code in code_lists()["vulnerable_tag"] else "relief_category", code)


def reading_words(purpose: str) -> str:
    """What personal data was read for: the words of the list, or what the first release let people type."""
    code = code_of(purpose)
    return label("reading_purpose", code) if code in CODES["reading_purpose"] else purpose


def audit_action_words(action: str) -> str:
    """What an entry of the audit says was done; the code of a verb that has no words."""
    return label("audit_action", action) if action in CODES["audit_action"] else action


def kinds() -> list[str]:
    """The names of every list and enum that has words."""
    return sorted({*CODES, *code_lists()} - {"list"})


def options(kind: str) -> list[tuple[str, str]]:
    """(code, words) of a list or enum, for a form field."""
    codes = CODES[kind] if kind in CODES else code_lists()[kind]
    return [(code, label(kind, code)) for code in codes]


def services() -> list[tuple[str, list[tuple[str, str]]]]:
    """The service categories by class: ("Care services", [("A01", "Home care"), ...]).

    Relief money and goods are left out: they are paid from a society's fund, not referred.
    """
    groups: dict[str, list[tuple[str, str]]] = {}
    for code, words in options("service_type"):
        if code[0] in "ABC" and len(code) > 1:
            groups.setdefault(label("service_type", code[0]), []).append((code, words))
    return list(groups.items())
