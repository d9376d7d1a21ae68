"""Verbs of screeners: the pre-check of papers and sums, what is missing asked for once, and who goes no further.

Screeners act between the close of the call and the start of its review. An application fails by two of them.
"""

from typing import Any

from sqlmodel import Session

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor
from tuoju.accounts.queries import staff_of_organization
from tuoju.database.records import now
from tuoju.funding.application_models import Application
from tuoju.funding.applications import receipt_number
from tuoju.funding.check_inputs import ASKABLE, CheckInput, CompletionRequestInput, RulingInput
from tuoju.funding.check_models import PreCheck
from tuoju.funding.check_queries import find_check, is_passed, may_complete
from tuoju.funding.errors import (
    AskedOnce,
    CheckIncomplete,
    CompletionPending,
    NotAskedFor,
    NothingProposed,
    NotScreening,
    SecondPersonNeeded,
)
from tuoju.funding.members import require_hat
from tuoju.funding.models import Call
from tuoju.funding.steps import take_step
from tuoju.regions.calendar import calendar_of, china_day
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import user
from tuoju_projects.funding_status import ApplicationState, ApplicationVerb, CallState
from tuoju_projects.lifecycles import APPLICATION

COMPLETION_DAYS = 3
"""Working days in which an applicant completes what is missing (data/funding/states.csv)."""


def record_check(session: Session, actor: Actor, application: Application, inputs: CheckInput) -> PreCheck:
    """Keep the answers to the items of the pre-check, as far as they are given.

    Raises NotPermitted, OutOfScope, NotScreening, IllegalStep once the application is decided on.
    """
    _require_screening(session, actor, application)
    APPLICATION.after(application.state, ApplicationVerb.fail)
    check = find_check(session, application) or PreCheck(application_id=application.pk, checked_by=actor.user_id)
    check.results, check.remark = inputs.results, inputs.remark
    check.checked_by, check.checked_at = actor.user_id, now()
    session.add(check)
    session.flush()
    _audit(session, actor, "record_pre_check", application, results=check.results)
    return check


def ask_to_complete(
    session: Session, actor: Actor, application: Application, inputs: CompletionRequestInput
) -> Application:
    """Ask the applicant, once and with a deadline, for papers or sums that are missing.

    Raises NotPermitted, OutOfScope, NotScreening, IllegalStep, AskedOnce, NotAskedFor for a part that reviewers judge.
    """
    call = _require_screening(session, actor, application)
    APPLICATION.after(application.state, ApplicationVerb.ask)
    check = find_check(session, application) or PreCheck(application_id=application.pk, checked_by=actor.user_id)
    if check.asked_at is not None:
        raise AskedOnce
    if not set(inputs.asked_parts) <= set(ASKABLE):
        raise NotAskedFor
    due = calendar_of(session).due(china_day(now()), COMPLETION_DAYS)
    check.asked_parts, check.request = [part.value for part in inputs.asked_parts], inputs.request
    check.asked_by, check.asked_at, check.due_at = actor.user_id, now(), due.ends_at
    check.fail_reason = check.proposed_by = None
    session.add(check)
    take_step(session, APPLICATION, application, ApplicationVerb.ask, call_id=call.pk, by=actor.user_id)
    _audit(session, actor, "ask_to_complete_application", application, parts=check.asked_parts)
    day = china_day(check.asked_at).isoformat()
    _tell(session, NotificationKind.application_to_complete, call, application, f"asked:{day}")
    return application


def accept(session: Session, actor: Actor, application: Application) -> Application:
    """Let an application go on to the review. Raises NotPermitted, OutOfScope, NotScreening, IllegalStep,
    CheckIncomplete."""
    call = _require_screening(session, actor, application)
    APPLICATION.after(application.state, ApplicationVerb.accept)
    if not is_passed(find_check(session, application)):
        raise CheckIncomplete
    take_step(session, APPLICATION, application, ApplicationVerb.accept, call_id=call.pk, by=actor.user_id)
    _audit(session, actor, "accept_application", application)
    return application


def propose_failure(session: Session, actor: Actor, application: Application, inputs: RulingInput) -> PreCheck:
    """Propose that an application goes no further; another screener confirms.

    Raises NotPermitted, OutOfScope, NotScreening, IllegalStep, CompletionPending while the applicant has time.
    """
    _require_screening(session, actor, application)
    APPLICATION.after(application.state, ApplicationVerb.fail)
    check = find_check(session, application) or PreCheck(application_id=application.pk, checked_by=actor.user_id)
    if application.state is ApplicationState.completion_asked and may_complete(check):
        raise CompletionPending
    check.fail_reason, check.ruling, check.proposed_by = inputs.fail_reason, inputs.ruling, actor.user_id
    session.add(check)
    session.flush()
    _audit(session, actor, "propose_failure_of_application", application, reason=inputs.fail_reason.value)
    return check


def confirm_failure(session: Session, actor: Actor, application: Application) -> Application:
    """Confirm as the second screener that an application goes no further; the applicant is told why.

    Raises NotPermitted, OutOfScope, NotScreening, NothingProposed, SecondPersonNeeded, IllegalStep.
    """
    call, check = _require_screening(session, actor, application), find_check(session, application)
    if check is None or check.proposed_by is None:
        raise NothingProposed
    if check.proposed_by == actor.user_id:
        raise SecondPersonNeeded
    check.confirmed_by, check.confirmed_at = actor.user_id, now()
    take_step(session, APPLICATION, application, ApplicationVerb.fail, call_id=call.pk, by=actor.user_id)
    _audit(session, actor, "fail_application", application)
    _tell(session, NotificationKind.application_ineligible, call, application, "ineligible")
    return application


def drop_failure(session: Session, actor: Actor, application: Application) -> PreCheck:
    """Take back, or refuse, the proposal that an application goes no further.

    Raises NotPermitted, OutOfScope, NotScreening, IllegalStep, NothingProposed.
    """
    _require_screening(session, actor, application)
    APPLICATION.after(application.state, ApplicationVerb.fail)
    check = find_check(session, application)
    if check is None or check.proposed_by is None:
        raise NothingProposed
    check.fail_reason = check.proposed_by = None
    check.ruling = ""
    session.flush()
    _audit(session, actor, "drop_failure_of_application", application)
    return check


def _require_screening(session: Session, actor: Actor, application: Application) -> Call:
    """The call of an application that a screener may act on now. Raises NotPermitted, OutOfScope, NotScreening."""
    require_hat(session, actor, Action.screen_applications, application.call_id)
    call = session.get_one(Call, application.call_id)
    if call.state is not CallState.screening:
        raise NotScreening
    return call


def _tell(session: Session, kind: NotificationKind, call: Call, application: Application, key: str) -> None:
    values = {"number": receipt_number(call, application), "title": call.title}
    link = f"/applications/{application.pk}"
    for account in staff_of_organization(session, application.organization_id):
        unique = f"application:{application.pk}:{key}"
        post(session, kind, recipient=user(account.pk), key=unique, link=link, **values)


def _audit(session: Session, actor: Actor, verb: str, application: Application, **detail: Any) -> None:
    audit.record(session, actor, verb, application, scope=f"organization:{application.organization_id}", **detail)
