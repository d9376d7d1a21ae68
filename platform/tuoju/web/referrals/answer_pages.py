"""Answering without an account: a link opens one referral on a phone, and nothing else.

The link shows a page of one button, which posts the token. It is exchanged for a cookie that lasts two hours and is
sent to the pages of that referral only. Then the browser is redirected, so that no later address holds the token.
"""

from collections.abc import Callable

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session
from starlette.datastructures import FormData

from tuoju.accounts.fields import Stage
from tuoju.accounts.permissions import LinkHolder
from tuoju.accounts.queries import get_user
from tuoju.readings.purposes import PurposeInput, state_purpose
from tuoju.referrals import links, messages, service
from tuoju.referrals.errors import FirstVisitImpossible, NothingWritten
from tuoju.referrals.models import Referral
from tuoju.referrals.queries import referral_origin, row_of
from tuoju.referrals.status import LIVE, ReferralVerb, Side, verbs_from
from tuoju.referrals.views import reader_of, referral_seen
from tuoju.residents.models import TextSource
from tuoju.residents.service import Revealed
from tuoju.visits.queries import get_visit
from tuoju.visits.service import mark_in_error
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import (
    AGAIN_COOKIE,
    LINK_COOKIE,
    LINK_COOKIE_AGE,
    LONGEST_LINK_TOKEN,
    BareForm,
    Form,
    OpenedLink,
    OpenedLinkDep,
    ReadSession,
    WriteSession,
    link_signer,
    note_target,
    posted_link_token,
)
from tuoju.web.kit.error_table import TABLE
from tuoju.web.kit.forms import BlankForm, fill
from tuoju.web.kit.gates import Audience, open_to
from tuoju.web.kit.once import READS, repeatable
from tuoju.web.kit.purposes import PurposeForm
from tuoju.web.kit.rate_limits import limit_links_opened, limit_links_wanted
from tuoju.web.kit.rendering import redirect, render, set_cookie
from tuoju.web.kit.safety import stop_for_danger, texts_of
from tuoju.web.kit.views import OpenLinkPage
from tuoju.web.referrals.inputs import MAX_NAME_LENGTH, TypedStep, error_reason_of, first_visit_of, text_of
from tuoju.web.referrals.panels import (
    answer_panel,
    deadline_of,
    thread_panel,
    timeline_of,
    visits_panel,
    who_and_what,
)
from tuoju.web.referrals.steps import STEP_ERRORS, RefusedStep, confirmation_of, take_step
from tuoju.web.referrals.views import AnsweredPage, AnswerPage, ClosedLinkPage
from tuoju.web.referrals.visit_form import VISIT_TEXTS, new_visit_form, record_typed_visit, visit_form_page
from tuoju.words.formats import china_date
from tuoju.words.languages import gettext as _

router = APIRouter(dependencies=[open_to(Audience.link_holder, "the link opens one referral")])


@router.get("/a/{token}")
def open_link(request: Request, token: str) -> Response:
    """Where the link leads. It tells, sets and changes nothing, because messengers open links to preview them."""
    title = _("A request for help, for your organization")
    return render(request, OpenLinkPage(title, "/a", token[:LONGEST_LINK_TOKEN]))


@router.post("/a", dependencies=[Depends(limit_links_opened), repeatable("it only opens the page of the link")])
def exchange(request: Request, session: ReadSession, form: BareForm) -> Response:
    """Exchange the token for a cookie of the referral's page. Raises LinkClosed."""
    link = OpenedLink(links.handle_of(session, posted_link_token(request, form)))
    response = redirect(request, link.path)
    _keep_link(request, response, link)
    return response


def _keep_link(request: Request, response: Response, link: OpenedLink) -> None:
    value = link_signer(request).dumps([link.handle, link.name])
    set_cookie(request, response, LINK_COOKIE, str(value), path=link.path, max_age=LINK_COOKIE_AGE)


@router.get("/answer/again")
def again(request: Request) -> Response:
    return render(request, ClosedLinkPage(is_requested=False), 410)


@router.post("/answer/again", dependencies=[Depends(limit_links_wanted)])
def ask_again(request: Request, session: WriteSession, form: Form) -> Response:
    """Send a new link to the organization's registered contact. The page is the same whether there was one or not."""
    note_target(request, "/answer/again")
    links.request_new_link(session, request.cookies.get(AGAIN_COOKIE, ""))
    return render(request, ClosedLinkPage(is_requested=True))


@router.get("/answer/{handle}")
def show(request: Request, session: WriteSession, link: OpenedLinkDep) -> Response:
    holder, referral = links.use(session, link.handle)
    links.record_page_view(session, holder, referral)
    response = _answer_page(request, session, link, holder, referral)
    _keep_link(request, response, link)
    return response


@router.get("/answer/{handle}/done")
def done(request: Request, handle: str) -> Response:
    """The thanks after the last step. Says nothing of the referral, so it needs no link."""
    return render(request, AnsweredPage())


