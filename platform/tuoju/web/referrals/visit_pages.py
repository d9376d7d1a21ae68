"""Visits: recorded from a phone in a minute, taken out of the counts with a reason, never deleted."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tuoju.accounts.permissions import Action, require
from tuoju.cases.service import discard_draft
from tuoju.referrals.queries import get_referral, referral_origin
from tuoju.residents.models import TextSource
from tuoju.visits import service
from tuoju.visits.queries import get_visit
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.drafts import draft_of
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rendering import redirect
from tuoju.web.kit.safety import stop_for_danger, texts_of
from tuoju.web.referrals.inputs import error_reason_of
from tuoju.web.referrals.visit_form import VISIT_TEXTS, new_visit_form, record_typed_visit, visit_form_page
from tuoju.words.languages import gettext as _

router = APIRouter(dependencies=[needs(Action.record_visits)])
LISTS = frozenset({"served"})


@router.get("/referrals/{referral_id}/visits/new")
def new(request: Request, session: ReadSession, actor: CurrentActor, referral_id: PathId) -> Response:
    require(actor, Action.record_visits)
    referral = get_referral(session, actor, referral_id)
    draft = f"visit-new-{referral_id}"
    form = new_visit_form(session, referral, draft_of(session, actor, draft, lists=LISTS))
    return visit_form_page(request, session, actor, referral, form, at=f"/referrals/{referral_id}", draft=draft)


@router.post("/referrals/{referral_id}/visits")
def create(request: Request, session: WriteSession, actor: CurrentActor, referral_id: PathId, form: Form) -> Response:
    referral = get_referral(session, actor, referral_id)
    at, draft = f"/referrals/{referral_id}", f"visit-new-{referral_id}"
    texts, origin = texts_of(form, *VISIT_TEXTS), referral_origin(session, referral, TextSource.service_visit)
    if stop := stop_for_danger(request, session, actor, form, texts, origin):
        return stop
    submitted = record_typed_visit(session, actor, referral, form)
    if submitted.errors:
        return visit_form_page(request, session, actor, referral, submitted, at=at, draft=draft, status=422)
    discard_draft(session, actor, draft)
    return redirect(request, at, _("The visit is recorded."))


@router.post("/referrals/{referral_id}/visits/{visit_id}/in-error")
def mark_in_error(
    request: Request, session: WriteSession, actor: CurrentActor, referral_id: PathId, visit_id: PathId, form: Form
) -> Response:
    referral = get_referral(session, actor, referral_id)
    reason = error_reason_of(form)
    if not reason:
        return redirect(request, f"/referrals/{referral_id}", _("Enter the reason."))
    if stop := stop_for_danger(
        request, session, actor, form, [reason], referral_origin(session, referral, TextSource.note)
    ):
        return stop
    service.mark_in_error(session, actor, referral, get_visit(session, referral, visit_id), reason=reason)
    return redirect(request, f"/referrals/{referral_id}", _("The visit no longer counts. It stays on record."))
