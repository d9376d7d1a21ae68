"""Pages of the pre-check: screeners answer its items, ask once for what is missing, and let go on or stop by two."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor
from tuoju.accounts.queries import names_of
from tuoju.funding import check_queries as queries
from tuoju.funding import checks
from tuoju.funding.application_inputs import Part
from tuoju.funding.application_models import Application
from tuoju.funding.application_queries import content_of, rules_of
from tuoju.funding.applications import receipt_number
from tuoju.funding.check_inputs import ASKABLE, CheckInput, CompletionRequestInput, RulingInput
from tuoju.funding.check_models import CheckItem, PreCheck
from tuoju.funding.models import Call
from tuoju.web.funding.application_pages import card_of
from tuoju.web.funding.check_views import CheckListPage, CheckPage, Ruling
from tuoju.web.funding.part_words import part_texts
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.forms import WHOLE_FORM, BlankForm, SubmittedForm, fill
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.formats import china_time
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _
from tuoju_projects.call_rules import CallRuleName
from tuoju_projects.funding_status import ApplicationState, ApplicationVerb, CallState, Hat
from tuoju_projects.lifecycles import APPLICATION
from tuoju_projects.models import Organization
from tuoju_projects.queries import get_organization

router = APIRouter(dependencies=[needs(Action.screen_applications)])


@router.get("/duties/{call_id}/checks")
def index(request: Request, session: ReadSession, actor: CurrentActor, call_id: PathId) -> Response:
    """The applications to a call, those that wait first."""
    call = queries.get_call_of_member(session, actor, Action.screen_applications, call_id)
    rows = queries.applications_to_check(session, actor, call)
    cards = [card_of(call, application, name, url=f"/checks/{application.pk}") for application, name, _check in rows]
    order = (ApplicationState.submitted, ApplicationState.completion_asked)
    cards.sort(key=lambda card: order.index(card.state) if card.state in order else len(order))
    return render(request, CheckListPage(call.title, call.state is CallState.screening, cards))


@router.get("/checks/{application_id}")
def show(request: Request, session: ReadSession, actor: CurrentActor, application_id: PathId) -> Response:
    """One application with its pre-check."""
    application = queries.get_application_to_check(session, actor, application_id)
    return render(request, _page(session, actor, application, None))


def _page(
    session: Session, actor: Actor, application: Application, form: SubmittedForm[CheckInput] | None
) -> CheckPage:
    call, check = session.get_one(Call, application.call_id), queries.find_check(session, application)
    organization, content = get_organization(session, application.organization_id), content_of(application)
    possible = APPLICATION.verbs_from(application.state, Hat.screener) if call.state is CallState.screening else ()
    is_waiting = application.state is ApplicationState.completion_asked and queries.may_complete(check)
    may_ask = ApplicationVerb.ask in possible and (check is None or check.asked_at is None)
    proposal = _proposal(session, check)
    return CheckPage(
        application_id=application.pk,
        back=f"/duties/{call.pk}/checks",
        call_title=call.title,
        organization=organization.name,
        receipt=receipt_number(call, application),
        state=application.state,
        hints=_hints(session, call, application, organization),
        parts=part_texts(session, call, content, tuple(Part)),
        items=[(f"item_{item}", label("check_item", item)) for item in CheckItem],
        form=form or _filled(check),
        may_record=ApplicationVerb.fail in possible,
        may_accept=ApplicationVerb.accept in possible and queries.is_passed(check),
        asked=check.request if check else "",
        asked_parts=_(", ").join(label("application_part", part) for part in check.asked_parts) if check else "",
        due=china_time(check.due_at) if check and check.due_at else "",
        askable=[(part, label("application_part", part)) for part in ASKABLE] if may_ask else [],
        proposal=proposal,
        may_confirm=bool(possible) and check is not None and check.proposed_by not in (None, actor.user_id),
        may_fail=ApplicationVerb.fail in possible and proposal is None and not is_waiting,
    )


def _proposal(session: Session, check: PreCheck | None) -> Ruling | None:
    if check is None or check.fail_reason is None:
        return None
    by = names_of(session, {check.proposed_by}).get(check.proposed_by or 0, "")
    return Ruling(label("ineligible_reason", check.fail_reason), check.ruling, by)


def _filled(check: PreCheck | None) -> BlankForm:
    values: dict[str, Any] = {f"item_{item}": result for item, result in check.results.items()} if check else {}
    return BlankForm(values | {"remark": check.remark if check else ""})


def _hints(session: Session, call: Call, application: Application, organization: Organization) -> list[str]:
    """What the registry and the rules of the call say about the items."""
    rules = rules_of(session, call)
    code = organization.uscc or _("not known")
    hints = [_("Unified social credit code in the registry: %(code)s") % {"code": code}]
    if not rules[CallRuleName.experience_required]:
        hints.append(_("This call asks for no experience."))
    is_right = queries.sums_are_right(session, call, application)
    hints.append(_("The budget keeps within the caps of the call.") if is_right else _("The budget breaks a cap."))
    return hints


@router.post("/checks/{application_id}")
def record(
    request: Request, session: WriteSession, actor: CurrentActor, application_id: PathId, form: Form
) -> Response:
    """Keep the answers to the items."""
    application, filled = queries.get_application_to_check(session, actor, application_id), fill(form, CheckInput)
    if filled.model is None:
        return render(request, _page(session, actor, application, filled), 422)
    checks.record_check(session, actor, application, filled.model)
    return redirect(request, f"/checks/{application_id}", _("Saved."))


@router.post("/checks/{application_id}/accept")
def accept(
    request: Request, session: WriteSession, actor: CurrentActor, application_id: PathId, form: Form
) -> Response:
    """Let it go on to the review."""
    application = queries.get_application_to_check(session, actor, application_id)
    checks.accept(session, actor, application)
    return redirect(request, f"/duties/{application.call_id}/checks", _("It goes on to the review."))


@router.post("/checks/{application_id}/ask")
def ask(request: Request, session: WriteSession, actor: CurrentActor, application_id: PathId, form: Form) -> Response:
    """Ask once for what is missing."""
    application = queries.get_application_to_check(session, actor, application_id)
    filled = fill(form, CompletionRequestInput)
    if filled.model is None:
        return redirect(request, f"/checks/{application_id}", _("Choose the parts, and say what is missing."))
    checks.ask_to_complete(session, actor, application, filled.model)
    return redirect(request, f"/checks/{application_id}", _("The applicant was asked and told the deadline."))


@router.post("/checks/{application_id}/fail")
def fail(request: Request, session: WriteSession, actor: CurrentActor, application_id: PathId, form: Form) -> Response:
    """Propose that it goes no further; another screener confirms."""
    application, filled = queries.get_application_to_check(session, actor, application_id), fill(form, RulingInput)
    if filled.model is None:
        message = filled.errors.get("fail_reason") or filled.errors.get("ruling") or filled.errors[WHOLE_FORM]
        return redirect(request, f"/checks/{application_id}", message)
    checks.propose_failure(session, actor, application, filled.model)
    return redirect(request, f"/checks/{application_id}", _("Another screener has to confirm."))


@router.post("/checks/{application_id}/confirm-failure")
def confirm_failure(
    request: Request, session: WriteSession, actor: CurrentActor, application_id: PathId, form: Form
) -> Response:
    """Confirm, as the second person, that it goes no further."""
    application = queries.get_application_to_check(session, actor, application_id)
    checks.confirm_failure(session, actor, application)
    return redirect(request, f"/duties/{application.call_id}/checks", _("Done. The applicant was told the reason."))


@router.post("/checks/{application_id}/drop-failure")
def drop_failure(
    request: Request, session: WriteSession, actor: CurrentActor, application_id: PathId, form: Form
) -> Response:
    """Take back or refuse the proposal."""
    checks.drop_failure(session, actor, queries.get_application_to_check(session, actor, application_id))
    return redirect(request, f"/checks/{application_id}", _("Nothing waits for a second person any more."))
