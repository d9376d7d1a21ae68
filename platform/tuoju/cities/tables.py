"""Reading the CSV files of a city folder: each row checked against its model, all mistakes collected."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from tuoju.cities.problems import Problem

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Row(Generic[M]):
    """A row that could be read, with its line."""

    line: int
    value: M


def read_table(
    path: Path,
    model: type[M],
    problems: list[Problem],
    *,
    fixed: Mapping[str, str] | None = None,
    may_be_empty: bool = False,
) -> list[Row[M]]:
    """The rows of a CSV file whose columns are the fields of `model`; an empty cell takes the field's default.

    `fixed` stands in for empty cells of its columns. What is wrong is added to `problems`.
    """
    earlier, lines = len(problems), _lines(path, model, problems)
    rows = []
    for number, cells in lines:
        values = {name: cells[name] or (fixed or {}).get(name, "") for name in cells}
        try:
            rows.append(Row(number, model.model_validate({name: value for name, value in values.items() if value})))
        except ValidationError as error:
            problems.extend(_problems(path.name, number, values, error))
    if not rows and not may_be_empty and len(problems) == earlier:
        problems.append(Problem(path.name, 0, "", "file_empty"))
    return rows


def _lines(path: Path, model: type[BaseModel], problems: list[Problem]) -> Iterator[tuple[int, dict[str, str]]]:
    text = _text(path)
    if text is None:
        problems.append(Problem(path.name, 0, "", "file_unreadable"))
        return
    reader = csv.DictReader(io.StringIO(text, newline=""))
    columns = [(name or "").strip() for name in reader.fieldnames or ()]
    reader.fieldnames = columns
    known = {field.alias or name: field for name, field in model.model_fields.items()}
    required = [name for name, field in known.items() if field.is_required()]
    missing = [name for name in required if name not in columns]
    if missing:
        problems.append(Problem(path.name, 1, "", "columns_missing", facts={"columns": ", ".join(missing)}))
        return
    for row in reader:
        cells = {name: (row.get(name) or "").strip() for name in known if name in columns}
        if any(cells.values()):
            yield reader.line_num, cells


def _text(path: Path) -> str | None:
    """The text of a file in UTF-8, or in GB 18030 as offices save it; None if it is neither."""
    try:
        raw = path.read_bytes()
    except OSError:
        return None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _problems(file: str, line: int, cells: Mapping[str, str], error: ValidationError) -> Iterator[Problem]:
    for detail in error.errors(include_url=False, include_input=False):
        column = str(detail["loc"][0]) if detail["loc"] else _COLUMN_OF.get(detail["type"], "")
        facts: dict[str, Any] = dict(detail.get("ctx", {}))
        kind = "region_code" if column == "region_code" and cells.get(column) else detail["type"]
        yield Problem(file, line, column, kind, cells.get(column, ""), facts)


_COLUMN_OF = {"policy_period": "valid_to", "news_hours": "news_until", "reminder_hours": "reminders_until"}
"""The column of errors that compare two."""
