"""docs/security.md and docs/security-asvs.md say what is so: numbers, counts, files and classes of data."""

import csv
import re
from collections import Counter
from pathlib import Path

from tuoju.accounts.fields import NOT_SHOWN_AS_TEXT, PERSON, READERS
from tuoju.database.row_scopes import ROW_RULES

ROOT = Path(__file__).parent.parent.parent
SECURITY = (ROOT / "docs" / "security.md").read_text()
ASVS = (ROOT / "docs" / "security-asvs.md").read_text()
ROWS = [[cell.strip() for cell in line.split("|")[1:-1]] for line in ASVS.splitlines() if line.startswith("| V")]
STANDARD = ROOT / "tests" / "house" / "data" / "asvs-5.0.0.csv"
"""The numbers and levels of OWASP ASVS 5.0.0, levels 1 and 2, from the standard's own CSV."""
FILE = re.compile(r"`((?:[\w.-]+/)*[\w.-]+\.(?:py|md|js|html|toml|txt))`")


def test_the_table_has_every_requirement_of_the_standard_at_its_level() -> None:
    with STANDARD.open() as file:
        standard = [(row["requirement"], row["level"]) for row in csv.DictReader(file)]
    assert [(row[0], row[1]) for row in ROWS] == standard


def test_the_counts_are_those_of_the_table() -> None:
    stated = dict(re.findall(r"^\| ([a-z ]+) \| (\d+) \|$", ASVS, re.MULTILINE))
    counts = Counter(row[3] for row in ROWS)
    counts["of these by a test"] = sum(row[3] == "met" and "`tests/" in row[4] for row in ROWS)
    assert {name: int(count) for name, count in stated.items()} == {**counts, "all": len(ROWS)}


def test_what_is_met_names_a_test_or_a_file() -> None:
    assert [row[0] for row in ROWS if row[3] == "met" and not FILE.search(row[4])] == []


def test_what_is_not_met_has_a_reason() -> None:
    assert [row[0] for row in ROWS if not row[4]] == []


def test_every_file_named_exists() -> None:
    assert [path for row in ROWS for path in FILE.findall(row[4]) if not (ROOT / path).is_file()] == []


def test_every_part_of_the_document_that_is_named_exists() -> None:
    named = {part for row in ROWS for part in re.findall(r'docs/security\.md`, "([^"]+)"', row[4])}
    assert {part for part in named if f"## {part}\n" not in SECURITY} == set()


def test_every_column_of_a_person_has_one_class() -> None:
    table = SECURITY.split("## Classes of data")[1].split("\n\n")[1]
    named = Counter(re.findall(r"`([a-z_]+\.[a-z_]+)`", table))
    del named["need.constraints"]
    columns = {*READERS, *NOT_SHOWN_AS_TEXT, *PERSON} - {"need.constraints"}
    assert named == Counter(columns)


def test_every_table_whose_rows_are_bounded_is_named() -> None:
    listed = SECURITY.split("so far:")[1].split("## Keys")[0]
    assert re.findall(r"`([a-z_]+)`", listed) == list(ROW_RULES)
