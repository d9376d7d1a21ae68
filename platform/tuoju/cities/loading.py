"""Loading the folder of a city. Loading it again changes nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from sqlmodel import Session, col, select

from tuoju.cases.policies import load_policies
from tuoju.cities.folder import CityFolder
from tuoju.cities.problems import CityFolderError, Problem
from tuoju.cities.project_rows import ProjectOffer
from tuoju.regions.loading import SpecialDay, differences_of, set_special_days
from tuoju.regions.models import CalendarYear, Region, RegionOutline
from tuoju.residents.data_policies import load_data_policies
from tuoju_projects import capacity
from tuoju_projects.models import EligibilityRule, Organization, Project
from tuoju_projects.status import ProjectState

CALENDAR_SOURCE = "国务院办公厅放假安排"
A_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Loaded:
    """What was not there before."""

    divisions: int
    policies: int
    years: int
    outlines: int
    projects: int


def load_city(session: Session, folder: CityFolder, *, began_on: date) -> Loaded:
    """Add what is not there yet: divisions, calendar, policies, map and projects.

    `began_on` is the first day of projects that state none. What is there stays as it is: a division that lies or is
    called otherwise, and a year that was published with other days, raise CityFolderError, and nothing is loaded.
    """
    problems = [*_conflicting_divisions(session, folder), *_conflicting_years(session, folder)]
    if problems:
        raise CityFolderError(problems)
    return Loaded(
        divisions=_load_divisions(session, folder),
        years=_load_days(session, folder),
        policies=load_policies(session, folder.policies) + load_data_policies(session, folder.data_policies),
        outlines=_load_outlines(session, folder),
        projects=sum(_load_offer(session, offer, began_on) for offer in folder.offers),
    )


def _conflicting_divisions(session: Session, folder: CityFolder) -> Iterator[Problem]:
    known = {region.code: region for region in session.exec(select(Region))}
    for row in folder.divisions:
        region = known.get(row.code)
        if region is None:
            continue
        if region.valid_to is not None:
            yield Problem("divisions.csv", 0, "code", "has_ended", row.code, {"known": region.valid_to})
        elif region.parent_code != row.parent_code:
            facts = {"known": region.parent_code or "-"}
            yield Problem("divisions.csv", 0, "parent_code", "lies_elsewhere", row.code, facts)
        elif region.name != row.name:
            yield Problem("divisions.csv", 0, "name", "named_otherwise", row.code, {"known": region.name})


def _load_divisions(session: Session, folder: CityFolder) -> int:
    paths = dict(session.exec(select(Region.code, Region.path)).all())
    new = [row for row in folder.divisions if row.code not in paths]
    for row in new:
        paths[row.code] = f"{paths.get(row.parent_code or '', '')}{row.code}/"
        session.add(
            Region(code=row.code, name=row.name, level=row.level, parent_code=row.parent_code, path=paths[row.code])
        )
    session.flush()
    return len(new)


def _by_year(folder: CityFolder) -> Mapping[int, list[SpecialDay]]:
    days = sorted(folder.days, key=lambda special: special.day)
    return {year: list(of_year) for year, of_year in groupby(days, key=lambda special: special.day.year)}


def _conflicting_years(session: Session, folder: CityFolder) -> Iterator[Problem]:
    published = set(session.exec(select(CalendarYear.year)))
    for year, days in _by_year(folder).items():
        if year not in published:
            continue
        difference = differences_of(session, days, whole_years=True)
        if difference:
            facts = {"known": ", ".join(sorted({str(line.day) for line in difference}))}
            yield Problem("calendar.csv", 0, "date", "year_differs", str(year), facts)


def _load_days(session: Session, folder: CityFolder) -> int:
    published = set(session.exec(select(CalendarYear.year)))
    new = {year: days for year, days in _by_year(folder).items() if year not in published}
    for days in new.values():
        set_special_days(session, days, source=CALENDAR_SOURCE, whole_years=True)
    return len(new)


def _load_outlines(session: Session, folder: CityFolder) -> int:
    known = {outline.region_code: outline for outline in session.exec(select(RegionOutline))}
    changed = 0
    for outline in folder.outlines:
        row = known.get(outline.code) or RegionOutline(region_code=outline.code, polygons=[])
        if (row.polygons, row.label_shift) != (outline.polygons, outline.label_shift):
            row.polygons, row.label_shift = outline.polygons, outline.label_shift
            session.add(row)
            changed += 1
    session.flush()
    return changed


def _load_offer(session: Session, offer: ProjectOffer, began_on: date) -> bool:
    """Add an open project with its organization, unless it is there."""
    row = offer.row
    organization = session.exec(select(Organization).where(Organization.name == row.organization)).first()
    if organization is None:
        organization = Organization(name=row.organization, org_type=row.org_type, region_code=offer.region_code)
        session.add(organization)
        session.flush()
    of_organization = select(Project.id).where(Project.organization_id == organization.id)
    if session.exec(of_organization.where(col(Project.name) == row.name)).first() is not None:
        return False
    starts_on = row.starts_on or began_on
    project = Project(
        organization_id=organization.id or 0,
        name=row.name,
        family=row.family,
        description=row.description,
        categories=offer.categories,
        target_groups=offer.target_groups,
        areas=offer.areas,
        home_visits=row.home_visits,
        starts_on=starts_on,
        ends_on=row.ends_on or starts_on + A_YEAR,
        places_total=0,
        budget_fen=row.budget_fen,
        target_person_times=row.target_person_times,
        state=ProjectState.open,
        source=row.source,
        invented=[*(["period"] if row.invented and not row.starts_on else []), *filter(None, row.invented.split("|"))],
    )
    session.add(project)
    session.flush()
    for kind, values in offer.rules:
        session.add(EligibilityRule(project_id=project.pk, kind=kind, values=values))
    capacity.publish(session, project, row.places, by=None)
    return True
