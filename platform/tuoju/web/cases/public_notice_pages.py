"""Public notices of a case: posting, objections and answers."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tuoju.cases.queries import get_case
from tuoju.relief import notices
from tuoju.relief.errors import NoticeLeaks, NoticeNotFound
from tuoju.relief.inputs import AnswerInput, NoticeInput, ObjectionInput
from tuoju.relief.models import Objection
from tuoju.web.cases.pages import case_page
from tuoju.web.kit.dependencies import CurrentActor, Form, WriteSession
from tuoju.web.kit.forms import fill
from tuoju.web.kit.rendering import redirect
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _

router = APIRouter()


@router.post("/cases/{case_id}/notice")
def post(request: Request, session: WriteSession, actor: CurrentActor, case_id: int, form: Form) -> Response:
    """A remark that would give someone away comes back with what was found in it."""
    case = get_case(session, actor, case_id)
    filled = fill(form, NoticeInput)
    if filled.model is not None:
        try:
            notices.post_notice(session, actor, case, filled.model)
        except NoticeLeaks as error:
            found = "、".join(label("leak_kind", leak.kind) + _(" (") + leak.found + _(")") for leak in error.leaks)
            filled.add("remark", _("The board must not say: %(found)s") % {"found": found})
    if filled.model is None:
        return case_page(request, session, actor, case_id, notice_form=filled, status=422)
    return redirect(request, f"/cases/{case_id}", _("On the board. It comes down by itself after its last day."))


@router.post("/public-notices/{notice_id}/objections")
def receive(request: Request, session: WriteSession, actor: CurrentActor, notice_id: int, form: Form) -> Response:
    notice = notices.get_notice(session, actor, notice_id)
    filled = fill(form, ObjectionInput)
    if filled.model is None:
        return case_page(request, session, actor, notice.case_id, objection_form=filled, status=422)
    notices.receive_objection(session, actor, notice, filled.model)
    return redirect(
        request, f"/cases/{notice.case_id}", _("The objection is on record. It has to be answered in writing.")
    )


@router.post("/objections/{objection_id}/answer")
def answer(request: Request, session: WriteSession, actor: CurrentActor, objection_id: int, form: Form) -> Response:
    objection = session.get(Objection, objection_id)
    if objection is None:
        raise NoticeNotFound
    notice = notices.get_notice(session, actor, objection.notice_id)
    filled = fill(form, AnswerInput)
    if filled.model is None:
        return case_page(request, session, actor, notice.case_id, answer_form=filled, status=422)
    notices.answer_objection(session, actor, objection, filled.model)
    return redirect(request, f"/cases/{notice.case_id}", _("The objection is answered."))
