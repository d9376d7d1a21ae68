"""Reading pre-checks: the applications of the calls in which an account wears the hat of a screener."""

from datetime import date

from sqlmodel import Session, col, select

from tuoju.accounts.permissions import Action, Actor
from tuoju.database.records import now
from tuoju.funding.application_models import Application
from tuoju.funding.application_queries import MAX_LISTED, content_of, excesses_of
from tuoju.funding.check_models import CheckItem, CheckResult, PreCheck
from tuoju.funding.errors import ApplicationNotFound, CallNotFound
from tuoju.funding.members import calls_reached
from tuoju.funding.models import Call
from tuoju.regions.calendar import calendar_of, china_day
from tuoju_projects.funding_status import ApplicationState
from tuoju_projects.models import Organization

OBJECTION_DAYS = 3
"""Working days in which the applicant may ask that the ruling is looked at again (data/funding/states.csv)."""


def get_call_of_member(session: Session, actor: Actor, action: Action, call_id: int) -> Call:
    """A call in which the actor wears the hat of an action. Raises NotPermitted, CallNotFound."""
    query = select(Call).where(Call.id == call_id, col(Call.id).in_(calls_reached(actor, action)))
    call = session.exec(query).first()
    if call is None:
        raise CallNotFound
    return call


def applications_to_check(session: Session, actor: Actor, call: Call) -> list[tuple[Application, str, PreCheck | None]]:
    """The submitted applications to a call, the name of each organization and its pre-check, by receipt number.

    Raises NotPermitted.
    """
    query = (
        select(Application, Organization.name, PreCheck)
        .join(Organization, col(Organization.id) == Application.organization_id)
        .outerjoin(PreCheck, col(PreCheck.application_id) == Application.id)
        .where(
            Application.call_id == call.pk,
            col(Application.call_id).in_(calls_reached(actor, Action.screen_applications)),
            Application.state != ApplicationState.draft,
        )
        .order_by(col(Application.receipt))
    )
    return list(session.exec(query.limit(MAX_LISTED)))


def get_application_to_check(session: Session, actor: Actor, application_id: int) -> Application:
    """A submitted application of a call in which the actor checks papers; both its parts are open to them.

    Raises NotPermitted, ApplicationNotFound.
    """
    query = select(Application).where(
        Application.id == application_id,
        col(Application.call_id).in_(calls_reached(actor, Action.screen_applications)),
        Application.state != ApplicationState.draft,
    )
    application = session.exec(query).first()
    if application is None:
        raise ApplicationNotFound
    return application


def find_check(session: Session, application: Application) -> PreCheck | None:
    """The pre-check of an application, once it has begun."""
    return session.exec(select(PreCheck).where(PreCheck.application_id == application.pk)).first()


def is_passed(check: PreCheck | None) -> bool:
    """Whether every item is answered with yes, or does not apply."""
    return check is not None and all(
        check.results.get(item) in (CheckResult.yes, CheckResult.not_applicable) for item in CheckItem
    )


def may_complete(check: PreCheck | None) -> bool:
    """Whether the time to complete an application is not over."""
    return check is not None and check.due_at is not None and now() < check.due_at


def objection_until(session: Session, check: PreCheck) -> date | None:
    """The last day on which the applicant may ask that the ruling is looked at again; None before it is confirmed."""
    if check.confirmed_at is None:
        return None
    return calendar_of(session).due(china_day(check.confirmed_at), OBJECTION_DAYS).day


def sums_are_right(session: Session, call: Call, application: Application) -> bool:
    """Whether the budget keeps within the caps of the call, as it is counted from its lines."""
    return not excesses_of(session, call, content_of(application))
