"""The definition of each figure: the count of rows that can be listed (docs/figures.md). Counting is done in SQL."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, String, and_, distinct, func, literal, true, union_all
from sqlalchemy import case as sql_case
from sqlalchemy import cast as sql_cast
from sqlalchemy import select as sql_select
from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, require
from tuoju.cases.status import NeedState
from tuoju.referrals.status import ReferralState
from tuoju.regions.calendar import calendar_of
from tuoju.reports import facts
from tuoju.reports.facts import WHOLE, Fact, NeedFact, Slice
from tuoju.reports.sql_days import ChinaDay


class Figure(StrEnum):
    """A figure; its words are in `words.vocabulary.figures`."""

    waiting_needs = "waiting_needs"
    referrals_sent = "referrals_sent"
    referrals_answered = "referrals_answered"
    loops_closed = "loops_closed"
    got_help = "got_help"
    help_confirmed = "help_confirmed"
    help_unconfirmed = "help_unconfirmed"
    person_times = "person_times"
    household_times = "household_times"
    persons = "persons"


class Dimension(StrEnum):
    """What the tables of figures are grouped by."""

    county = "county"
    project = "project"
    month = "month"


@dataclass(frozen=True)
class Rate:
    """A share: `part` of `total`."""

    part: int
    total: int

    @property
    def share(self) -> float | None:
        """From 0 to 1; None where the total is 0."""
        return self.part / self.total if self.total else None


@dataclass(frozen=True)
class Line:
    """One line of a table: its key in the dimension and the value of each figure."""

    key: str
    values: Mapping[Figure, int]


@dataclass(frozen=True)
class Balance:
    """Supply and demand of one service category."""

    category: str
    waiting: int
    """Open needs."""
    places_left: int
    """Free places of open projects that offer the category."""
    gaps: int
    """Open gaps in the actor's regions."""


_WAITING = (Figure.waiting_needs,)
_SERVED = (Figure.person_times, Figure.household_times, Figure.persons)
_FLAGS: Mapping[Figure, str] = {
    Figure.referrals_sent: "is_sent",
    Figure.referrals_answered: "is_answered",
    Figure.loops_closed: "is_closed",
    Figure.got_help: "is_helped",
    Figure.help_confirmed: "is_help_confirmed",
    Figure.help_unconfirmed: "is_help_unconfirmed",
}
_ROWS = "rows"
_COLUMNS = {Dimension.county: "county", Dimension.project: "project_id", Dimension.month: "month"}

Counts = dict[tuple[str, str], dict[str, int]]
"""By dimension and key the value of each figure, and the number of rows; ("", "") stands for everything."""


