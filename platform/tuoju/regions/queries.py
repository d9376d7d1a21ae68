"""Reading the division tree."""

from collections.abc import Callable, Iterable

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from tuoju.regions.models import CalendarDay, CalendarYear, Region, RegionLevel


class RegionNotFound(Exception):
    """No division has this code."""


def get_region(session: Session, code: str) -> Region:
    """Raises RegionNotFound. A session forgets what nobody holds: a division once read is held for as long as it lives,
    since every verb asks for its county again."""
    region = session.get(Region, code)
    if region is None:
        raise RegionNotFound(code)
    session.info.setdefault("regions", {})[code] = region
    return region


def within(session: Session, code: str) -> SelectOfScalar[str]:
    """A subquery of the codes of a region and everything in it, for `column.in_(...)`."""
    path = get_region(session, code).path
    return select(Region.code).where(col(Region.path).startswith(path))


def is_within(session: Session, code: str, ancestor_code: str) -> bool:
    return get_region(session, code).path.startswith(get_region(session, ancestor_code).path)


def find_children(session: Session, code: str) -> list[Region]:
    return list(session.exec(select(Region).where(Region.parent_code == code).order_by(Region.code)))


def find_regions(session: Session, *, text: str = "", after: str = "", limit: int = 100) -> list[Region]:
    """Divisions whose name contains `text`, in the order of codes, from behind the code `after`."""
    query = select(Region).where(col(Region.code) > after)
    if text:
        query = query.where(col(Region.name).contains(text, autoescape=True))
    return list(session.exec(query.order_by(Region.code).limit(limit)))


def ancestors(session: Session, code: str) -> list[Region]:
    """From the city down to the region itself."""
    codes = get_region(session, code).path.rstrip("/").split("/")
    regions = {region.code: region for region in session.exec(select(Region).where(col(Region.code).in_(codes)))}
    return [regions[code] for code in codes]


def names(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """The name to show for each code: a village always with its township, since 75 village names repeat
    in Chuzhou; a township with its county; others by themselves. Two queries, whatever the number."""
    regions = list(session.exec(select(Region).where(col(Region.code).in_(set(codes)))))
    parents = {region.parent_code for region in regions if region.parent_code}
    above = {parent.code: parent.name for parent in session.exec(select(Region).where(col(Region.code).in_(parents)))}
    joined = {RegionLevel.village, RegionLevel.township}
    return {
        region.code: (above.get(region.parent_code or "", "") if region.level in joined else "") + region.name
        for region in regions
    }


def full_name(session: Session, code: str) -> str:
    return names(session, [code])[code]


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
