"""Projects as columns: one need is checked against all of them at once, and changes are applied in place."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from math import isfinite
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tuoju_matching.features import PROJECT_FEATURES, project_features
from tuoju_matching.profiles import NeedProfile, ProjectProfile
from tuoju_matching.rule_tables import RuleTable, TargetGroupTable, facts_of

Rows = NDArray[np.intp]

_NO_ROWS: Rows = np.empty(0, dtype=np.intp)
_MAX_PLACES = 2**31
_COLUMNS = {"id": np.int64, "from": np.int64, "until": np.int64, "places": np.int64, "home": np.bool_, "group": np.intp}


class Pairs(NamedTuple):
    """Eligible pairs: the projects of need i are `rows[starts[i] : starts[i + 1]]`.

    Attributes
    ----------
    starts : ndarray of shape (n_needs + 1,)
    rows, nearness : ndarray of shape (n_pairs,)
    """

    starts: NDArray[np.intp]
    rows: Rows
    nearness: NDArray[np.float64]


class ProjectIndex:
    """The rules of `eligibility.check` on columns, with the same result.

    A project keeps its row number. The row of a removed project is used again, the last removed first. Distinct rules
    and target groups are checked once a need, whatever the number of projects.

    Parameters
    ----------
    projects : sequence of ProjectProfile
        Row `i` holds `projects[i]`.

    Raises
    ------
    ValueError
        If two projects have the same id, the limit of a rule on age or grade is not an integer, or a rate or a number
        of days is not finite and >= 0.

    Attributes
    ----------
    projects : list of ProjectProfile
        In the order of rows; a removed project stays in its row as closed.
    row_of : dict of project id to row
    columns : dict of str to ndarray of shape (n_rows or more,)
    project_values : ndarray of shape (n_rows or more, len(PROJECT_FEATURES))
        The features that do not depend on the need.
    """

    def __init__(self, projects: Sequence[ProjectProfile] = ()) -> None:
        self.row_of: dict[int, int] = {}
        self.projects: list[ProjectProfile] = []
        self._free_rows: list[int] = []
        self._rule_table, self._group_table = RuleTable(), TargetGroupTable()
        self.columns: dict[str, NDArray[Any]] = {name: np.zeros(0, dtype=kind) for name, kind in _COLUMNS.items()}
        self.project_values = np.zeros((0, len(PROJECT_FEATURES)))
        self._rule_numbers: NDArray[np.intp] = np.zeros((0, 1), dtype=np.intp)
        self._reserve(len(projects), 1)
        for project in projects:
            self._insert(self._next_row(), project)
        self._rows_by_category = _postings([project.categories for project in projects])
        self._rows_by_area = _postings([project.areas for project in projects])

    @property
    def n_rows(self) -> int:
        """Rows ever used, including those of removed projects."""
        return len(self.projects)

    def add(self, project: ProjectProfile) -> int:
        """Add a project and return its row. Raises ValueError if its id is in use, or as the class does."""
        row = self._next_row()
        self._insert(row, project)
        self._post(row, project)
        return row

    def replace(self, project: ProjectProfile) -> int:
        """Replace the project with the same id and return its row. Raises KeyError if there is none."""
        row = self.row_of[project.id]
        rule_numbers, before = self._check(project), self.projects[row]
        moved = (project.categories, project.areas) != (before.categories, before.areas)
        if moved:
            self._unpost(row, before)
        self._fill(row, project, rule_numbers)
        if moved:
            self._post(row, project)
        return row

    def remove(self, project_id: int) -> int:
        """Remove a project and return the row it had. Raises KeyError if there is none."""
        row = self.row_of.pop(project_id)
        removed = self.projects[row]
        self._unpost(row, removed)
        self.columns["places"][row] = 0
        self.projects[row] = replace(removed, is_open=False, places_left=0)
        self._free_rows.append(row)
        return row

    def eligible(self, need: NeedProfile, today: date) -> Rows:
        """The rows, in rising order, of the projects for which `eligibility.check` finds no obstacle."""
        offering = self._offering(need, self.depths(need.region_path), today)
        return self._passing(offering, self._rule_table.passed(need))

    def eligible_many(self, needs: Sequence[NeedProfile], today: date) -> Pairs:
        """`eligible` for every need; work is shared among needs of the same village, service and facts."""
        depths = {path: self.depths(path) for path in {need.region_path for need in needs}}
        offering: dict[tuple[object, ...], Rows] = {}
        passed: dict[tuple[object, ...], NDArray[np.bool_]] = {}
        rows_of_needs, nearness_of_needs = [_NO_ROWS], [np.zeros(0)]
        for need in needs:
            request = (need.category, need.region_path, need.needs_home_visit)
            if request not in offering:
                offering[request] = self._offering(need, depths[need.region_path], today)
            facts = facts_of(need)
            if facts not in passed:
                passed[facts] = self._rule_table.passed(need)
            rows = self._passing(offering[request], passed[facts])
            rows_of_needs.append(rows)
            nearness_of_needs.append(depths[need.region_path][rows] / max(1, len(need.region_path)))
        starts = np.cumsum([len(rows) for rows in rows_of_needs])
        return Pairs(starts, np.concatenate(rows_of_needs), np.concatenate(nearness_of_needs))

    def depths(self, region_path: Sequence[str]) -> NDArray[np.int64]:
        """How deep in the division tree each project serves this village, shape (n_rows,); 0 if it does not."""
        depths = np.zeros(self.n_rows, dtype=np.int64)
        for depth, code in enumerate(region_path, start=1):
            depths[self._rows_by_area.get(code, _NO_ROWS)] = depth
        return depths

    def nearness(self, need: NeedProfile, rows: Rows) -> NDArray[np.float64]:
        """`features.nearness` of each of the rows, shape (len(rows),)."""
        return np.asarray(self.depths(need.region_path)[rows] / max(1, len(need.region_path)))

    def target_group_fit(self, need: NeedProfile, rows: Rows) -> NDArray[np.float64]:
        """`features.target_group_fit` of each of the rows, shape (len(rows),)."""
        return np.asarray(self._group_table.fit(need)[self.columns["group"][rows]])

    def _offering(self, need: NeedProfile, depths: NDArray[np.int64], today: date) -> Rows:
        """Rows that offer the service in the village today; the rules on the person are still to be checked."""
        rows = self._accepting(self._rows_by_category.get(need.category, _NO_ROWS), today)
        fits = depths[rows] > 0
        if need.needs_home_visit:
            fits &= self.columns["home"][rows]
        return rows[fits]

    def _passing(self, rows: Rows, passed: NDArray[np.bool_]) -> Rows:
        """Those of the rows whose rules are all passed."""
        for column in range(self._rule_numbers.shape[1]):
            rows = rows[passed[self._rule_numbers[rows, column]]]
        return rows

    def _accepting(self, rows: Rows, today: date) -> Rows:
        """Those of the rows that are open, within their dates and with a place left."""
        day, columns = today.toordinal(), self.columns
        accepts = (columns["from"][rows] <= day) & (day <= columns["until"][rows]) & (columns["places"][rows] > 0)
        return rows[accepts]

    def _next_row(self) -> int:
        return self._free_rows[-1] if self._free_rows else self.n_rows

    def _check(self, project: ProjectProfile) -> list[int]:
        """The numbers of the project's rules. Raises ValueError for a rule or a record that is not valid."""
        try:
            rule_numbers = [self._rule_table.number(rule) for rule in project.rules]
        except ValueError as error:
            raise ValueError(f"project {project.id}: {error}") from error
        for name in ("acceptance_rate", "response_days", "success_rate"):
            value = getattr(project, name)
            if value is not None and not (isfinite(value) and value >= 0):
                raise ValueError(f"project {project.id}: {name} must be finite and >= 0, not {value}")
        return rule_numbers

    def _insert(self, row: int, project: ProjectProfile) -> None:
        rule_numbers = self._check(project)
        if project.id in self.row_of:
            raise ValueError(f"project ids must be unique: {project.id}")
        if row == self.n_rows:
            self.projects.append(project)
        else:
            self._free_rows.pop()
        self.row_of[project.id] = row
        self._fill(row, project, rule_numbers)

    def _fill(self, row: int, project: ProjectProfile, rule_numbers: list[int]) -> None:
        self._reserve(row + 1, len(rule_numbers))
        self.projects[row] = project
        last = project.ends_on if project.last_intake_on is None else min(project.ends_on, project.last_intake_on)
        values = {
            "id": project.id,
            "from": project.starts_on.toordinal(),
            "until": last.toordinal(),
            "places": min(max(0, project.places_left), _MAX_PLACES) if project.is_open else 0,
            "home": project.home_visits,
            "group": self._group_table.number(project.target_groups),
        }
        for name, value in values.items():
            self.columns[name][row] = value
        self.project_values[row] = project_features(project)
        self._rule_numbers[row] = 0
        self._rule_numbers[row, : len(rule_numbers)] = rule_numbers

    def _post(self, row: int, project: ProjectProfile) -> None:
        for table, codes in ((self._rows_by_category, project.categories), (self._rows_by_area, project.areas)):
            for code in set(codes):
                rows = table.get(code, _NO_ROWS)
                table[code] = np.insert(rows, np.searchsorted(rows, row), row)

    def _unpost(self, row: int, project: ProjectProfile) -> None:
        for table, codes in ((self._rows_by_category, project.categories), (self._rows_by_area, project.areas)):
            for code in set(codes):
                table[code] = table[code][table[code] != row]

    def _reserve(self, rows: int, rules: int) -> None:
        """Grow by doubling, so that adding stays cheap. New cells are zero, and rule 0 always passes."""
        length, width = self._rule_numbers.shape
        if rows <= length and rules <= width:
            return
        length = length if rows <= length else max(rows, 2 * length)
        self.columns = {name: _enlarged(column, (length,)) for name, column in self.columns.items()}
        self.project_values = _enlarged(self.project_values, (length, len(PROJECT_FEATURES)))
        self._rule_numbers = _enlarged(self._rule_numbers, (length, max(rules, width)))


def _enlarged(column: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """The same values in the corner of a larger array of zeros."""
    larger = np.zeros(shape, dtype=column.dtype)
    larger[tuple(slice(0, size) for size in column.shape)] = column
    return larger


def _postings(codes_of_rows: Sequence[Sequence[str]]) -> dict[str, Rows]:
    """For each code the rows that have it, in rising order."""
    rows_of: dict[str, list[int]] = {}
    for row, codes in enumerate(codes_of_rows):
        for code in set(codes):
            rows_of.setdefault(code, []).append(row)
    return {code: np.array(rows, dtype=np.intp) for code, rows in rows_of.items()}