def _answer_page(
    request: Request,
    session: Session,
    link: OpenedLink,
    holder: LinkHolder,
    referral: Referral,
    *,
    revealed: Revealed | None = None,
    refused: RefusedStep | None = None,
    purpose_form: PurposeForm | None = None,
) -> Response:
    row = row_of(session, referral)
    reader = reader_of(session, holder, row)
    seen = referral_seen(reader, row)
    is_minimum = seen.stage is Stage.before
    sender = get_user(session, referral.sent_by).display_name
    names = {"name": row.organization.name, "project": row.project.name}
    view = AnswerPage(
        at=link.path,
        number=referral.number,
        category=row.need.category,
        urgency=row.need.urgency,
        state=referral.state,
        addressee=_("For %(name)s, project %(project)s") % names,
        wrong=refused.sentence if refused else "",
        who=who_and_what(session, seen, revealed=revealed),
        first_visit_on=referral.first_visit_on,
        sent_by=f"{sender} · {china_date(referral.requested_at)}",
        note=seen.note,
        deadline=deadline_of(referral),
        reveal_form=None if is_minimum or revealed else purpose_form or BlankForm(),
        answer=answer_panel(
            referral,
            verbs_from(referral.state, Side.receiver),
            is_receiver=True,
            refused=refused,
            asks_name=not link.name,
        ),
        thread=thread_panel(session, reader, referral, row.organization),
        visits=None if is_minimum else visits_panel(session, reader, referral),
        timeline=timeline_of(session, reader, referral),
    )
    return render(request, view, refused.status if refused else 422 if purpose_form else 200)


def _use_link(session: Session, link: OpenedLink, form: FormData) -> tuple[OpenedLink, LinkHolder, Referral]:
    """Use the link under the name that was typed, or the one that was given before."""
    link = OpenedLink(link.handle, text_of(form, "named")[:MAX_NAME_LENGTH] or link.name)
    holder, referral = links.use(session, link.handle, name=link.name)
    return link, holder, referral


def _back(request: Request, link: OpenedLink, message: str) -> Response:
    response = redirect(request, link.path, message)
    _keep_link(request, response, link)
    return response


@router.post("/answer/{handle}/reveal", dependencies=[repeatable(READS)])
def reveal(request: Request, session: WriteSession, link: OpenedLinkDep, form: BareForm) -> Response:
    link, holder, referral = _use_link(session, link, form)
    purpose = fill(form, PurposeInput)
    if purpose.model is None:
        return _answer_page(request, session, link, holder, referral, purpose_form=purpose)
    stated = state_purpose(session, holder, purpose.model)
    revealed = service.reveal(session, holder, referral, purpose=stated)
    return _answer_page(request, session, link, holder, referral, revealed=revealed)


@router.post("/answer/{handle}/messages")
def write(request: Request, session: WriteSession, link: OpenedLinkDep, form: Form) -> Response:
    link, holder, referral = _use_link(session, link, form)
    texts, origin = texts_of(form, "text"), referral_origin(session, referral, TextSource.message)
    if stop := stop_for_danger(request, session, holder, form, texts, origin):
        return stop
    try:
        messages.write(session, holder, referral, str(form.get("text", "")))
    except NothingWritten as error:
        return _back(request, link, _(TABLE[type(error)].sentence))
    return _back(request, link, _("Sent. The answer will appear here."))


@router.post("/answer/{handle}/first-visit")
def plan_first_visit(request: Request, session: WriteSession, link: OpenedLinkDep, form: Form) -> Response:
    link, holder, referral = _use_link(session, link, form)
    try:
        service.plan_first_visit(session, holder, referral, first_visit_of(form))
    except FirstVisitImpossible as error:
        return _back(request, link, _(TABLE[type(error)].sentence))
    return _back(request, link, _("Saved. The social worker and the resident will know this date."))


@router.get("/answer/{handle}/visits/new")
def new_visit(request: Request, session: WriteSession, link: OpenedLinkDep) -> Response:
    holder, referral = links.use(session, link.handle)
    links.record_page_view(session, holder, referral)
    return visit_form_page(request, session, holder, referral, new_visit_form(session, referral), at=link.path)


@router.post("/answer/{handle}/visits")
def record_visit(request: Request, session: WriteSession, link: OpenedLinkDep, form: Form) -> Response:
    link, holder, referral = _use_link(session, link, form)
    texts, origin = texts_of(form, *VISIT_TEXTS), referral_origin(session, referral, TextSource.service_visit)
    if stop := stop_for_danger(request, session, holder, form, texts, origin):
        return stop
    submitted = record_typed_visit(session, holder, referral, form)
    if submitted.errors:
        return visit_form_page(request, session, holder, referral, submitted, at=link.path, status=422)
    return _back(request, link, _("The visit is recorded."))


@router.post("/answer/{handle}/visits/{visit_id}/in-error")
def mark_visit_in_error(
    request: Request, session: WriteSession, link: OpenedLinkDep, visit_id: PathId, form: Form
) -> Response:
    link, holder, referral = _use_link(session, link, form)
    reason = error_reason_of(form)
    if not reason:
        return _back(request, link, _("Enter the reason."))
    if stop := stop_for_danger(
        request, session, holder, form, [reason], referral_origin(session, referral, TextSource.note)
    ):
        return stop
    mark_in_error(session, holder, referral, get_visit(session, referral, visit_id), reason=reason)
    return _back(request, link, _("The visit no longer counts. It stays on record."))


def _step_route(verb: ReferralVerb) -> Callable[..., Response]:
    def take(request: Request, session: WriteSession, link: OpenedLinkDep, form: Form) -> Response:
        link, holder, referral = _use_link(session, link, form)
        typed = TypedStep.of(form)
        origin = referral_origin(session, referral, TextSource.note)
        if stop := stop_for_danger(request, session, holder, form, [typed.note], origin):
            return stop
        try:
            take_step(session, holder, referral, verb, typed)
        except STEP_ERRORS as error:
            return _answer_page(request, session, link, holder, referral, refused=RefusedStep.of(error, typed))
        if referral.state not in LIVE:
            return redirect(request, f"{link.path}/done", confirmation_of(verb))
        return _back(request, link, confirmation_of(verb))

    return take


for _verb in ReferralVerb:
    router.add_api_route(f"/answer/{{handle}}/{_verb}", _step_route(_verb), methods=["POST"], name=f"{_verb}_by_link")
