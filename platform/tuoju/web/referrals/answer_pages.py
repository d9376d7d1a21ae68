"""Answering without an account: a link opens one referral on a phone, and nothing else.

The token in the link's address is exchanged for a short cookie, sent to that referral's page alone, and the browser is
sent on: so the token stays out of its history, and no page is reached by it that could pass it on.
"""

from datetime import date

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session
from starlette.datastructures import FormData

from tuoju.accounts.permissions import LinkHolder
from tuoju.accounts.queries import get_user
from tuoju.database.records import now
from tuoju.referrals import links, messages, service
from tuoju.referrals.errors import FirstVisitImpossible, NothingWritten, NoVisitYet, OutcomeMissing, ReasonMissing
from tuoju.referrals.models import Referral
from tuoju.referrals.queries import MINIMUM_ONLY, row_of, timeline
from tuoju.referrals.status import LIVE, ReferralVerb, Side, verbs_from
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import full_name
from tuoju.residents.masking import age_band, masked
from tuoju.residents.queries import masked_by_id
from tuoju.residents.service import Revealed
from tuoju.visits.queries import get_visit, visits_of
from tuoju.visits.service import mark_in_error
from tuoju.web.kit.dependencies import (
    AGAIN_COOKIE,
    LINK_COOKIE,
    LINK_COOKIE_AGE,
    Form,
    OpenedLink,
    OpenedLinkDep,
    ReadSession,
    WriteSession,
    link_signer,
)
from tuoju.web.kit.errors import TABLE
from tuoju.web.kit.rate_limits import limit_links_opened, limit_links_wanted
from tuoju.web.kit.rendering import redirect, render, set_cookie
from tuoju.web.referrals.pages import after, say
from tuoju.web.referrals.visit_pages import blank_visit, record, visit_page
from tuoju.words.languages import gettext as _

router = APIRouter()
NAME_LENGTH = 30


@router.get("/a/{token}", dependencies=[Depends(limit_links_opened)])
def open_link(request: Request, session: ReadSession, token: str) -> Response:
    """Exchange the token for a cookie of the one page. Changes nothing, so that a messenger's preview does no harm."""
    carried = OpenedLink(links.handle_of(session, token))
    response = redirect(request, carried.path)
    _keep(request, response, carried)
    return response


def _keep(request: Request, response: Response, carried: OpenedLink) -> None:
    value = link_signer(request).dumps([carried.handle, carried.name])
    set_cookie(request, response, LINK_COOKIE, str(value), path=carried.path, max_age=LINK_COOKIE_AGE)


@router.get("/answer/again")
def again(request: Request) -> Response:
    return render(request, "referrals/answers/again.html", 410, asked=False)


@router.post("/answer/again", dependencies=[Depends(limit_links_wanted)])
def ask_again(request: Request, session: WriteSession, form: Form) -> Response:
    """Send a new link to the organization's own contact, if there was one; the answer is the same either way."""
    links.request_new_link(session, request.cookies.get(AGAIN_COOKIE, ""))
    return render(request, "referrals/answers/again.html", asked=True)


@router.get("/answer/{handle}")
def show(request: Request, session: WriteSession, link: OpenedLinkDep) -> Response:
    bearer, referral = links.use(session, link.handle)
    links.record_page_view(session, bearer, referral)
    response = _page(request, session, link, referral)
    _keep(request, response, link)
    return response


@router.get("/answer/{handle}/done")
def done(request: Request, handle: str) -> Response:
    """The link has done its work. Says nothing of the referral, so nothing has to be shown for it."""
    return render(request, "referrals/answers/done.html")


