"""The rows behind each of the city's eight numbers, a page at a time, so that anyone can add them up again."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select

from tuoju.cases.models import Case
from tuoju.regions.calendar import china_day
from tuoju.relief.models import Payment
from tuoju.reports.city_figures import CityFigures, CityRows
from tuoju.residents.masking import mask_name
from tuoju.residents.models import Resident
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


def page_of(session: Session, figure: Figure, rows: CityRows, number: int) -> CityPage:
    """The page of a number's rows; pages are counted from 1. The caller has bounded the rows."""
    keys, adds, shown = _READERS[figure](rows)
    last = max(1, -(-len(keys) // PER_PAGE))
    number = min(max(1, number), last)
    chosen = keys[(number - 1) * PER_PAGE : number * PER_PAGE]
    return CityPage(shown(session, chosen), number, len(keys), adds)


Shown = Callable[[Session, Sequence[Any]], list[CityRow]]
Reader = Callable[[CityRows], tuple[Sequence[Any], float, Shown]]


def _societies(rows: CityRows) -> tuple[Sequence[Any], float, Shown]:
    return sorted(rows.funds), len(rows.funds), lambda _session, codes: [CityRow("", code) for code in codes]


def _payments(rows: CityRows) -> tuple[Sequence[Any], float, Shown]:
    return sorted(payment.payment_id for payment in rows.payments), len(rows.payments), _shown_payments


def _amounts(rows: CityRows) -> tuple[Sequence[Any], float, Shown]:
    keys, _adds, _shown = _payments(rows)
    return keys, sum(payment.fen for payment in rows.payments), lambda session, ids: _shown_payments(session, ids, True)


def _shown_payments(session: Session, ids: Sequence[Any], amounts: bool = False) -> list[CityRow]:
    query = (
        sql_select(col(Case.number), col(Case.region_code), col(Payment.paid_at), col(Payment.amount_fen), col(Case.id))
        .join(Payment, col(Payment.case_id) == col(Case.id))
        .where(col(Payment.id).in_(ids))
        .order_by(col(Payment.id))
    )
    return [
        CityRow(number, village, china_day(paid_at), fen if amounts else 1, case_id)
        for number, village, paid_at, fen, case_id in session.execute(query)
    ]


def _referred(rows: CityRows, helped_only: bool = False) -> tuple[Sequence[Any], float, Shown]:
    villages = {
        referral.resident_id: referral.village for referral in rows.referred if not helped_only or referral.is_helped
    }
    people = sorted(villages)

    def shown(session: Session, ids: Sequence[Any]) -> list[CityRow]:
        residents = session.exec(select(Resident).where(col(Resident.id).in_(ids)))
        masked_names = {resident.pk: mask_name(resident.name) for resident in residents}
        return [CityRow(masked_names[resident_id], villages[resident_id]) for resident_id in ids]

    return people, len(people), shown


def _helped(rows: CityRows) -> tuple[Sequence[Any], float, Shown]:
    return _referred(rows, helped_only=True)


def _projects(rows: CityRows) -> tuple[Sequence[Any], float, Shown]:
    project_ids = sorted({attendance.project_id for attendance in rows.served})
    return project_ids, len(project_ids), _shown_projects(Counter())


def _shown_projects(times: Counter[int]) -> Shown:
    def shown(session: Session, ids: Sequence[Any]) -> list[CityRow]:
        names = dict(session.exec(select(Project.id, Project.name).where(col(Project.id).in_(ids))).all())
        return [CityRow(names[project_id], counts=times[project_id] or 1, project_id=project_id) for project_id in ids]

    return shown


def _services(rows: CityRows) -> tuple[Sequence[Any], float, Shown]:
    """Each project in each village, with its person-times."""
    times = Counter((attendance.village, attendance.project_id) for attendance in rows.served)

    def shown(session: Session, keys: Sequence[Any]) -> list[CityRow]:
        ids = {project for _village, project in keys}
        names = dict(session.exec(select(Project.id, Project.name).where(col(Project.id).in_(ids))).all())
        return [
            CityRow(names[project], village, counts=times[village, project], project_id=project)
            for village, project in keys
        ]

    return sorted(times), len(rows.served), shown


def _handled(rows: CityRows) -> tuple[Sequence[Any], float, Shown]:
    def shown(_session: Session, cases: Sequence[Any]) -> list[CityRow]:
        return [CityRow(case.number, case.region_code, case.relieved_on, case.days, case.id) for case in cases]

    return rows.cases, sum(case.days for case in rows.cases), shown


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
