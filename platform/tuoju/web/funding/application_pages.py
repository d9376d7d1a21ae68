"""Pages of applications: six short parts, each saved by itself, then checked and submitted."""

from collections.abc import Sequence

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action
from tuoju.funding import application_queries as queries
from tuoju.funding import applications
from tuoju.funding.application_inputs import ForWhomInput, Part
from tuoju.funding.application_models import Application
from tuoju.funding.budget import Sums, unit_cost
from tuoju.funding.call_queries import get_call, get_published, is_open, last_day_of, topics_of
from tuoju.funding.check_models import PreCheck
from tuoju.funding.check_queries import find_check, may_complete, objection_until
from tuoju.funding.models import Call, CallTopic
from tuoju.regions.queries import names
from tuoju.web.funding.application_forms import blank, caps_in_words, excess_in_words, read, shown_rows
from tuoju.web.funding.application_views import (
    ApplicationCard,
    ApplicationPage,
    ClueRow,
    OwnApplicationsPage,
    PartPage,
    PartRow,
)
from tuoju.web.funding.call_words import topic_title
from tuoju.web.kit.bounds import GREATEST, PathId
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.forms import BlankForm, SubmittedForm
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.formats import china_time, yuan
from tuoju.words.labels import label, options
from tuoju.words.languages import gettext as _
from tuoju_projects.errors import OrganizationNotFound
from tuoju_projects.funding_status import ApplicationState, ApplicationVerb, Hat
from tuoju_projects.lifecycles import APPLICATION
from tuoju_projects.queries import get_organization
from tuoju_text.inputs import Input

router = APIRouter()
_EITHER = needs(Action.apply_for_funding, Action.manage_calls)


