"""The authorization matrix as a table of words, for the page of permissions and docs/permissions.md.

`python -m tuoju.words.permission_table > docs/permissions.md` writes the document anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tuoju.accounts.fields import READERS
from tuoju.accounts.models import Role
from tuoju.accounts.permissions import LINK_MATRIX, MATRIX, ROLE_LEVELS, Action, Scope
from tuoju.words.labels import label
from tuoju.words.languages import gettext, use_language


@dataclass(frozen=True)
class PermissionRow:
    """One action: how far it reaches for each role and for a link, and the free texts that it opens."""

    action: str
    reach: Sequence[str]
    """In words, in the order of `columns`; empty where the role may not."""
    fields: Sequence[str]
    """Columns of free text, as "table.column"."""


def columns() -> list[str]:
    """The roles in words, then the link."""
    return [*(label("role", role) for role in Role), gettext("Link")]


def rows() -> list[PermissionRow]:
    """One row an action, in the order of the matrix."""
    return [
        PermissionRow(
            label("action", action),
            [*(_reach(scopes.get(role), role) for role in Role), _reach(LINK_MATRIX.get(action))],
            sorted(column for column, actions in READERS.items() if action in actions),
        )
        for action, scopes in MATRIX.items()
    ]


def _reach(scope: Scope | None, role: Role | None = None) -> str:
    """A scope in words; of a region the levels at which the region of the role may be."""
    if scope is None:
        return ""
    if scope is Scope.region and role is not None:
        return " / ".join(label("region_level", level) for level in ROLE_LEVELS[role])
    return label("scope", scope)


def as_markdown() -> str:
    """docs/permissions.md, in English."""
    with use_language("en"):
        heads = ["Action", *columns(), "Free texts"]
        lines = [heads, ["---"] * len(heads)]
        lines += [[row.action, *row.reach, ", ".join(f"`{field}`" for field in row.fields)] for row in rows()]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"""# Permissions

Made from `accounts/permissions.py` (`MATRIX`, `ROLE_LEVELS`) and `accounts/fields.py` (`READERS`) by
`python -m tuoju.words.permission_table > docs/permissions.md`; a test keeps it equal. Administrators read the same
table at `/permissions`.

- A cell says how far the action reaches: a level means the region of the account, which is at that level, and
  everything in it. An empty cell means that the role may not. What is out of reach answers like something that does
  not exist.
- The last column names the free texts that the action opens. Names, numbers, telephones and addresses are masked for
  everybody, and are read in full only with "{_english(Action.reveal_residents)}" or, by a
  charity, after it accepted.
- Each route names its action (`web/kit/gates.py`); an application with a route that names none does not start, and
  neither does one with an action that is not in the matrix.

{table}
"""


def _english(action: Action) -> str:
    with use_language("en"):
        return label("action", action)


if __name__ == "__main__":
    print(as_markdown(), end="")  # noqa: T201
