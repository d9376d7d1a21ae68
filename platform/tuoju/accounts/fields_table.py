"""The table of fields for people to read: docs/fields.md, made from accounts.fields.

`python -m tuoju.accounts.fields_table > docs/fields.md` writes it anew; a test keeps the two equal.
"""

from collections.abc import Mapping, Sequence

from tuoju.accounts.fields import (
    BEFORE_ACCEPTANCE,
    CONSENTED,
    CONTACTS,
    NOT_SHOWN_AS_TEXT,
    PERSON,
    FieldRow,
    Form,
    Stage,
    field_rows,
)

_WORDS: Mapping[Form, str] = {
    Form.hidden: "–",
    Form.unmasked: "whole",
    Form.linted: "linted",
    Form.masked: "masked",
    Form.revealed: "on record",
    Form.surname: "surname",
    Form.age: "age",
    Form.age_band: "age band",
    Form.township: "township",
    Form.without_health: "without health",
}

_INTRODUCTION = """# Who sees which field

Made from `tuoju/accounts/fields.py` by `python -m tuoju.accounts.fields_table > docs/fields.md`. Pages, API, papers,
sheets and archives read the same table through one view for each entity: `residents.views`, `cases.views`,
`referrals.views`, `visits.views`. The scope (whose rows) is a matter of the permissions. "Before" and "after" is the
acceptance of a referral by the organization; a referral that was rejected, expired or withdrawn is as before.

- **whole**: as it is written.
- **linted**: a free text in which everything that identifies the person is replaced by 〔…〕 (`residents.linter`).
- **masked**: a few characters (张\\*国, 138\\*\\*\\*\\*1234).
- **on record**: masked or left out; in full only by an audited reading for a purpose.
- **–**: not at all.
"""


def table_as_markdown() -> str:
    """The whole of docs/fields.md."""
    rows = list(field_rows())
    person, texts = _table(rows, [*PERSON]), _table(rows, sorted({row.column for row in rows} - PERSON.keys()))
    contacts = [f"| `{column}` | {', '.join(sorted(actions))} |" for column, actions in CONTACTS.items()]
    others = [
        f"| `{column}` | {reason} |"
        for column, reason in NOT_SHOWN_AS_TEXT.items()
        if column not in PERSON and column not in CONTACTS
    ]
    parts = [
        _INTRODUCTION,
        "## What the file knows of a person\n\n" + person,
        "## What the consent has to name\n\nAfter acceptance an organization reads these only where the consent names "
        "the kind. Otherwise they are as before, and words of that kind are masked in the free texts of officers.\n\n"
        + "\n".join(
            ["| Column | Kind |", "|---|---|", *(f"| `{name}` | {kind} |" for name, kind in CONSENTED.items())]
        ),
        f"## Free texts\n\nOf {len(BEFORE_ACCEPTANCE)} an organization sees something before it accepts.\n\n" + texts,
        "## Where messages are sent\n\nAnd each organization its own contact.\n\n"
        + "\n".join(["| Column | Who reads it |", "|---|---|", *contacts]),
        "## Shown to nobody else\n\n" + "\n".join(["| Column | Why |", "|---|---|", *others]),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _table(rows: Sequence[FieldRow], columns: Sequence[str]) -> str:
    """One line a column, one cell a reader."""
    readers = list(dict.fromkeys((row.reader, row.stage) for row in rows))
    split = {reader for reader, stage in readers if stage is Stage.serving}
    heads = [_head(reader, stage, is_split=reader in split) for reader, stage in readers]
    cells = {(row.column, row.reader, row.stage): _WORDS[row.form] for row in rows}
    lines = [
        f"| `{column}` | " + " | ".join(cells[column, reader, stage] for reader, stage in readers) + " |"
        for column in columns
    ]
    return "\n".join([f"| Column | {' | '.join(heads)} |", "|---|" + "---|" * len(heads), *lines])


def _head(reader: str, stage: Stage, *, is_split: bool) -> str:
    if not is_split:
        return reader
    return f"{reader}, {'before' if stage is Stage.before else 'after'}"


if __name__ == "__main__":
    print(table_as_markdown(), end="")  # noqa: T201 - the document goes to standard output
