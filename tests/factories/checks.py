"""Calls whose papers are checked, for tests: hats given, applications submitted, the call closed."""

from datetime import timedelta
from typing import Any

from sqlmodel import Session

from factories.accounts import COUNTY, make_user
from factories.applications import make_application
from factories.calls import make_call, publish
from factories.projects import make_organization
from tuoju.accounts.models import Role
from tuoju.accounts.permissions import Actor
from tuoju.accounts.queries import actor_of
from tuoju.database.records import frozen_time
from tuoju.funding import applications, calls, checks, members
from tuoju.funding.application_models import Application
from tuoju.funding.check_inputs import CheckInput
from tuoju.funding.check_models import CheckItem
from tuoju.funding.models import Call
from tuoju_projects.funding_status import Hat

PASSED = CheckInput.model_validate({f"item_{item}": "yes" for item in CheckItem})
"""Every item answered with yes."""


def make_member(session: Session, manager: Actor, call: Call, hat: Hat, **options: Any) -> Actor:
    """A new account that wears a hat in a call; a township officer unless said otherwise."""
    account = make_user(session, **{"role": Role.township_officer, **options})
    members.add_member(session, manager, call, members.MemberInput(username=account.username, hat=hat))
    return actor_of(account)


def make_staff(session: Session, **values: Any) -> Actor:
    """Staff of a new organization of the county."""
    organization = make_organization(session, region_code=COUNTY, **values)
    return actor_of(make_user(session, role=Role.charity_staff, organization_id=organization.id))


def submit_one(session: Session, call: Call, staff: Actor | None = None) -> Application:
    """A submitted application of a new organization, or of one's own."""
    staff = staff or make_staff(session)
    return applications.submit(session, staff, make_application(session, staff, call), despite_clues=True)


def close(session: Session, call: Call) -> Call:
    """Close a call, as the clock does after its last day. The clock of the test stays."""
    with frozen_time(call.closes_at + timedelta(minutes=1)):
        calls.close_due(session)
    return call


def open_call(session: Session, manager: Actor, **values: Any) -> Call:
    """A published call."""
    return publish(session, make_call(session, manager, **values), manager)


def pass_check(session: Session, screener: Actor, application: Application) -> Application:
    """Answer every item with yes, and let the application go on."""
    checks.record_check(session, screener, application, PASSED)
    return checks.accept(session, screener, application)
