"""Verbs of applications: begun, saved by parts, submitted with a receipt, taken back, completed, withdrawn."""

import hashlib
import json
from datetime import datetime
from typing import Any

from sqlmodel import Session

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, require, require_in
from tuoju.accounts.queries import staff_of_organization
from tuoju.database.records import now
from tuoju.funding.application_inputs import HowMuchInput, Part
from tuoju.funding.application_models import Application, ApplicationVersion
from tuoju.funding.application_queries import (
    ask_in,
    clues_of,
    content_of,
    count_live,
    excesses_of,
    experience_of,
    last_version,
    missing_parts,
    rules_of,
)
from tuoju.funding.budget import sums_of
from tuoju.funding.call_queries import is_open, locked, managers_of
from tuoju.funding.check_queries import find_check, may_complete
from tuoju.funding.errors import (
    AskRaised,
    BudgetNotAllowed,
    CallClosed,
    CluesInBlindText,
    CompletionOverdue,
    NotAskedFor,
    PartsMissing,
    StaffWearsHat,
    TooManyApplications,
)
from tuoju.funding.members import members_of, staff_wear_hat
from tuoju.funding.models import Call
from tuoju.funding.steps import take_step
from tuoju.regions.queries import is_within
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import user
from tuoju_projects.call_rules import CallRuleName
from tuoju_projects.errors import IllegalStep, OrganizationNotFound
from tuoju_projects.funding_status import ApplicationState, ApplicationVerb, Hat
from tuoju_projects.lifecycles import APPLICATION
from tuoju_projects.queries import get_organization
from tuoju_text.inputs import Input


def begin(session: Session, actor: Actor, call: Call) -> Application:
    """Begin an application of one's organization, filled with what the registry knows.

    Raises NotPermitted, CallClosed, StaffWearsHat, TooManyApplications (rule R5).
    """
    require(actor, Action.apply_for_funding)
    if actor.organization_id is None:
        raise CallClosed
    start = {
        Part.who.value: {
            "contact_name": actor.display_name,
            "experience": experience_of(session, actor.organization_id),
        }
    }
    return _begin(session, actor, call, actor.organization_id, content=start)


def begin_from_paper(session: Session, actor: Actor, call: Call, organization_id: int) -> Application:
    """Begin to type in, for an organization, the application that it handed in on paper (代填).

    Raises NotPermitted, OutOfScope, OrganizationNotFound, CallClosed, StaffWearsHat, TooManyApplications.
    """
    require_in(session, actor, Action.manage_calls, call.region_code)
    organization = get_organization(session, organization_id)
    if not is_within(session, organization.region_code, call.region_code):
        raise OrganizationNotFound(organization_id)
    start = {Part.who.value: {"experience": experience_of(session, organization_id)}}
    return _begin(session, actor, call, organization_id, content=start, is_from_paper=True)


def _begin(
    session: Session, actor: Actor, call: Call, organization_id: int, *, content: Any, is_from_paper: bool = False
) -> Application:
    # Locked, so that two tabs at once do not begin more than the rule allows.
    call = locked(session, call.pk)
    if not is_open(call):
        raise CallClosed
    if staff_wear_hat(session, call.pk, organization_id):
        raise StaffWearsHat
    allowed = rules_of(session, call)[CallRuleName.applications_per_organization]
    if count_live(session, call, organization_id) >= allowed:
        raise TooManyApplications(allowed)
    application = Application(
        call_id=call.pk,
        organization_id=organization_id,
        region_code=call.region_code,
        is_from_paper=is_from_paper,
        content=json.dumps(content, ensure_ascii=False),
        made_by=actor.user_id,
    )
    session.add(application)
    session.flush()
    _audit(session, actor, "begin_application", application)
    return application


def save_part(session: Session, actor: Actor, application: Application, part: Part, inputs: Input) -> Application:
    """Keep one part of a draft. `application` is one that the actor was given by `get_application`.

    Raises IllegalStep once it is submitted, and CallClosed after the last day; while it is to be completed NotAskedFor
    for a part that was not asked for, and CompletionOverdue.
    """
    _require_own(actor, application)
    if application.state is ApplicationState.completion_asked:
        _require_asked(session, application, part)
    elif application.state is not ApplicationState.draft:
        raise IllegalStep(APPLICATION.name, application.state, ApplicationVerb.submit)
    elif not is_open(_call_of(session, application)):
        raise CallClosed
    content = content_of(application) | {part.value: inputs.model_dump(mode="json")}
    application.content = json.dumps(content, ensure_ascii=False)
    if isinstance(inputs, HowMuchInput):
        sums = sums_of(inputs.budget)
        application.ask_fen, application.matching_fen = sums.award, sums.matching
    application.saved_at = now()
    session.flush()
    return application


def _require_asked(session: Session, application: Application, part: Part) -> None:
    check = find_check(session, application)
    if not may_complete(check):
        raise CompletionOverdue
    if check is None or part not in check.asked_parts:
        raise NotAskedFor


def _require_own(actor: Actor, application: Application) -> None:
    """Raises NotPermitted: the office changes only what it types in from paper, an organization its own."""
    is_own = actor.organization_id == application.organization_id
    require(actor, Action.apply_for_funding if is_own else Action.manage_calls)


