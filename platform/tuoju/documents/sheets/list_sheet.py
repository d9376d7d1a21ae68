"""What the import and export of one list needs: its columns, its verb for a row, its checks and its export."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor
from tuoju_projects.sheets import Sheet


@dataclass(frozen=True)
class ListSheet:
    """One list that goes in and out of Excel."""

    sheet: Callable[[Session, Actor], Sheet[Any]]
    """Columns and row model for this actor: the choices offered depend on the actor's area."""
    add: Callable[[Session, Actor, Any], None]
    """Adds one row through the verb of its room. Raises one of `add_errors`, NotPermitted."""
    check: Callable[[Session, Actor, Any], Sequence[tuple[str, str]]]
    """(column, error code) of what is wrong with a row beyond its cells: a duplicate, or what `add` would refuse."""
    export_rows: Callable[[Session, Actor, str], list[Mapping[str, Any]]]
    """The rows of an export; with a purpose in full, else masked. Lists that are not personal ignore the purpose."""
    add_errors: tuple[type[Exception], ...]
    """Errors of `add` for a row that passed `check` but no longer can be added."""
    import_action: Action
    export_action: Action
    home: str
    """Path of the page that shows the list."""
    is_personal: bool = True
    """Whether the export has personal fields, masked unless a purpose is named."""
