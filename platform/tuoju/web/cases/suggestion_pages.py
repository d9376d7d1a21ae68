"""The service a need's words suggest: as part of the form that is being filled in."""

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session
from starlette.datastructures import FormData

from tuoju.accounts.permissions import Action, require
from tuoju.cases.inputs import NeedInput
from tuoju.cases.suggestions import suggest_categories
from tuoju.regions.code_lists import has_code
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession
from tuoju.web.kit.forms import BlankForm, fill
from tuoju.web.kit.rendering import render

router = APIRouter()


@router.post("/needs/service")
def service_field(request: Request, session: ReadSession, actor: CurrentActor, form: Form) -> Response:
    require(actor, Action.record_cases)
    return render(request, "cases/service.html", form=advised(session, form))


def advised(session: Session, form: FormData) -> BlankForm:
    """The need's form as typed, with what its words suggest and what was tapped, if anything."""
    typed = dict(fill(form, NeedInput).typed)
    tapped = str(form.get("suggest", ""))
    if has_code("service_type", tapped):
        typed["category"] = tapped
    typed["suggested"] = suggest_categories(session, str(typed.get("text", ""))[:500])
    return BlankForm(typed)
