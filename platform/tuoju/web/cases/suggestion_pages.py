"""The service that the words of a need suggest: a part of the form that is being filled in."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tuoju.accounts.permissions import Action, require
from tuoju.web.cases.need_forms import with_suggestions
from tuoju.web.cases.views import ServiceField
from tuoju.web.kit.dependencies import BareForm, CurrentActor, ReadSession
from tuoju.web.kit.gates import needs
from tuoju.web.kit.once import repeatable
from tuoju.web.kit.rendering import render

router = APIRouter()


@router.post("/needs/service", dependencies=[needs(Action.record_cases), repeatable("it only suggests")])
def service_field(request: Request, session: ReadSession, actor: CurrentActor, form: BareForm) -> Response:
    """The field of the service, to replace itself with suggestions."""
    require(actor, Action.record_cases)
    return render(request, ServiceField(with_suggestions(session, form)))