@router.get("/applications", dependencies=[needs(Action.apply_for_funding)])
def index(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """The applications of one's organization."""
    rows = queries.find_own(session, actor)
    calls = {row.call_id: get_published(session, row.call_id) for row in rows}
    cards = [card_of(calls[row.call_id], row, "", url=f"/applications/{row.pk}") for row in rows]
    return render(request, OwnApplicationsPage(cards))


def card_of(call: Call, application: Application, organization: str, *, url: str) -> ApplicationCard:
    """An application in a list: nothing of what it says."""
    return ApplicationCard(
        url=url,
        title=call.title,
        state=application.state,
        receipt=applications.receipt_number(call, application),
        organization=organization,
        ask=f"¥{yuan(application.ask_fen)}" if application.ask_fen else "",
        at=china_time(application.submitted_at or application.saved_at),
        is_from_paper=application.is_from_paper,
    )


@router.post("/calls/{call_id}/applications", dependencies=[needs(Action.apply_for_funding)])
def begin(request: Request, session: WriteSession, actor: CurrentActor, call_id: PathId, form: Form) -> Response:
    """Begin an application."""
    application = applications.begin(session, actor, get_published(session, call_id))
    return redirect(request, f"/applications/{application.pk}/{Part.who}")


@router.post("/funding/calls/{call_id}/applications", dependencies=[needs(Action.manage_calls)])
def begin_from_paper(
    request: Request, session: WriteSession, actor: CurrentActor, call_id: PathId, form: Form
) -> Response:
    """Begin to type in an application that an organization handed in on paper."""
    call, typed = get_call(session, actor, call_id), str(form.get("organization_id", ""))
    if not typed.isdecimal() or not 1 <= int(typed) <= GREATEST:
        raise OrganizationNotFound(0)
    application = applications.begin_from_paper(session, actor, call, int(typed))
    return redirect(request, f"/applications/{application.pk}/{Part.who}")


@router.get("/applications/{application_id}", dependencies=[_EITHER])
def show(request: Request, session: ReadSession, actor: CurrentActor, application_id: PathId) -> Response:
    """An application before and after it is submitted."""
    return render(request, _page(session, queries.get_application(session, actor, application_id)))


def _page(session: Session, application: Application) -> ApplicationPage:
    call = get_published(session, application.call_id)
    content = queries.content_of(application)
    missing = queries.missing_parts(content)
    sums = Sums(application.ask_fen, application.matching_fen, {})
    cost = unit_cost(sums, queries.person_times_of(content))
    excesses = [excess_in_words(excess) for excess in queries.excesses_of(session, call, content)]
    version = queries.last_version(session, application)
    possible, check = APPLICATION.verbs_from(application.state, Hat.charity), find_check(session, application)
    may_edit = application.state is ApplicationState.draft and is_open(call)
    failed = check if check is not None and application.state is ApplicationState.ineligible else None
    organization = get_organization(session, application.organization_id).name
    return ApplicationPage(
        application_id=application.pk,
        card=card_of(call, application, organization, url=""),
        call_title=call.title,
        call_url=f"/calls/{call.pk}",
        closes=f"{last_day_of(call)} 24:00",
        parts=_parts(application, missing, editable_parts(call, application, check)),
        total=yuan(sums.total),
        ask=yuan(sums.award),
        matching=yuan(sums.matching),
        unit_cost=yuan(cost) if cost else "",
        excesses=excesses,
        clues=_clues(session, application) if may_edit else [],
        sha256=version.sha256 if version else "",
        asked=check.request if check else "",
        asked_until=china_time(check.due_at) if check and check.due_at else "",
        may_complete=ApplicationVerb.complete in possible and may_complete(check) and not missing and not excesses,
        failed=label("ineligible_reason", failed.fail_reason) if failed and failed.fail_reason else "",
        ruling=failed.ruling if failed else "",
        objection_until=objection_until(session, failed) if failed else None,
        may_submit=may_edit and not missing and not excesses,
        may_reopen=ApplicationVerb.reopen_by_applicant in possible and is_open(call),
        may_withdraw=ApplicationVerb.withdraw in possible,
    )


def editable_parts(call: Call, application: Application, check: PreCheck | None) -> list[Part]:
    """The parts that can be changed now: all of a draft while the call is open, later those that were asked for."""
    if application.state is ApplicationState.draft and is_open(call):
        return list(Part)
    is_asked = application.state is ApplicationState.completion_asked and may_complete(check)
    return [Part(part) for part in check.asked_parts] if is_asked and check else []


def _parts(application: Application, missing: Sequence[Part], editable: Sequence[Part]) -> list[PartRow]:
    return [
        PartRow(part, f"/applications/{application.pk}/{part}", part not in missing, part in editable) for part in Part
    ]


def _clues(session: Session, application: Application) -> list[ClueRow]:
    findings = queries.clues_of(session, application, queries.content_of(application))
    return [
        ClueRow(label("blind_clue", row.clue), label("application_part", row.field.partition(".")[0]), row.text)
        for row in findings
    ]


@router.get("/applications/{application_id}/{part}", dependencies=[_EITHER])
def show_part(
    request: Request, session: ReadSession, actor: CurrentActor, application_id: PathId, part: Part
) -> Response:
    """The form of one part."""
    application = queries.get_application(session, actor, application_id)
    saved = queries.content_of(application).get(part.value, {})
    return render(request, _part_page(session, application, part, blank(part, saved)))


def _part_page(
    session: Session, application: Application, part: Part, form: BlankForm | SubmittedForm[Input]
) -> PartPage:
    call = get_published(session, application.call_id)
    topics = topics_of(session, call) if part is Part.for_whom else []
    editable = editable_parts(call, application, find_check(session, application))
    return PartPage(
        action=f"/applications/{application.pk}/{part}",
        back=f"/applications/{application.pk}",
        part=part,
        number=list(Part).index(part) + 1,
        call_title=call.title,
        closes=f"{last_day_of(call)} 24:00",
        form=form,
        topics=[(str(topic.pk), topic_title(topic.category, topic.target_group)) for topic in topics],
        townships=_townships(session, topics),
        rows=shown_rows(form) if part is Part.how_much else [],
        heads=options("budget_head") if part is Part.how_much else [],
        caps=caps_in_words(queries.rules_of(session, call)) if part is Part.how_much else [],
        parts=_parts(application, queries.missing_parts(queries.content_of(application)), editable),
    )


def _townships(session: Session, topics: Sequence[CallTopic]) -> list[tuple[str, str]]:
    return list(names(session, dict.fromkeys(code for topic in topics for code in topic.townships)).items())


@router.post("/applications/{application_id}/{part}", dependencies=[_EITHER])
def save_part(
    request: Request, session: WriteSession, actor: CurrentActor, application_id: PathId, part: Part, form: Form
) -> Response:
    """Save one part and go on to the next."""
    application = queries.get_application(session, actor, application_id)
    filled = read(part, form)
    if isinstance(filled.model, ForWhomInput):
        _check_topic(session, application, filled, filled.model)
    if filled.model is None:
        return render(request, _part_page(session, application, part, filled), 422)
    applications.save_part(session, actor, application, part, filled.model)
    following = list(Part)[list(Part).index(part) + 1 :] if application.state is ApplicationState.draft else []
    path = f"/applications/{application.pk}"
    return redirect(request, f"{path}/{following[0]}" if following else path, _("Saved."))


def _check_topic(
    session: Session, application: Application, filled: SubmittedForm[Input], inputs: ForWhomInput
) -> None:
    """The topic is one of the call, and the townships are its own."""
    topics = {topic.pk: topic for topic in topics_of(session, get_published(session, application.call_id))}
    topic = topics.get(inputs.topic_id)
    if topic is None:
        filled.add("topic_id", _("Choose an option from the list."))
    elif not set(inputs.areas) <= set(topic.townships):
        filled.add("areas", _("The call does not ask for this service in all of these townships."))


@router.post("/applications/{application_id}/steps/submit", dependencies=[_EITHER])
def submit(
    request: Request, session: WriteSession, actor: CurrentActor, application_id: PathId, form: Form
) -> Response:
    """Submit what is saved."""
    application = queries.get_application(session, actor, application_id)
    applications.submit(session, actor, application, despite_clues=form.get("despite_clues") == "yes")
    message = _("Submitted. Your receipt number stands below; it was also sent to you.")
    return redirect(request, f"/applications/{application.pk}", message)


@router.post("/applications/{application_id}/steps/reopen", dependencies=[_EITHER])
def reopen(
    request: Request, session: WriteSession, actor: CurrentActor, application_id: PathId, form: Form
) -> Response:
    """Take it back to change it, before the call closes."""
    applications.reopen(session, actor, queries.get_application(session, actor, application_id))
    message = _("You can change it now. Submit it again before the call closes.")
    return redirect(request, f"/applications/{application_id}", message)


@router.post("/applications/{application_id}/steps/complete", dependencies=[_EITHER])
def complete(
    request: Request, session: WriteSession, actor: CurrentActor, application_id: PathId, form: Form
) -> Response:
    """Hand in what the office asked for."""
    applications.complete(session, actor, queries.get_application(session, actor, application_id))
    message = _("Handed in. The office goes on with the pre-check.")
    return redirect(request, f"/applications/{application_id}", message)


@router.post("/applications/{application_id}/steps/withdraw", dependencies=[_EITHER])
def withdraw(
    request: Request, session: WriteSession, actor: CurrentActor, application_id: PathId, form: Form
) -> Response:
    """Withdraw it for good."""
    applications.withdraw(session, actor, queries.get_application(session, actor, application_id))
    return redirect(request, f"/applications/{application_id}", _("Withdrawn."))
