"""No table and no sealed column about a person is forgotten by the copy and the erasure (holdings.declaration)."""

from collections import deque

import sqlalchemy as sa

from tuoju.holdings.declaration import HELD, KEPT_SEALED, NOT_ABOUT_A_PERSON
from tuoju.launch.tables import METADATA
from tuoju.words.labels import CODES

DECLARED = {held.model.__tablename__ for held in HELD}
BARE_IDS = {"place_entry.referral_id", "notification.recipient_id", "audit_entry.subject_id"}
"""Columns that name a row about a person without a foreign key."""


def leading_to(table: str) -> set[str]:
    """Every table with a path of foreign keys to `table`."""
    children: dict[str, set[str]] = {}
    for child in METADATA.sorted_tables:
        for key in child.foreign_keys:
            children.setdefault(key.column.table.name, set()).add(child.name)
    reached, waiting = set(), deque([table])
    while waiting:
        name = waiting.popleft()
        if name not in reached:
            reached.add(name)
            waiting.extend(children.get(name, ()))
    return reached


def test_every_table_with_a_path_to_a_resident_is_declared() -> None:
    """A new table turns this red: declare it in holdings.declaration, or say in NOT_ABOUT_A_PERSON why not."""
    assert sorted(leading_to("resident") - DECLARED - NOT_ABOUT_A_PERSON.keys()) == []
    assert sorted(NOT_ABOUT_A_PERSON.keys() & DECLARED) == []


def test_tables_that_name_a_person_without_a_foreign_key_are_declared_too() -> None:
    assert {name.partition(".")[0] for name in BARE_IDS} <= DECLARED


def test_every_sealed_column_is_erased_deleted_or_kept_with_a_reason() -> None:
    erased = {f"{held.model.__tablename__}.{column}" for held in HELD for column in held.erased}
    deleted = {held.model.__tablename__ for held in HELD if held.deleted}
    sealed = {
        f"{table.name}.{column.name}"
        for table in METADATA.sorted_tables
        for column in table.columns
        if getattr(column.type, "is_sealed", False)
    }
    undecided = {name for name in sealed - erased - KEPT_SEALED.keys() if name.partition(".")[0] not in deleted}
    assert sorted(undecided) == []
    assert sorted(KEPT_SEALED.keys() - sealed) == []
    assert sorted(KEPT_SEALED.keys() & erased) == []


def test_the_declaration_names_only_columns_that_exist() -> None:
    for held in HELD:
        columns = {column.name for column in sa.inspect(held.model).columns}
        assert set(held.erased) | set(held.left_out) | ({held.file_of} if held.file_of else set()) <= columns, held.name


def test_each_part_is_named_once_and_in_words_for_the_person() -> None:
    names = [held.name for held in HELD]
    assert len(names) == len(set(names))
    assert {held.name for held in HELD if not held.withheld} == CODES["held_table"].keys()
