"""Reading the division tree."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import date

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from tuoju.regions.models import CalendarDay, CalendarYear, Region, RegionChange, RegionLevel, RegionOutline


class RegionNotFound(Exception):
    """No division has this code."""


def get_region(session: Session, code: str) -> Region:
    """Raises RegionNotFound. A session forgets what nobody holds: a division once read is held for as long as it lives,
    since every verb asks for its county again. The topmost ones come with the first: paths begin there."""
    held: dict[str, Region] = session.info.setdefault("regions", {})
    region = held.get(code)
    if region is None or region not in session:
        topmost = col(Region.parent_code).is_(None)
        held |= {row.code: row for row in session.exec(select(Region).where((col(Region.code) == code) | topmost))}
        region = held.get(code)
    if region is None:
        raise RegionNotFound(code)
    return region


def within(session: Session, code: str) -> SelectOfScalar[str]:
    """A subquery of the codes of a region and everything in it, for `column.in_(...)`; divisions that ended too."""
    path = get_region(session, code).path
    return select(Region.code).where(col(Region.path).startswith(path))


def is_current() -> ColumnElement[bool]:
    """The condition that a division has not ended."""
    return col(Region.valid_to).is_(None)


def codes_within_on(session: Session, code: str, day: date) -> SelectOfScalar[str] | Collection[str]:
    """What lay within a region at the end of a day, for `column.in_(...)`: counts of an earlier month stay what they
    were after a division has moved, merged or got another code."""
    query = select(RegionChange).where(col(RegionChange.changed_on) > day)
    later = session.exec(query.order_by(col(RegionChange.changed_on).desc(), col(RegionChange.id).desc())).all()
    if not later:
        return within(session, code)
    parents = dict(session.exec(select(Region.code, Region.parent_code)).all())
    for change in later:
        parents[change.region_code] = change.former_parent_code
    children = defaultdict(list)
    for child, above in parents.items():
        children[above].append(child)
    codes, waiting = set[str](), [code]
    while waiting:
        parent = waiting.pop()
        codes.add(parent)
        waiting.extend(children[parent])
    return codes


def is_within(session: Session, code: str, ancestor_code: str) -> bool:
    return get_region(session, code).path.startswith(get_region(session, ancestor_code).path)


def current_code(session: Session, code: str) -> str:
    """The code itself, or of a division that ended the one that is there in its stead. Raises RegionNotFound."""
    region = get_region(session, code)
    while region.valid_to is not None and region.parent_code is not None:
        region = get_region(session, region.parent_code)
    return region.code


def lineage(session: Session, code: str) -> SelectOfScalar[str]:
    """A subquery of the code that is there today for a region, and of those of the same level that it followed."""
    region = get_region(session, current_code(session, code))
    inside = col(Region.path).startswith(region.path)
    ended_or_itself = ~is_current() | (col(Region.code) == region.code)
    return select(Region.code).where(inside, Region.level == region.level, ended_or_itself)


def find_children(session: Session, code: str) -> list[Region]:
    """The divisions directly below one, without those that ended."""
    query = select(Region).where(Region.parent_code == code, is_current())
    return list(session.exec(query.order_by(Region.code)))


def find_regions(session: Session, *, text: str = "", after: str = "", limit: int = 100) -> list[Region]:
    """Divisions whose name contains `text`, in the order of codes, from behind the code `after`; none that ended."""
    query = select(Region).where(col(Region.code) > after, is_current())
    if text:
        query = query.where(col(Region.name).contains(text, autoescape=True))
    return list(session.exec(query.order_by(Region.code).limit(limit)))


def ancestors(session: Session, code: str) -> list[Region]:
    """From the city down to the region itself; before a division that ended comes the one that followed it."""
    codes = get_region(session, code).path.rstrip("/").split("/")
    regions = {region.code: region for region in session.exec(select(Region).where(col(Region.code).in_(codes)))}
    return [regions[code] for code in codes]


def names(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """The name to show for each code: a village always with its township, since names of villages repeat within a
    city; a township with its county; others by themselves. A division that ended has the name of the one that is
    there, with its own behind it (原黄庵村). Two queries, whatever the number, and one more where divisions ended."""
    regions = list(session.exec(select(Region).where(col(Region.code).in_(set(codes)))))
    above_codes = {code for region in regions for code in region.path.rstrip("/").split("/")[-2:]}
    if any(region.valid_to is not None for region in regions):
        above_codes = {code for region in regions for code in region.path.rstrip("/").split("/")}
    above = {row.code: row for row in session.exec(select(Region).where(col(Region.code).in_(above_codes)))}

    def name(region: Region) -> str:
        if region.valid_to is not None:
            following = above[region.parent_code or ""]
            while following.valid_to is not None:
                following = above[following.parent_code or ""]
            same = following.name == region.name
            return name(following) if same else f"{name(following)}（原{region.name}）"
        parent = above.get(region.parent_code or "") if region.level in _JOINED else None
        return (parent.name if parent is not None else "") + region.name

    return {region.code: name(region) for region in regions}


_JOINED = frozenset({RegionLevel.village, RegionLevel.township})
"""Levels whose names are shown with the one above."""


def full_name(session: Session, code: str) -> str:
    return names(session, [code])[code]


def townships_of(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """The township that each region lies in today; a region above the townships stands for itself. Two queries."""
    query = select(Region.code, Region.path).where(col(Region.code).in_(set(codes)))
    paths = {code: path.rstrip("/").split("/") for code, path in session.exec(query)}
    above = {code for path in paths.values() for code in path}
    is_township = select(Region.code).where(
        col(Region.code).in_(above), Region.level == RegionLevel.township, is_current()
    )
    townships = set(session.exec(is_township))
    return {code: next((above for above in reversed(path) if above in townships), code) for code, path in paths.items()}


def county_of(session: Session, code: str) -> str:
    """The code of the county a region lies in; the region's own where it stands above counties."""
    codes = get_region(session, code).path.rstrip("/").split("/")
    # Paths begin at a city, or at a county that runs the platform by itself.
    place = 1 if get_region(session, codes[0]).level is RegionLevel.city else 0
    return codes[place] if place < len(codes) else code


