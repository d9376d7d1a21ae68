"""Reads of visits. The caller has checked that the actor may read their referral."""

from sqlmodel import Session, col, select

from tuoju.referrals.models import Referral
from tuoju.visits.errors import VisitNotFound
from tuoju.visits.models import ServiceVisit, VisitAttendance


def visits_of(session: Session, referral: Referral) -> list[tuple[ServiceVisit, list[int]]]:
    """The visits of a referral, latest first, each with the resident ids of the people served; in two queries."""
    query = select(ServiceVisit).where(ServiceVisit.referral_id == referral.pk)
    visits = session.exec(query.order_by(col(ServiceVisit.served_on).desc(), col(ServiceVisit.id).desc())).all()
    served: dict[int, list[int]] = {visit.pk: [] for visit in visits}
    attendances = select(VisitAttendance).where(col(VisitAttendance.visit_id).in_(served))
    for attendance in session.exec(attendances):
        served[attendance.visit_id].append(attendance.resident_id)
    return [(visit, served[visit.pk]) for visit in visits]


def get_visit(session: Session, referral: Referral, visit_id: int) -> ServiceVisit:
    """Raises VisitNotFound, also for a visit of another referral."""
    visit = session.get(ServiceVisit, visit_id)
    if visit is None or visit.referral_id != referral.pk:
        raise VisitNotFound
    return visit
