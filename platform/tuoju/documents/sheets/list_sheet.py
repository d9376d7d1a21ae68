"""What the import and export of one list needs: its columns, its verb for a row, its checks and its export."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor
from tuoju_projects.sheets import Sheet

EXPORT_BATCH = 500
"""Rows of an export that are read at once."""


@dataclass(frozen=True)
class Batch:
    """Some rows of an export, and the place of the next."""

    rows: Sequence[Mapping[str, Any]]
    after: Any
    """What `export_batch` takes for the rows that follow; None if there are none."""


@dataclass(frozen=True)
class ListSheet:
    """One list that goes in and out of Excel."""

    sheet: Callable[[Session, Actor], Sheet[Any]]
    """Columns and row model for this actor: the choices offered depend on the actor's area."""
    add: Callable[[Session, Actor, Any], None]
    """Adds one row through the verb of its room. Raises one of `add_errors`, NotPermitted."""
    check: Callable[[Session, Actor, Any], Sequence[tuple[str, str]]]
    """(column, error code) of what is wrong with a row beyond its cells: a duplicate, or what `add` would refuse."""
    count: Callable[[Session, Actor], int]
    """How many rows an export has. Raises NotPermitted."""
    export_batch: Callable[[Session, Actor, str, Any], Batch]
    """The next rows of an export from behind a place, None for the first; with a purpose in full, else masked. Lists
    that are not personal ignore the purpose. What is read in full is audited; the caller has charged the budget."""
    add_errors: tuple[type[Exception], ...]
    """Errors of `add` for a row that passed `check` but no longer can be added."""
    import_action: Action
    export_action: Action
    home: str
    """Path of the page that shows the list."""
    is_personal: bool = True
    """Whether the export has personal fields, masked unless a purpose is named."""