class FigureCounts:
    """The figures of one part of the actor's regions: in all, and by county, project and month.

    Person-times count every attendance, persons every resident once, household-times every visit once (domain rule
    5.7). So the persons of the parts do not add up to all persons. Each kind of rows is read when it is first asked
    for, and only counted: what is held does not grow with the rows.
    """

    def __init__(self, session: Session, actor: Actor, part: Slice = WHOLE) -> None:
        """Raises NotPermitted."""
        require(actor, Action.read_figures)
        self.session, self.part = session, part
        self.needs = facts.needs(session, actor)
        self.referrals = facts.referrals(session, actor)
        self.attendances = facts.attendances(session, actor)
        self._counts: dict[str, Counts] = {}

    def value(self, figure: Figure) -> int:
        """The figure of the whole part."""
        return self._counts_of(figure)["", ""][figure]

    def values(self) -> dict[Figure, int]:
        """Every figure of the whole part."""
        return {figure: self.value(figure) for figure in Figure}

    def table(self, dimension: Dimension) -> list[Line]:
        """Every figure for each county, project or month that has rows in the part."""
        lines: dict[str, dict[Figure, int]] = {}
        for figure in Figure:
            for (by, key), values in self._counts_of(figure).items():
                if by == dimension and values[_ROWS]:
                    lines.setdefault(key, dict.fromkeys(Figure, 0))[figure] = values[figure]
        return [Line(key, lines[key]) for key in sorted(lines)]

    def keys(self) -> dict[Dimension, list[str]]:
        """The counties, projects and months that have rows, in the part or not; projects are those of referrals."""
        kinds = [self._counts_of(figure) for figure in (Figure.referrals_sent, Figure.waiting_needs, Figure.persons)]

        def keys_of(dimension: Dimension, kinds: Sequence[Counts]) -> set[str]:
            return {key for counts in kinds for by, key in counts if by == dimension}

        return {
            Dimension.county: sorted(keys_of(Dimension.county, kinds)),
            Dimension.project: sorted(keys_of(Dimension.project, kinds[:1]), key=int),
            Dimension.month: sorted(keys_of(Dimension.month, kinds), reverse=True),
        }

    def closed_loop_rate(self) -> Rate:
        """Referrals whose result the sender knows, of all sent."""
        return Rate(self.value(Figure.loops_closed), self.value(Figure.referrals_sent))

    def got_help_rate(self) -> Rate:
        """Referrals that met their need or part of it, of all sent."""
        return Rate(self.value(Figure.got_help), self.value(Figure.referrals_sent))

    def help_confirmed_rate(self) -> Rate:
        """Referrals whose help is confirmed, of all that helped."""
        return Rate(self.value(Figure.help_confirmed), self.value(Figure.got_help))

    def answer_days(self) -> dict[int, int]:
        """How many referrals of the part were answered after so many working days, ascending."""
        rows, calendar = self.referrals, calendar_of(self.session)
        days = ChinaDay(rows.c.requested_at), ChinaDay(rows.c.answered_at)
        query = sql_select(*days, func.count()).where(rows.c.answered_at.is_not(None), *self.part.of(rows))
        counts: Counter[int] = Counter()
        for requested_on, answered_on, count in self.session.execute(query.group_by(*days)):
            counts[calendar.between(requested_on, answered_on)] += count
        return dict(sorted(counts.items()))

    def by_state(self) -> dict[ReferralState, int]:
        """Referrals of the part in each state that has any."""
        rows = self.referrals
        query = sql_select(rows.c.state, func.count()).where(*self.part.of(rows)).group_by(rows.c.state)
        counts = dict(self.session.execute(query).all())
        return {state: counts[state] for state in ReferralState if state in counts}

    def waiting_by_category(self) -> Counter[str]:
        """Open needs by service category, in the part or not."""
        rows = self.needs
        query = sql_select(rows.c.category, func.count()).where(rows.c.state == NeedState.open)
        return Counter(dict(self.session.execute(query.group_by(rows.c.category)).all()))

    def longest_waiting(self, limit: int) -> list[NeedFact]:
        """The open needs of the part that have waited longest."""
        rows = self.needs
        query = _columns(rows, facts.NEED_COLUMNS).where(rows.c.state == NeedState.open, *self.part.of(rows))
        query = query.order_by(rows.c.opened_at, rows.c.id).limit(limit)
        return [facts.need_fact(row) for row in self.session.execute(query)]

    def row_count(self, figure: Figure) -> int:
        """How many rows `rows` has; persons and household-times are counted from those of person-times."""
        return self.value(Figure.person_times if figure in _SERVED else figure)

    def rows(self, figure: Figure, *, limit: int, after_id: int = 0, offset: int = 0) -> list[Fact]:
        """Rows behind a figure in the order of their ids; for persons and household-times those they are counted
        from."""

        def read(kind: CTE, columns: Sequence[str], *conditions: ColumnElement[bool]) -> Sequence[Any]:
            query = _columns(kind, columns).where(kind.c.id > after_id, *self.part.of(kind), *conditions)
            return self.session.execute(query.order_by(kind.c.id).limit(limit).offset(offset)).all()

        if figure in _WAITING:
            is_open = self.needs.c.state == NeedState.open
            return [facts.need_fact(row) for row in read(self.needs, facts.NEED_COLUMNS, is_open)]
        if figure in _SERVED:
            return [facts.attendance_fact(row) for row in read(self.attendances, facts.ATTENDANCE_COLUMNS)]
        calendar, counted = calendar_of(self.session), self.referrals.c[_FLAGS[figure]] == 1
        return [facts.referral_fact(row, calendar) for row in read(self.referrals, facts.REFERRAL_COLUMNS, counted)]

    def _counts_of(self, figure: Figure) -> Counts:
        """The counts of the kind of rows that a figure belongs to."""
        kind = "needs" if figure in _WAITING else "attendances" if figure in _SERVED else "referrals"
        if kind not in self._counts:
            count = {"needs": self._count_needs, "referrals": self._count_referrals}.get(kind, self._count_attendances)
            self._counts[kind] = count()
        return self._counts[kind]

    def _count_needs(self) -> Counts:
        rows = self.needs
        is_open = sql_case((rows.c.state == NeedState.open, 1), else_=0)
        cells = _cells(rows, {Figure.waiting_needs: func.sum(is_open)})
        return self._read(cells, _sums(cells, self.part, Figure.waiting_needs))

    def _count_referrals(self) -> Counts:
        cells = _cells(self.referrals, {figure: func.sum(self.referrals.c[flag]) for figure, flag in _FLAGS.items()})
        return self._read(cells, _sums(cells, self.part, *_FLAGS))

    def _count_attendances(self) -> Counts:
        rows = self.attendances
        visits = func.count(distinct(rows.c.visit_id))  # a visit belongs to one referral, so to one cell
        cells = _cells(rows, {Figure.person_times: func.count(), Figure.household_times: visits})
        counts = self._read(cells, _sums(cells, self.part, Figure.person_times, Figure.household_times))
        keys = [rows.c[column] for column in _COLUMNS.values()]
        persons = sql_select(*keys, rows.c.resident_id).distinct().cte("person_cells")
        once = func.count(distinct(sql_case((_in_part(persons, self.part), persons.c.resident_id))))
        for line, values in self._read(persons, {Figure.persons: once}).items():
            counts[line] |= values
        return counts

    def _read(self, cells: CTE, measures: Mapping[str, ColumnElement[Any]]) -> Counts:
        """The measures of all cells, and of those of each county, project and month: one query."""
        named = [measure.label(name) for name, measure in measures.items()]
        lines: list[Select[*tuple[Any, ...]]] = [sql_select(literal(""), literal(""), *named)]
        for dimension, column in _COLUMNS.items():
            if column in cells.c:
                key = sql_cast(cells.c[column], String)
                lines.append(sql_select(literal(dimension.value), key, *named).group_by(cells.c[column]))
        return {
            (by, key): {name: int(value or 0) for name, value in zip(measures, values, strict=True)}
            for by, key, *values in self.session.execute(union_all(*lines))
        }


