"""The rows behind each of the city's eight numbers, a page at a time, so that anyone can add them up again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func
from sqlalchemy import select as sql_select
from sqlmodel import col, select

from tuoju.cases.models import Case
from tuoju.referrals.models import Referral
from tuoju.regions.calendar import china_day
from tuoju.relief.models import Fund, Payment
from tuoju.reports.city_figures import IS_HELPED, CityFigures, CityScope
from tuoju.residents.masking import mask_name
from tuoju.residents.models import Resident
from tuoju.visits.models import ServiceVisit
from tuoju_projects.models import Project

PER_PAGE = 100


@dataclass(frozen=True)
class CityRow:
    """One row behind a number: what it is called and where it leads, its village, its day, and what it adds: `counts`
    is 1 unless a row stands for several, an amount in fen, or working days."""

    words: str
    village: str = ""
    day: date | None = None
    counts: float = 1
    case_id: int | None = None
    project_id: int | None = None


@dataclass(frozen=True)
class CityPage:
    """One page of the rows of a number: `total` rows in all, and what those before, on and after this page add."""

    rows: list[CityRow]
    number: int
    total: int
    adds: float

    @property
    def last(self) -> int:
        return max(1, -(-self.total // PER_PAGE))


Figure = str
FIGURES: tuple[Figure, ...] = tuple(CityFigures.__dataclass_fields__)


def page_of(scope: CityScope, figure: Figure, figures: CityFigures, number: int) -> CityPage:
    """The page of the rows behind one of the numbers `figures` of the scope; pages are counted from 1."""
    total, adds = _TOTALS.get(figure, _total)(scope, figure, figures)
    last = max(1, -(-total // PER_PAGE))
    number = min(max(1, number), last)
    return CityPage(_READERS[figure](scope, (number - 1) * PER_PAGE), number, total, adds)


Reader = Callable[[CityScope, int], list[CityRow]]
"""The rows of a page, by how many rows come before it."""


def _total(_scope: CityScope, figure: Figure, figures: CityFigures) -> tuple[int, float]:
    """How many rows there are, and what they add."""
    return getattr(figures, figure), getattr(figures, figure)


def _payments_total(_scope: CityScope, _figure: Figure, figures: CityFigures) -> tuple[int, float]:
    return figures.relief_person_times, figures.relief_paid_fen


def _services_total(scope: CityScope, _figure: Figure, figures: CityFigures) -> tuple[int, float]:
    groups = scope.served(*_SERVICE).distinct().subquery()
    return scope.session.scalar(sql_select(func.count()).select_from(groups)) or 0, figures.service_person_times


def _handled_total(scope: CityScope, _figure: Figure, _figures: CityFigures) -> tuple[int, float]:
    handling = scope.handling()
    return handling.cases, handling.total


def _societies(scope: CityScope, offset: int) -> list[CityRow]:
    codes = scope.funds(col(Fund.region_code)).order_by(col(Fund.region_code)).limit(PER_PAGE).offset(offset)
    return [CityRow("", code) for (code,) in scope.session.execute(codes)]


def _payments(scope: CityScope, offset: int) -> list[CityRow]:
    return _paid(scope, offset, amounts=False)


def _amounts(scope: CityScope, offset: int) -> list[CityRow]:
    return _paid(scope, offset, amounts=True)


def _paid(scope: CityScope, offset: int, *, amounts: bool) -> list[CityRow]:
    query = scope.payments(Case.number, Case.region_code, Payment.paid_at, Payment.amount_fen, Case.id)
    rows = scope.session.execute(query.order_by(col(Payment.id)).limit(PER_PAGE).offset(offset))
    return [
        CityRow(number, village, china_day(paid_at), fen if amounts else 1, case_id)
        for number, village, paid_at, fen, case_id in rows
    ]


def _referred(scope: CityScope, offset: int) -> list[CityRow]:
    return _people(scope, offset, helped_only=False)


def _helped(scope: CityScope, offset: int) -> list[CityRow]:
    return _people(scope, offset, helped_only=True)


def _people(scope: CityScope, offset: int, *, helped_only: bool) -> list[CityRow]:
    person = col(Case.resident_id)
    query = scope.referred(person, func.max(col(Referral.region_code))).group_by(person).order_by(person)
    if helped_only:
        query = query.where(IS_HELPED)
    rows = scope.session.execute(query.limit(PER_PAGE).offset(offset)).all()
    villages: dict[int, str] = dict(rows)
    residents = scope.session.exec(select(Resident.id, Resident.name).where(col(Resident.id).in_(villages)))
    names = dict(residents.all())
    return [CityRow(mask_name(names[resident_id]), village) for resident_id, village in villages.items()]


def _projects(scope: CityScope, offset: int) -> list[CityRow]:
    project = col(ServiceVisit.project_id)
    query = scope.served(project).distinct().order_by(project).limit(PER_PAGE).offset(offset)
    ids = list(scope.session.execute(query).scalars())
    names = _names(scope, ids)
    return [CityRow(names[project_id], project_id=project_id) for project_id in ids]


_SERVICE = (col(Referral.region_code), col(ServiceVisit.project_id))


def _services(scope: CityScope, offset: int) -> list[CityRow]:
    """Each project in each village, with its person-times."""
    query = scope.served(*_SERVICE, func.count()).group_by(*_SERVICE).order_by(*_SERVICE)
    rows = scope.session.execute(query.limit(PER_PAGE).offset(offset)).all()
    names = _names(scope, [project_id for _village, project_id, _times in rows])
    return [
        CityRow(names[project_id], village, counts=times, project_id=project_id) for village, project_id, times in rows
    ]


def _names(scope: CityScope, project_ids: list[int]) -> dict[int | None, str]:
    query = select(Project.id, Project.name).where(col(Project.id).in_(project_ids))
    return dict(scope.session.exec(query).all())


def _handled(scope: CityScope, offset: int) -> list[CityRow]:
    return [
        CityRow(case.number, case.region_code, case.relieved_on, case.days, case.id)
        for case in scope.relieved(limit=PER_PAGE, offset=offset)
    ]


_READERS: dict[Figure, Reader] = {
    "societies": _societies,
    "relief_person_times": _payments,
    "relief_paid_fen": _amounts,
    "residents_referred": _referred,
    "residents_referred_helped": _helped,
    "projects": _projects,
    "service_person_times": _services,
    "average_handling_working_days": _handled,
}
_TOTALS = {
    "relief_paid_fen": _payments_total,
    "service_person_times": _services_total,
    "average_handling_working_days": _handled_total,
}
