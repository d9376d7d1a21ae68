"""The form of a need, and the service that its words suggest."""

from sqlmodel import Session
from starlette.datastructures import FormData

from tuoju.cases.inputs import NeedInput
from tuoju.cases.suggestions import RELIEF, suggest_services
from tuoju.regions.code_lists import has_code
from tuoju.web.kit.forms import BlankForm, fill, required_of

NEED_LISTS = frozenset({"wished_times", "constraints"})
"""The fields that hold several values."""


def with_suggestions(session: Session, form: FormData) -> BlankForm:
    """The form of a need as typed, with the services that its words suggest and the one that was tapped, if any."""
    typed = dict(fill(form, NeedInput).typed)
    tapped = str(form.get("suggest", ""))
    if has_code("service_type", tapped):
        typed["category"] = tapped
    suggestions = suggest_services(session, str(typed.get("text", ""))[:500])
    typed["suggested"] = [suggestion for suggestion in suggestions if suggestion.category != RELIEF]
    typed["suggests_relief"] = len(typed["suggested"]) < len(suggestions)
    typed["also"] = further_categories(form)
    return BlankForm(typed, required=required_of(NeedInput))


def further_categories(form: FormData) -> list[str]:
    """The services that the same words ask for besides the chosen one, as ticked."""
    return [code for code in map(str, form.getlist("also")) if has_code("service_type", code)]


def needs_of_form(need: NeedInput, form: FormData) -> list[NeedInput]:
    """The need as typed, and one in the same words for each further service."""
    further = dict.fromkeys(code for code in further_categories(form) if code != need.category)
    return [need, *(NeedInput.model_validate(need.model_dump() | {"category": code}) for code in further)]