def _columns(rows: CTE, names: Sequence[str]) -> Select[*tuple[Any, ...]]:
    return sql_select(*(rows.c[name] for name in names))


def _in_part(cells: CTE, part: Slice) -> ColumnElement[bool]:
    return and_(true(), *part.of(cells))


def _cells(rows: CTE, measures: Mapping[str, ColumnElement[Any]]) -> CTE:
    """The measures by county, project and month together, so that the rows are read once for all dimensions."""
    keys = [rows.c[column] for column in _COLUMNS.values() if column in rows.c]
    named = [measure.label(name) for name, measure in {_ROWS: func.count(), **measures}.items()]
    return sql_select(*keys, *named).group_by(*keys).cte("cells")


def _sums(cells: CTE, part: Slice, *names: str) -> dict[str, ColumnElement[Any]]:
    """The sums over the cells of the part, and the number of their rows."""
    return {name: func.sum(sql_case((_in_part(cells, part), cells.c[name]), else_=0)) for name in (_ROWS, *names)}


def median_of(counts: Mapping[int, int]) -> float | None:
    """The median of numbers that are given by how often each occurs, ascending; None for none."""
    total = sum(counts.values())
    middle = {(total - 1) // 2, total // 2}
    values, seen = [], 0
    for value, count in counts.items():
        values += [value for place in middle if seen <= place < seen + count]
        seen += count
    return sum(values) / len(values) if values else None
