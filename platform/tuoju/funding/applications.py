"""Verbs of applications: begun, saved part by part, submitted with a receipt number, taken back, withdrawn."""

import hashlib
import json
from typing import Any

from sqlmodel import Session, select

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, require, require_in
from tuoju.accounts.queries import staff_of_organization
from tuoju.database.records import now
from tuoju.funding.application_inputs import HowMuchInput, Part
from tuoju.funding.application_models import Application, ApplicationVersion
from tuoju.funding.application_queries import (
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
from tuoju.funding.call_queries import is_open, managers_of
from tuoju.funding.errors import (
    BudgetNotAllowed,
    CallClosed,
    CluesInBlindText,
    PartsMissing,
    TooManyApplications,
)
from tuoju.funding.models import Call
from tuoju.funding.steps import take_step
from tuoju.regions.queries import is_within
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import user
from tuoju_projects.call_rules import CallRuleName
from tuoju_projects.errors import IllegalStep, OrganizationNotFound
from tuoju_projects.funding_status import ApplicationState, ApplicationVerb
from tuoju_projects.lifecycles import APPLICATION
from tuoju_projects.queries import get_organization
from tuoju_text.inputs import Input


def begin(session: Session, actor: Actor, call: Call) -> Application:
    """Begin an application of one's organization, filled with what the registry knows.

    Raises NotPermitted, CallClosed, TooManyApplications (rule R5).
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

    Raises NotPermitted, OutOfScope, OrganizationNotFound, CallClosed, TooManyApplications.
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
    locked = _locked(session, call.pk)
    if not is_open(locked):
        raise CallClosed
    allowed = rules_of(session, locked)[CallRuleName.applications_per_organization]
    if count_live(session, locked, organization_id) >= allowed:
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


def _locked(session: Session, call_id: int) -> Call:
    """The call as it is now, locked until the commit."""
    query = select(Call).where(Call.id == call_id).with_for_update()
    return session.exec(query.execution_options(populate_existing=True)).one()


def save_part(session: Session, actor: Actor, application: Application, part: Part, inputs: Input) -> Application:
    """Keep one part of a draft. `application` is one that the actor was given by `get_application`.

    Raises IllegalStep once it is submitted, and CallClosed after the last day.
    """
    _require_own(actor, application)
    if application.state is not ApplicationState.draft:
        raise IllegalStep(APPLICATION.name, application.state, ApplicationVerb.submit)
    if not is_open(_call_of(session, application)):
        raise CallClosed
    content = content_of(application) | {part.value: inputs.model_dump(mode="json")}
    application.content = json.dumps(content, ensure_ascii=False)
    if isinstance(inputs, HowMuchInput):
        sums = sums_of(inputs.budget)
        application.ask_fen, application.matching_fen = sums.award, sums.matching
    application.saved_at = now()
    session.flush()
    return application


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
    call = _locked(session, application.call_id)
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
    _freeze(session, actor, application)
    _audit(session, actor, "submit_application", application, receipt=application.receipt, clues=len(clues))
    _send_receipt(session, call, application)
    return application


def _freeze(session: Session, actor: Actor, application: Application) -> None:
    last = last_version(session, application)
    session.add(
        ApplicationVersion(
            application_id=application.pk,
            number=last.number + 1 if last else 1,
            content=application.content,
            sha256=hashlib.sha256(application.content.encode()).hexdigest(),
            submitted_by=actor.user_id,
            submitted_at=application.submitted_at or now(),
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
