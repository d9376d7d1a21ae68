"""Public notices of a case: posting, objections and answers."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tuoju.accounts.permissions import Action
from tuoju.cases.models import Case
from tuoju.cases.queries import case_origin, get_case
from tuoju.relief import notices
from tuoju.relief.errors import NoticeLeaks, NoticeNotFound
from tuoju.relief.inputs import AnswerInput, NoticeInput, ObjectionInput
from tuoju.relief.models import Objection
from tuoju.residents.models import TextSource
from tuoju.web.cases.case_page import render_case
from tuoju.web.cases.case_views import CaseForms
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import CurrentActor, Form, WriteSession
from tuoju.web.kit.forms import fill
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rendering import redirect
from tuoju.web.kit.safety import stop_for_danger, texts_of
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _

router = APIRouter()


@router.post("/cases/{case_id}/notice", dependencies=[needs(Action.record_cases)])
def post(request: Request, session: WriteSession, actor: CurrentActor, case_id: PathId, form: Form) -> Response:
    """Post the public notice; a remark that would identify someone comes back with what is wrong in it."""
    case = get_case(session, actor, case_id)
    notice_form = fill(form, NoticeInput)
    if notice_form.model is not None:
        try:
            notices.post_notice(session, actor, case, notice_form.model)
        except NoticeLeaks as error:
            leaks = [label("leak_kind", leak.kind) + _(" (") + leak.text + _(")") for leak in error.leaks]
            notice_form.add("remark", _("The public notice must not contain: %(found)s") % {"found": "、".join(leaks)})
    if notice_form.model is None:
        return render_case(request, session, actor, case_id, CaseForms(notice=notice_form), 422)
    return redirect(
        request, f"/cases/{case_id}", _("The public notice is posted. It comes down automatically after its last day.")
    )


@router.post("/public-notices/{notice_id}/objections", dependencies=[needs(Action.record_cases)])
def receive(request: Request, session: WriteSession, actor: CurrentActor, notice_id: PathId, form: Form) -> Response:
    """Record an objection to a notice."""
    notice = notices.get_notice(session, actor, notice_id)
    texts, origin = texts_of(form, "content"), case_origin(session.get_one(Case, notice.case_id), TextSource.note)
    if stop := stop_for_danger(request, session, actor, form, texts, origin):
        return stop
    objection_form = fill(form, ObjectionInput)
    if objection_form.model is None:
        return render_case(request, session, actor, notice.case_id, CaseForms(objection=objection_form), 422)
    notices.receive_objection(session, actor, notice, objection_form.model)
    words = _("The objection is recorded. It must be answered in writing.")
    return redirect(request, f"/cases/{notice.case_id}", words)


@router.post("/objections/{objection_id}/answer", dependencies=[needs(Action.decide_cases)])
def answer(request: Request, session: WriteSession, actor: CurrentActor, objection_id: PathId, form: Form) -> Response:
    """Answer an objection in writing."""
    objection = session.get(Objection, objection_id)
    if objection is None:
        raise NoticeNotFound
    notice = notices.get_notice(session, actor, objection.notice_id)
    texts, origin = texts_of(form, "answer"), case_origin(session.get_one(Case, notice.case_id), TextSource.note)
    if stop := stop_for_danger(request, session, actor, form, texts, origin):
        return stop
    answer_form = fill(form, AnswerInput)
    if answer_form.model is None:
        return render_case(request, session, actor, notice.case_id, CaseForms(answer=answer_form), 422)
    notices.answer_objection(session, actor, objection, answer_form.model)
    return redirect(request, f"/cases/{notice.case_id}", _("The objection is answered."))
