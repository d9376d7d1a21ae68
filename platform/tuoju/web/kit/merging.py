"""Two people on one file: what only one of them changed is merged, what both changed differently a person decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

Texts = tuple[str, ...]
"""The values of one field as texts, in order and without empty ones, so that lists compare as sets."""


class Choice(StrEnum):
    """What the person decides for a field that both changed."""

    mine = "mine"
    theirs = "theirs"


@dataclass(frozen=True)
class FieldConflict:
    """A field that both changed: as it was when the form was filled, as it is stored now, and as it was typed."""

    before: Texts
    theirs: Texts
    mine: Texts


@dataclass(frozen=True)
class FieldEdit:
    """One field of a form that was sent, beside what is stored now."""

    was: Texts
    """What the form was filled with."""
    mine: Texts
    theirs: Texts
    choice: Choice | None = None
    is_asked: bool = False
    """Whether the form asked which of the two shall hold."""


def merge_field(edit: FieldEdit) -> Texts | FieldConflict:
    """The value to store, or the conflict that a person has to decide."""
    if edit.mine == edit.theirs:
        return edit.mine
    conflict = FieldConflict(edit.was, edit.theirs, edit.mine)
    if edit.theirs != edit.was:
        return edit.theirs if edit.mine == edit.was and not edit.is_asked else conflict
    if edit.is_asked and edit.choice is None:
        return conflict
    return edit.theirs if edit.choice is Choice.theirs else edit.mine


def merge(edits: Mapping[str, FieldEdit]) -> tuple[dict[str, Texts], dict[str, FieldConflict]]:
    """The values of all fields that can be stored, and the conflicts of the others."""
    results = {name: merge_field(edit) for name, edit in edits.items()}
    values = {name: result for name, result in results.items() if not isinstance(result, FieldConflict)}
    return values, {name: result for name, result in results.items() if isinstance(result, FieldConflict)}
