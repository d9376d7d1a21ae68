"""The form of a need, and the service that its words suggest."""

from sqlmodel import Session
from starlette.datastructures import FormData

from tuoju.cases.inputs import NeedInput
from tuoju.cases.suggestions import suggest_categories
from tuoju.regions.code_lists import has_code
from tuoju.web.kit.forms import BlankForm, fill

NEED_LISTS = frozenset({"wished_times", "constraints"})
"""The fields that hold several values."""


def with_suggestions(session: Session, form: FormData) -> BlankForm:
    """The form of a need as typed, with the services that its words suggest and the one that was tapped, if any."""
    typed = dict(fill(form, NeedInput).typed)
    tapped = str(form.get("suggest", ""))
    if has_code("service_type", tapped):
        typed["category"] = tapped
    typed["suggested"] = suggest_categories(session, str(typed.get("text", ""))[:500])
    return BlankForm(typed)