def _page(
    request: Request,
    session: Session,
    link: OpenedLink,
    referral: Referral,
    *,
    revealed: Revealed | None = None,
    wrong: str = "",
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    _referral, need, case, person, project, organization = row_of(session, referral)
    today = china_day(now())
    visits = visits_of(session, referral)
    return render(
        request,
        "referrals/answers/show.html",
        status,
        link=link,
        at=link.path,
        referral=referral,
        need=need,
        person=masked(person, today),
        age_band=age_band,
        place=full_name(session, case.region_code),
        project=project,
        organization=organization,
        sender=get_user(session, referral.sent_by).display_name,
        minimum=referral.state in MINIMUM_ONLY,
        verbs=verbs_from(referral.state, Side.receiver),
        visits=visits,
        people=masked_by_id(session, {each for _visit, who in visits for each in who}, today),
        messages=messages.messages_of(session, referral),
        events=timeline(session, referral),
        today=today,
        revealed=revealed,
        wrong=wrong,
        typed=typed or {},
    )


def _named(link: OpenedLink, form: FormData) -> OpenedLink:
    """The link with the name that was just given, if one was."""
    given = str(form.get("named", "")).strip()[:NAME_LENGTH]
    return OpenedLink(link.handle, given or link.name)


def _use(session: Session, link: OpenedLink, form: FormData) -> tuple[OpenedLink, LinkHolder, Referral]:
    link = _named(link, form)
    bearer, referral = links.use(session, link.handle, name=link.name)
    return link, bearer, referral


def _back(request: Request, link: OpenedLink, message: str) -> Response:
    response = redirect(request, link.path, message)
    _keep(request, response, link)
    return response


@router.post("/answer/{handle}/reveal")
def reveal(request: Request, session: WriteSession, link: OpenedLinkDep, form: Form) -> Response:
    link, bearer, referral = _use(session, link, form)
    return _page(request, session, link, referral, revealed=service.reveal(session, bearer, referral))


@router.post("/answer/{handle}/messages")
def write(request: Request, session: WriteSession, link: OpenedLinkDep, form: Form) -> Response:
    link, bearer, referral = _use(session, link, form)
    try:
        messages.write(session, bearer, referral, str(form.get("text", "")))
    except NothingWritten as error:
        return _back(request, link, _(TABLE[type(error)].sentence))
    return _back(request, link, _("Sent. The answer appears here."))


@router.post("/answer/{handle}/first-visit")
def plan_first_visit(request: Request, session: WriteSession, link: OpenedLinkDep, form: Form) -> Response:
    link, bearer, referral = _use(session, link, form)
    try:
        service.plan_first_visit(session, bearer, referral, date.fromisoformat(str(form.get("day", ""))))
    except (ValueError, FirstVisitImpossible):
        return _back(request, link, _(TABLE[FirstVisitImpossible].sentence))
    return _back(request, link, _("Noted. The worker and the resident can count on it."))


@router.get("/answer/{handle}/visits/new")
def new_visit(request: Request, session: WriteSession, link: OpenedLinkDep) -> Response:
    bearer, referral = links.use(session, link.handle)
    links.record_page_view(session, bearer, referral)
    return visit_page(request, session, referral, blank_visit(session, referral), at=link.path)


@router.post("/answer/{handle}/visits")
def record_visit(request: Request, session: WriteSession, link: OpenedLinkDep, form: Form) -> Response:
    link, bearer, referral = _use(session, link, form)
    filled = record(session, bearer, referral, form)
    if filled.errors:
        return visit_page(request, session, referral, filled, at=link.path, status=422)
    return _back(request, link, _("The visit is recorded."))


@router.post("/answer/{handle}/visits/{visit_id}/in-error")
def take_out_visit(request: Request, session: WriteSession, link: OpenedLinkDep, visit_id: int, form: Form) -> Response:
    link, bearer, referral = _use(session, link, form)
    reason = str(form.get("reason", "")).strip()[:200]
    if not reason:
        return _back(request, link, _("Please give the reason."))
    mark_in_error(session, bearer, referral, get_visit(session, referral, visit_id), reason=reason)
    return _back(request, link, _("The visit counts no longer. It stays on record."))


@router.post("/answer/{handle}/{verb}")
def step(request: Request, session: WriteSession, link: OpenedLinkDep, verb: ReferralVerb, form: Form) -> Response:
    link, bearer, referral = _use(session, link, form)
    typed = {name: str(form.get(name, "")).strip() for name in ("reason", "note", "outcome")}
    try:
        say(session, bearer, referral, verb, typed)
    except (ReasonMissing, OutcomeMissing, NoVisitYet) as error:
        told = TABLE[type(error)]
        return _page(request, session, link, referral, wrong=_(told.sentence), typed=typed, status=told.status)
    if referral.state not in LIVE:
        return redirect(request, f"{link.path}/done", after(verb))
    return _back(request, link, after(verb))
