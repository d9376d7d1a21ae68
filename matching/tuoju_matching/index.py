"""Projects as columns: one need judged against all of them at once, and a change put in without indexing anew."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from math import isfinite
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tuoju_matching.features import STANDING, standing_of
from tuoju_matching.interned import Groups, Rules, facts_of
from tuoju_matching.profiles import NeedProfile, ProjectProfile

Rows = NDArray[np.intp]

_NONE: Rows = np.empty(0, dtype=np.intp)
_MOST_PLACES = 2**31
_COLUMNS = {"id": np.int64, "from": np.int64, "until": np.int64, "places": np.int64, "home": np.bool_, "group": np.intp}


class Pairs(NamedTuple):
    """Who may go where: the projects of need `i` are `rows[starts[i] : starts[i + 1]]`.

    Attributes
    ----------
    starts : ndarray of shape (n_needs + 1,)
    rows, nearness : ndarray of shape (n_pairs,)
    """

    starts: NDArray[np.intp]
    rows: Rows
    nearness: NDArray[np.float64]


class ProjectIndex:
    """The hard rules of eligibility.check over columns, with the same answer.

    Row numbers stay what they are while a project is held; the row of a removed one is used again, the last
    removed first. Distinct rules and target groups are judged once a need, whatever the number of projects.

    Parameters
    ----------
    projects : sequence of ProjectProfile
        Row `i` holds `projects[i]`.

    Raises
    ------
    ValueError
        If two projects have the same id, a rule on age or grade has no whole number, or a record is not a number.

    Attributes
    ----------
    projects : list of ProjectProfile
        In the order of rows; a removed one stays in its row, closed.
    row_of : dict of project id to row
    columns : dict of str to ndarray of shape (n_rows or more,)
    standing : ndarray of shape (n_rows or more, len(STANDING))
        What can be said of a project without looking at the need; see features.py.
    """

    def __init__(self, projects: Sequence[ProjectProfile] = ()) -> None:
        self.row_of: dict[int, int] = {}
        self.projects: list[ProjectProfile] = []
        self._free: list[int] = []
        self._rules, self._groups = Rules(), Groups()
        self.columns: dict[str, NDArray[Any]] = {name: np.zeros(0, dtype=kind) for name, kind in _COLUMNS.items()}
        self.standing = np.zeros((0, len(STANDING)))
        self._asked: NDArray[np.intp] = np.zeros((0, 1), dtype=np.intp)
        self._make_room(len(projects), 1)
        for project in projects:
            self._enter(self.next_row(), project)
        self._offers = _postings([project.categories for project in projects])
        self._serves = _postings([project.areas for project in projects])

    @property
    def n_rows(self) -> int:
        """Rows ever used, those of removed projects too."""
        return len(self.projects)

    def next_row(self) -> int:
        """Where the next project will go."""
        return self._free[-1] if self._free else self.n_rows

    def add(self, project: ProjectProfile) -> int:
        """Hold one more project and return its row. Raises ValueError if its id is held already."""
        row = self.next_row()
        self._enter(row, project)
        self._post(row, project)
        return row

    def replace(self, project: ProjectProfile) -> int:
        """Hold this in place of the project of the same id and return its row. Raises KeyError if there is none."""
        row = self.row_of[project.id]
        asked, before = self._check(project), self.projects[row]
        moved = (project.categories, project.areas) != (before.categories, before.areas)
        if moved:
            self._unpost(row, before)
        self._fill(row, project, asked)
        if moved:
            self._post(row, project)
        return row

    def remove(self, project_id: int) -> int:
        """Let go of a project and return the row it had. Raises KeyError if there is none."""
        row = self.row_of.pop(project_id)
        gone = self.projects[row]
        self._unpost(row, gone)
        self.columns["places"][row] = 0
        self.projects[row] = replace(gone, is_open=False, places_left=0)
        self._free.append(row)
        return row

    def eligible(self, need: NeedProfile, today: date) -> Rows:
        """The rows, in rising order, of the projects for which eligibility.check finds no obstacle."""
        return self._passing(self._reachable(need, self.depths(need.region_path), today), self._rules.passed(need))

    def eligible_many(self, needs: Sequence[NeedProfile], today: date) -> Pairs:
        """`eligible` of every need, with the work shared among needs of one village, service and facts."""
        depths = {path: self.depths(path) for path in {need.region_path for need in needs}}
        reachable: dict[tuple[object, ...], Rows] = {}
        passed: dict[tuple[object, ...], NDArray[np.bool_]] = {}
        rows_of, near = [_NONE], [np.zeros(0)]
        for need in needs:
            place = (need.category, need.region_path, need.needs_home_visit)
            if place not in reachable:
                reachable[place] = self._reachable(need, depths[need.region_path], today)
            facts = facts_of(need)
            if facts not in passed:
                passed[facts] = self._rules.passed(need)
            rows = self._passing(reachable[place], passed[facts])
            rows_of.append(rows)
            near.append(depths[need.region_path][rows] / max(1, len(need.region_path)))
        starts = np.cumsum([len(rows) for rows in rows_of])
        return Pairs(starts, np.concatenate(rows_of), np.concatenate(near))

    def _reachable(self, need: NeedProfile, depths: NDArray[np.int64], today: date) -> Rows:
        """Rows that offer the service here and today; the rules on the person are still to be judged."""
        rows = self._taking(self._offers.get(need.category, _NONE), today)
        fits = depths[rows] > 0
        if need.needs_home_visit:
            fits &= self.columns["home"][rows]
        return rows[fits]

    def _passing(self, rows: Rows, passed: NDArray[np.bool_]) -> Rows:
        for column in range(self._asked.shape[1]):
            rows = rows[passed[self._asked[rows, column]]]
        return rows

    def depths(self, region_path: Sequence[str]) -> NDArray[np.int64]:
        """How deep in the division tree each project serves this village, shape (n_rows,): 0 where not at all."""
        found = np.zeros(self.n_rows, dtype=np.int64)
        for depth, code in enumerate(region_path, start=1):
            found[self._serves.get(code, _NONE)] = depth
        return found

    def nearness(self, need: NeedProfile, rows: Rows) -> NDArray[np.float64]:
        """features.nearness of each row asked for."""
        return np.asarray(self.depths(need.region_path)[rows] / max(1, len(need.region_path)))

    def target_group_fit(self, need: NeedProfile, rows: Rows) -> NDArray[np.float64]:
        """features.target_group_fit of each row asked for."""
        return np.asarray(self._groups.fit(need)[self.columns["group"][rows]])

    def _taking(self, rows: Rows, today: date) -> Rows:
        """Those of the rows that are open, within their days, with a place left."""
        day, columns = today.toordinal(), self.columns
        takes = (columns["from"][rows] <= day) & (day <= columns["until"][rows]) & (columns["places"][rows] > 0)
        return rows[takes]

    def _check(self, project: ProjectProfile) -> list[int]:
        """The numbers of its rules. Raises ValueError saying what can not be read."""
        try:
            asked = [self._rules.number(rule) for rule in project.rules]
        except ValueError as error:
            raise ValueError(f"project {project.id}: {error}") from error
        for name in ("acceptance_rate", "response_days", "success_rate"):
            value = getattr(project, name)
            if value is not None and not (isfinite(value) and value >= 0):
                raise ValueError(f"project {project.id}: {name} is {value}, and should be a number from 0")
        return asked

    def _enter(self, row: int, project: ProjectProfile) -> None:
        asked = self._check(project)
        if project.id in self.row_of:
            raise ValueError(f"two projects have the same id, {project.id}")
        if row == self.n_rows:
            self.projects.append(project)
        else:
            self._free.pop()
        self.row_of[project.id] = row
        self._fill(row, project, asked)

    def _fill(self, row: int, project: ProjectProfile, asked: list[int]) -> None:
        self._make_room(row + 1, len(asked))
        self.projects[row] = project
        last = project.ends_on if project.last_intake_on is None else min(project.ends_on, project.last_intake_on)
        values = {
            "id": project.id,
            "from": project.starts_on.toordinal(),
            "until": last.toordinal(),
            "places": min(max(0, project.places_left), _MOST_PLACES) if project.is_open else 0,
            "home": project.home_visits,
            "group": self._groups.number(project.target_groups),
        }
        for name, value in values.items():
            self.columns[name][row] = value
        self.standing[row] = standing_of(project)
        self._asked[row] = 0
        self._asked[row, : len(asked)] = asked

    def _post(self, row: int, project: ProjectProfile) -> None:
        for table, codes in ((self._offers, project.categories), (self._serves, project.areas)):
            for code in set(codes):
                rows = table.get(code, _NONE)
                table[code] = np.insert(rows, np.searchsorted(rows, row), row)

    def _unpost(self, row: int, project: ProjectProfile) -> None:
        for table, codes in ((self._offers, project.categories), (self._serves, project.areas)):
            for code in set(codes):
                table[code] = table[code][table[code] != row]

    def _make_room(self, rows: int, rules: int) -> None:
        """Grow by doubling, so that adding stays cheap; new cells are zero, and rule 0 always passes."""
        length, width = self._asked.shape
        if rows <= length and rules <= width:
            return
        length = length if rows <= length else max(rows, 2 * length)
        self.columns = {name: _grown(column, (length,)) for name, column in self.columns.items()}
        self.standing = _grown(self.standing, (length, len(STANDING)))
        self._asked = _grown(self._asked, (length, max(rules, width)))


def _grown(column: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """The same values in the corner of a larger array of zeros."""
    larger = np.zeros(shape, dtype=column.dtype)
    larger[tuple(slice(0, size) for size in column.shape)] = column
    return larger


def _postings(codes_of: Sequence[Sequence[str]]) -> dict[str, Rows]:
    """For each code the rows that have it, in rising order."""
    found: dict[str, list[int]] = {}
    for row, codes in enumerate(codes_of):
        for code in set(codes):
            found.setdefault(code, []).append(row)
    return {code: np.array(rows, dtype=np.intp) for code, rows in found.items()}
