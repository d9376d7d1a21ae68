"""Codes into words: the national and the platform's code lists, and the enums of every room (vocabulary/)."""

from collections.abc import Mapping

from tuoju.regions.code_lists import code_lists
from tuoju.words.languages import N_, gettext, language
from tuoju.words.vocabulary import cases, figures, needs, papers, people, plans, projects, relief
from tuoju.words.vocabulary import notifications as post_office

_SUBJECTS = (people, cases, papers, relief, needs, projects, figures, plans, post_office)
ENUMS: Mapping[str, Mapping[str, str]] = {kind: words for each in _SUBJECTS for kind, words in each.ENUMS.items()}


def label(kind: str, code: object, in_language: str | None = None) -> str:
    """The words for a code of a list or enum; a code of neither is shown as "not known"."""
    text = str(code)
    chosen = in_language or language()
    if kind in ENUMS:
        return gettext(ENUMS[kind].get(text, "Not known"))
    names = code_lists().get(kind, {}).get(text)
    if names is None:
        return gettext("Not known")
    return names[0 if chosen.startswith("zh") else 1]


_READING = {"serve": N_("To serve, after accepting"), "print": N_("To print")}


def reading_words(purpose: str) -> str:
    """What a full reading was for: one of the list, by the product itself, or what was typed."""
    if purpose in ENUMS["reveal_purpose"]:
        return label("reveal_purpose", purpose)
    return gettext(_READING[purpose]) if purpose in _READING else purpose


def kinds() -> list[str]:
    """The names of every list and enum that has words."""
    return sorted({*ENUMS, *code_lists()} - {"list"})


def options(kind: str) -> list[tuple[str, str]]:
    """(code, words) of a list or enum, for a form field."""
    codes = ENUMS[kind] if kind in ENUMS else code_lists()[kind]
    return [(code, label(kind, code)) for code in codes]


def services() -> list[tuple[str, list[tuple[str, str]]]]:
    """The service categories by class: ("Care services", [("A01", "Home care"), ...]); relief money and
    goods are no service, and leave by another door."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for code, words in options("service_type"):
        if code[0] in "ABC" and len(code) > 1:
            groups.setdefault(label("service_type", code[0]), []).append((code, words))
    return list(groups.items())