def part_of(session: Session, code: str) -> Callable[[str], str | None]:
    """Tells of any region which child of `code` it lies in; `code` itself where it is that, None outside it."""
    above = get_region(session, code).path
    query = select(Region.code, Region.path).where(col(Region.path).startswith(above))
    paths = dict(session.exec(query).all())

    def part(inner: str) -> str | None:
        path = paths.get(inner)
        return None if path is None else path.removeprefix(above).split("/")[0] or code

    return part


def calendar_years(session: Session) -> list[tuple[CalendarYear, list[CalendarDay]]]:
    """The published years, the latest first, each with its special days."""
    years = session.exec(select(CalendarYear).order_by(col(CalendarYear.year).desc())).all()
    days = session.exec(select(CalendarDay).order_by(col(CalendarDay.day))).all()
    return [(year, [day for day in days if day.day.year == year.year]) for year in years]


def top_regions(session: Session) -> list[str]:
    """The codes of the topmost divisions: of the city that the platform is run for, or of several."""
    return list(session.exec(select(Region.code).where(col(Region.parent_code).is_(None)).order_by(Region.code)))


def all_codes(session: Session) -> set[str]:
    """The codes of all divisions that are there."""
    return set(session.exec(select(Region.code).where(is_current())))


def outlines(session: Session) -> list[RegionOutline]:
    """The outlines of the counties that are there, in the order of their codes."""
    query = select(RegionOutline).join(Region, col(Region.code) == col(RegionOutline.region_code)).where(is_current())
    return list(session.exec(query.order_by(RegionOutline.region_code)))
