"""A need that is ready to be referred."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from factories.accounts import make_actor
from factories.cases import make_case, make_need
from factories.projects import make_project
from factories.residents import make_consent, make_resident
from tuoju.accounts.models import Role
from tuoju.accounts.permissions import Actor
from tuoju.cases.models import Case, Need
from tuoju.database.records import now
from tuoju.referrals import service
from tuoju.referrals.models import Referral
from tuoju.referrals.status import Outcome, ReferralVerb
from tuoju.regions.calendar import china_day
from tuoju.residents.models import Resident
from tuoju.visits.inputs import VisitInput
from tuoju.visits.service import complete, record_visit
from tuoju_projects.models import Project


@dataclass
class Scene:
    """A worker, a resident who consented, their need, a project and its charity."""

    worker: Actor
    charity: Actor
    resident: Resident
    case: Case
    need: Need
    project: Project

    def send(self, session: Session) -> Referral:
        return service.send(session, self.worker, self.need, self.project)


def make_scene(session: Session, *, places: int = 2, **resident: Any) -> Scene:
    worker = make_actor(session)
    project = make_project(session, places=places)
    charity = make_actor(session, role=Role.charity_staff, organization_id=project.organization_id)
    person = make_resident(session, worker, **resident)
    case = make_case(session, worker, person)
    need = make_need(session, worker, case)
    make_consent(session, worker, person, project.organization_id)
    return Scene(worker, charity, person, case, need, project)


def serve(session: Session, scene: Scene, *, outcome: Outcome = Outcome.met) -> Referral:
    """A referral that was accepted, visited once and completed."""
    referral = scene.send(session)
    service.step(session, scene.charity, referral, ReferralVerb.accept)
    visit = VisitInput(submission_key="visit-0001", served_on=china_day(now()), minutes=30, served=[scene.resident.pk])
    record_visit(session, scene.charity, referral, visit)
    return complete(session, scene.charity, referral, outcome=outcome)