def _call_of(session: Session, application: Application) -> Call:
    return session.get_one(Call, application.call_id)


def submit(session: Session, actor: Actor, application: Application, *, despite_clues: bool = False) -> Application:
    """Submit what is saved, by the clock of the server: it is frozen as a version and gets its receipt number.

    `despite_clues` says that the applicant has read what may tell who they are. Raises IllegalStep, CallClosed,
    PartsMissing, BudgetNotAllowed, CluesInBlindText.
    """
    _require_own(actor, application)
    APPLICATION.after(application.state, ApplicationVerb.submit)
    # Locked: receipt numbers have neither gaps nor doubles, and nothing is taken while the call closes.
    call = locked(session, application.call_id)
    if not is_open(call):
        raise CallClosed
    content = content_of(application)
    if missing := missing_parts(content):
        raise PartsMissing(missing)
    if broken := excesses_of(session, call, content):
        raise BudgetNotAllowed(broken)
    clues = clues_of(session, application, content)
    if clues and not despite_clues:
        raise CluesInBlindText
    if application.receipt is None:
        call.receipts += 1
        application.receipt = call.receipts
    application.submitted_at = now()
    take_step(session, APPLICATION, application, ApplicationVerb.submit, call_id=call.pk, by=actor.user_id)
    _freeze(session, actor, application, at=application.submitted_at)
    _audit(session, actor, "submit_application", application, receipt=application.receipt, clues=len(clues))
    _send_receipt(session, call, application)
    return application


def complete(session: Session, actor: Actor, application: Application) -> Application:
    """Hand in what the screener asked for, in time: the application is frozen again and keeps its number and moment.

    Raises IllegalStep, CompletionOverdue, PartsMissing, BudgetNotAllowed, AskRaised.
    """
    _require_own(actor, application)
    APPLICATION.after(application.state, ApplicationVerb.complete)
    check = find_check(session, application)
    if check is None or not may_complete(check):
        raise CompletionOverdue
    content, call = content_of(application), _call_of(session, application)
    if missing := missing_parts(content):
        raise PartsMissing(missing)
    if broken := excesses_of(session, call, content):
        raise BudgetNotAllowed(broken)
    submitted = last_version(session, application)
    if submitted is not None and ask_in(submitted.content) < application.ask_fen:
        raise AskRaised
    check.fail_reason = check.proposed_by = None
    check.ruling = ""
    take_step(session, APPLICATION, application, ApplicationVerb.complete, call_id=call.pk, by=actor.user_id)
    _freeze(session, actor, application, at=now())
    _audit(session, actor, "complete_application", application)
    for screener in members_of(session, call, Hat.screener):
        post(
            session,
            NotificationKind.application_completed,
            recipient=user(screener.user_id),
            key=f"application:{application.pk}:completed",
            link=f"/checks/{application.pk}",
            number=receipt_number(call, application),
            title=call.title,
        )
    return application


def _freeze(session: Session, actor: Actor, application: Application, *, at: datetime) -> None:
    last = last_version(session, application)
    session.add(
        ApplicationVersion(
            application_id=application.pk,
            number=last.number + 1 if last else 1,
            content=application.content,
            sha256=hashlib.sha256(application.content.encode()).hexdigest(),
            submitted_by=actor.user_id,
            submitted_at=at,
        )
    )
    session.flush()


def _send_receipt(session: Session, call: Call, application: Application) -> None:
    values = {"number": receipt_number(call, application), "title": call.title}
    key = f"application:{application.pk}:{application.version}"
    for account in staff_of_organization(session, application.organization_id):
        link = f"/applications/{application.pk}"
        post(session, NotificationKind.application_received, recipient=user(account.pk), key=key, link=link, **values)
    for manager in managers_of(session, call.region_code):
        link = f"/funding/calls/{call.pk}"
        post(session, NotificationKind.application_came_in, recipient=user(manager.pk), key=key, link=link, **values)


def receipt_number(call: Call, application: Application) -> str:
    """滁创投〔2027〕1号-007; empty before it was submitted."""
    return f"{call.number}-{application.receipt:03d}" if application.receipt is not None else ""


def reopen(session: Session, actor: Actor, application: Application) -> Application:
    """Take a submitted application back into a draft, before the call closes; it keeps its receipt number.

    Raises IllegalStep, CallClosed.
    """
    _require_own(actor, application)
    call = _call_of(session, application)
    APPLICATION.after(application.state, ApplicationVerb.reopen_by_applicant)
    if not is_open(call):
        raise CallClosed
    application.submitted_at = None
    take_step(session, APPLICATION, application, ApplicationVerb.reopen_by_applicant, call_id=call.pk, by=actor.user_id)
    _audit(session, actor, "reopen_application", application)
    return application


def withdraw(session: Session, actor: Actor, application: Application) -> Application:
    """Withdraw an application for good. Raises IllegalStep once it is scored."""
    _require_own(actor, application)
    take_step(
        session,
        APPLICATION,
        application,
        ApplicationVerb.withdraw,
        call_id=application.call_id,
        by=actor.user_id,
    )
    _audit(session, actor, "withdraw_application", application)
    return application


def _audit(session: Session, actor: Actor, verb: str, application: Application, **detail: Any) -> None:
    audit.record(session, actor, verb, application, scope=f"organization:{application.organization_id}", **detail)
