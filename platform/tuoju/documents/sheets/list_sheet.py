"""What every list has to tell the import pages: its sheet, the verb that adds a row, and its export."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor
from tuoju_projects.sheets import Sheet


@dataclass(frozen=True)
class ListSheet:
    """One list of the office. `check` tells (column, code) of what the dry run finds beyond the cells: whoever is known
    already; `known` are the errors of `add` that mean the same at the last moment. `out` gives the rows of an export,
    in full only for a purpose; a list without personal data has none."""

    sheet: Callable[[Session, Actor], Sheet[Any]]
    add: Callable[[Session, Actor, Any], None]
    check: Callable[[Session, Actor, Any], Sequence[tuple[str, str]]]
    out: Callable[[Session, Actor, str], list[Mapping[str, Any]]]
    known: tuple[type[Exception], ...]
    import_action: Action
    export_action: Action
    home: str
    personal: bool = True
