"""The purpose of a reading as a posted form states it."""

from sqlmodel import Session
from starlette.datastructures import FormData

from tuoju.accounts.permissions import Principal
from tuoju.readings.errors import PurposeMissing
from tuoju.readings.purposes import PurposeInput, state_purpose
from tuoju.web.kit.forms import BlankForm, SubmittedForm, fill

PurposeForm = BlankForm | SubmittedForm[PurposeInput]


def stated_purpose(session: Session, actor: Principal, form: FormData) -> str:
    """The purpose that the fields of macros/reading.html state. Raises PurposeMissing."""
    filled = fill(form, PurposeInput)
    if filled.model is None:
        raise PurposeMissing
    return state_purpose(session, actor, filled.model)
