"""Divisions that change on a day: renamed, moved, united, created. What lies in them goes along.

Nothing that was written is rewritten: a case, a signed summary or a notice keeps the code of its day, and a division
that ended lies below the one that followed it, so that scopes, policies and figures find its rows there. Only what is
about today moves to the new code (`carrying`).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import true
from sqlmodel import Session, col, func, select

from tuoju.accounts import audit
from tuoju.accounts.models import User
from tuoju.accounts.permissions import Actor
from tuoju.cases.models import Case
from tuoju.cases.status import ENDED_CASES
from tuoju.cities.carrying import carry
from tuoju.cities.problems import CityFolderError, Problem
from tuoju.cities.rows import ChangeRow
from tuoju.cities.tables import Row, read_table
from tuoju.referrals.models import Referral
from tuoju.referrals.status import LIVE
from tuoju.regions.models import Region, RegionChange, RegionChangeKind, RegionLevel
from tuoju.regions.queries import ancestors, county_of, find_children, is_current, within
from tuoju.relief.models import Fund
from tuoju.residents.models import Resident

LEVELS = tuple(RegionLevel)
_NEEDS: Mapping[RegionChangeKind, Sequence[tuple[str, ...]]] = {
    RegionChangeKind.rename: [("new_name",)],
    RegionChangeKind.move: [("new_parent", "new_code")],
    RegionChangeKind.merge: [("new_code",)],
    RegionChangeKind.create: [("new_name",), ("level",), ("new_parent",)],
}
"""What each kind of change must state; of several columns in a tuple one is enough."""


@dataclass(frozen=True)
class ChangeReport:
    """What one line of the file does, or would do."""

    kind: RegionChangeKind
    code: str
    before: str
    """Its name with all above it; "" for a new division."""
    after: str
    along: Mapping[str, int]
    """What comes along: divisions, people, open cases, live referrals, funds, accounts."""
    carried: Mapping[str, int]
    """How many rows of each kind move to a new code; money in fen."""
    lose_sight: int
    """Active accounts that reach it no longer."""
    gain_sight: int


def read_changes(path: Path, today: date) -> list[Row[ChangeRow]]:
    """The changes of a file, each with what its kind needs. Raises CityFolderError."""
    problems: list[Problem] = []
    rows = read_table(path, ChangeRow, problems)
    for row in rows:
        for columns in _NEEDS[row.value.change]:
            if not any(getattr(row.value, column) for column in columns):
                facts = {"wanted": " / ".join(columns)}
                problems.append(Problem(path.name, row.line, columns[0], "needs_what", row.value.change.value, facts))
        if row.value.on > today:
            problems.append(Problem(path.name, row.line, "on", "future_day", row.value.on.isoformat()))
    if problems:
        raise CityFolderError(problems)
    return rows


def apply_changes(session: Session, actor: Actor, file: str, rows: Sequence[Row[ChangeRow]]) -> list[ChangeReport]:
    """Change the divisions, line by line, in the name of an administrator of the whole city.

    The caller rolls back what was only a preview. Raises CityFolderError with all lines that are not possible.
    """
    problems: list[Problem] = []
    reports = []
    for row in rows:
        refusal = next(_refusals(session, row.value), None)
        if refusal is not None:
            column, kind, typed, facts = refusal
            problems.append(Problem(file, row.line, column, kind, typed, facts))
        else:
            reports.append(_apply(session, actor, row.value))
    if problems:
        raise CityFolderError(problems)
    return reports


_Refusal = tuple[str, str, str, dict[str, str]]


def _refusals(session: Session, row: ChangeRow) -> Iterator[_Refusal]:
    """Why a line is not possible: column, kind, what was typed, facts."""
    region = session.get(Region, row.code)
    if row.change is RegionChangeKind.create:
        if region is not None:
            yield "code", "code_is_used", row.code, {}
        elif row.level is not None and row.new_parent is not None:
            yield from _wrong_parent(session, row.level, row.new_parent)
        return
    if region is None or region.valid_to is not None:
        yield "code", "nothing_to_change", row.code, {}
        return
    if row.change is RegionChangeKind.move:
        yield from _move_refusals(session, row, region)
    if row.change is RegionChangeKind.merge:
        yield from _merge_refusals(session, row, region)


def _wrong_parent(session: Session, level: RegionLevel, parent_code: str) -> Iterator[_Refusal]:
    parent = session.get(Region, parent_code)
    if parent is None or parent.valid_to is not None:
        yield "new_parent", "nothing_to_change", parent_code, {}
    elif LEVELS.index(parent.level) != LEVELS.index(level) - 1:
        wanted = LEVELS[max(LEVELS.index(level) - 1, 0)]
        facts = {"level": level.value, "above": parent.level.value, "wanted_level": wanted.value}
        yield "new_parent", "wrong_level", parent_code, facts


def _move_refusals(session: Session, row: ChangeRow, region: Region) -> Iterator[_Refusal]:
    if row.new_parent is not None:
        yield from _wrong_parent(session, region.level, row.new_parent)
        if region.level is RegionLevel.village and row.new_parent != region.parent_code and row.new_code is None:
            yield "new_code", "needs_new_code", row.code, {"wanted": row.new_parent[:9]}
    if row.new_code is not None:
        codes = [row.new_code, *(new for _child, new in _recoded(session, region, row.new_code))]
        for code in codes:
            if session.get(Region, code) is not None:
                yield "new_code", "code_is_used", code, {}


def _merge_refusals(session: Session, row: ChangeRow, region: Region) -> Iterator[_Refusal]:
    into = session.get(Region, row.new_code)
    if into is None or into.valid_to is not None:
        yield "new_code", "nothing_to_change", row.new_code or "", {}
    elif into.code == region.code:
        yield "new_code", "into_itself", into.code, {}
    elif into.level is not region.level:
        yield "new_code", "other_level", into.code, {"level": region.level.value, "above": into.level.value}


def _recoded(session: Session, region: Region, new_code: str) -> Iterator[tuple[Region, str]]:
    """Everything that lies in a division that gets another code, with its own new code: the digits of the upper
    level are exchanged, where they were its digits (GB/T 2260: six of the county; nine of the township)."""
    digits = _DIGITS[region.level]
    for child in find_children(session, region.code):
        if child.code[:digits] == region.code[:digits]:
            new = new_code[:digits] + child.code[digits:]
            yield child, new
            yield from _recoded(session, child, new)


_DIGITS = {RegionLevel.city: 4, RegionLevel.county: 6, RegionLevel.township: 9, RegionLevel.village: 12}
"""How many digits of its code a division hands down."""


@dataclass
class _Tally:
    """What a line did."""

    divisions: int
    carried: dict[str, int]


def _apply(session: Session, actor: Actor, row: ChangeRow) -> ChangeReport:
    region = session.get(Region, row.code)
    before = _path_of(session, row.code) if region else []
    along = _along(session, row.code) if region else {}
    county_before = county_of(session, row.code) if region else ""
    tally = _Tally(0, {})
    change = _Change(session, actor, row, tally)
    target = change.run(region)
    session.flush()
    after = _path_of(session, target.code)
    lost, gained = {code for code, _name in before}, {code for code, _name in after}
    report = ChangeReport(
        kind=row.change,
        code=row.code,
        before="".join(name for _code, name in before),
        after="".join(name for _code, name in after),
        along=along,
        carried=tally.carried,
        lose_sight=_accounts(session, lost - gained - {row.code}),
        gain_sight=_accounts(session, gained - lost - {target.code}),
    )
    for scope in sorted({county_before, county_of(session, target.code)} - {""}):
        audit.record(
            session,
            actor,
            "change_region",
            audit.Subject("Region", row.code),
            scope=scope,
            kind=row.change.value,
            successor=target.code,
            changed_on=row.on.isoformat(),
            source=row.source,
            divisions=tally.divisions,
            carried=tally.carried,
        )
    return report


def _along(session: Session, code: str) -> dict[str, int]:
    """How much lies in a division today."""
    inside = within(session, code)
    divisions = select(func.count()).select_from(Region).where(col(Region.code).in_(inside), is_current())
    counts = {"divisions": session.exec(divisions).one()}
    for name, table, condition in (
        ("residents", Resident, true()),
        ("open_cases", Case, col(Case.state).not_in(ENDED_CASES)),
        ("live_referrals", Referral, col(Referral.state).in_(LIVE)),
        ("funds", Fund, true()),
        ("accounts", User, col(User.is_active)),
    ):
        region_code: Any = table.region_code
        query = select(func.count()).select_from(table).where(region_code.in_(inside), condition)
        counts[name] = session.exec(query).one()
    return counts


def _path_of(session: Session, code: str) -> list[tuple[str, str]]:
    return [(region.code, region.name) for region in ancestors(session, code)]


def _accounts(session: Session, codes: Collection[str]) -> int:
    query = select(func.count()).select_from(User).where(col(User.region_code).in_(codes), col(User.is_active))
    return session.exec(query).one()


@dataclass
class _Change:
    """One line being carried out."""

    session: Session
    actor: Actor
    row: ChangeRow
    tally: _Tally

    def run(self, region: Region | None) -> Region:
        """Carry the line out; the division that is there afterwards."""
        row = self.row
        if region is None:
            return self._create()
        if row.change is RegionChangeKind.rename:
            self._record(region, None)
            region.name = row.new_name
            return region
        if row.change is RegionChangeKind.merge:
            into = self.session.get_one(Region, row.new_code)
            for child in find_children(self.session, region.code):
                self._put_below(child, into)
            self._end(region, into)
            return into
        parent = self.session.get_one(Region, row.new_parent or region.parent_code)
        if row.new_code is None:
            self._put_below(region, parent)
            region.name = row.new_name or region.name
            return region
        return self._recode(region, row.new_code, parent, row.new_name or region.name)

    def _create(self) -> Region:
        row = self.row
        parent = self.session.get_one(Region, row.new_parent)
        level = LEVELS[LEVELS.index(parent.level) + 1]
        region = self._new(row.code, row.new_name, level, parent)
        self._record(region, None)
        return region

    def _new(self, code: str, name: str, level: RegionLevel, parent: Region) -> Region:
        path = f"{parent.path}{code}/"
        region = Region(code=code, name=name, level=level, parent_code=parent.code, path=path, valid_from=self.row.on)
        self.session.add(region)
        self.session.flush()
        return region

    def _recode(self, region: Region, new_code: str, parent: Region, name: str) -> Region:
        """A successor under the new code, what lies in the division below it, and the division ended."""
        successor = self._new(new_code, name, region.level, parent)
        digits = _DIGITS[region.level]
        for child in find_children(self.session, region.code):
            if child.code[:digits] == region.code[:digits]:
                self._recode(child, new_code[:digits] + child.code[digits:], successor, child.name)
            else:
                self._put_below(child, successor)
        self._end(region, successor)
        return successor

    def _put_below(self, region: Region, parent: Region) -> None:
        """The division goes on under its own code in another one."""
        self._record(region, None)
        region.parent_code = parent.code
        self._repath(region, f"{parent.path}{region.code}/")

    def _end(self, region: Region, successor: Region) -> None:
        """The division is there until the day before, and lies below what followed it from now on."""
        self._record(region, successor)
        region.valid_to = self.row.on - timedelta(days=1)
        region.parent_code = successor.code
        self._repath(region, f"{successor.path}{region.code}/")
        is_merged = self.row.change is RegionChangeKind.merge
        for name, count in carry(self.session, self.actor, region.code, successor.code, is_merged=is_merged).items():
            self.tally.carried[name] = self.tally.carried.get(name, 0) + count

    def _record(self, region: Region, successor: Region | None) -> None:
        self.tally.divisions += 1
        is_new = self.row.change is RegionChangeKind.create
        self.session.add(
            RegionChange(
                kind=self.row.change,
                region_code=region.code,
                successor_code=successor.code if successor else None,
                former_parent_code=None if is_new else region.parent_code,
                former_name="" if is_new else region.name,
                changed_on=self.row.on,
                source=self.row.source,
            )
        )
        self.session.flush()

    def _repath(self, region: Region, path: str) -> None:
        old = region.path
        for inner in self.session.exec(select(Region).where(col(Region.path).startswith(old))).all():
            inner.path = path + inner.path.removeprefix(old)
        self.session.flush()
