"""Forms: what was typed against an input model; errors per field, in words, and nothing lost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, get_origin

from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData

from tuoju.words.languages import gettext as _

M = TypeVar("M", bound=BaseModel)

WHOLE = ""
"""The key of errors that belong to no single field."""


@dataclass
class SubmittedForm(Generic[M]):
    """A form as sent: `typed` for showing it again, `errors` by field, `model` if there are none."""

    typed: Mapping[str, Any]
    errors: dict[str, str] = field(default_factory=dict)
    model: M | None = None

    def add(self, field_name: str, message: str) -> None:
        self.errors[field_name] = message
        self.model = None


@dataclass
class BlankForm:
    """A form not sent yet, with what it starts from."""

    typed: Mapping[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def fill(form: FormData, model: type[M], **fixed: Any) -> SubmittedForm[M]:
    """Check a posted form against an input model. Fields of lists take every value sent; `fixed` values
    come from the page itself."""
    typed: dict[str, Any] = dict(fixed)
    for name, info in model.model_fields.items():
        if name in fixed:
            continue
        if get_origin(info.annotation) is list:
            typed[name] = [value for value in form.getlist(name) if isinstance(value, str)]
        elif name in form:
            typed[name] = form[name]
    try:
        return SubmittedForm(typed, model=model.model_validate(typed))
    except ValidationError as error:
        return SubmittedForm(typed, errors=messages(error))


def messages(error: ValidationError) -> dict[str, str]:
    """One message for each field that is wrong."""
    found: dict[str, str] = {}
    for each in error.errors(include_url=False, include_input=False):
        name = _field(each["loc"]) or _FIELD_OF.get(each["type"], WHOLE)
        found.setdefault(name, message_of(each["type"], each.get("ctx", {})))
    return found


def _field(place: tuple[int | str, ...]) -> str:
    """The field of an error; a cell of a table of rows by its own name: members, 0, age is member-0-age."""
    if len(place) == 3 and isinstance(place[1], int):
        return f"{str(place[0]).removesuffix('s')}-{place[1]}-{place[2]}"
    return str(place[0]) if place else ""


_FIELD_OF = {
    "id_number_missing": "id_number",
    "disability_grade_missing": "disability_grade",
    "period": "ends_on",
    "policy_period": "valid_to",
    "refusal_unreasoned": "note",
    "goods_missing": "goods",
    "no_need_alone": "conclusion",
    "quiet_hours": "quiet_to",
    "news_hours": "news_until",
    "reminder_hours": "reminders_until",
    "https_address": "url",
}


def message_of(kind: str, context: Mapping[str, Any]) -> str:
    """What a validation error says to the person who typed, by pydantic's error type."""
    match kind:
        case "missing" | "string_too_short":
            return _("Please fill this in.")
        case "string_too_long":
            return _("At most %(count)s characters, please.") % {"count": context["max_length"]}
        case "enum" | "literal_error" | "string_pattern_mismatch":
            return _("Please choose one of the list.")
        case "too_short":
            return _("Please choose at least one.")
        case "greater_than_equal":
            return _("At least %(limit)s, please.") % {"limit": context["ge"]}
        case "greater_than":
            return _("More than %(limit)s, please.") % {"limit": context["gt"]}
        case "less_than_equal":
            return _("At most %(limit)s, please.") % {"limit": context["le"]}
        case "int_parsing" | "int_type" | "int_from_float" | "decimal_parsing" | "float_parsing":
            return _("A number, please.")
        case "date_from_datetime_parsing" | "date_parsing" | "date_type" | "date_from_datetime_inexact":
            return _("A date like 2026-11-23, please.")
        case "mobile":
            return _("A mobile number has 11 digits.")
        case "email":
            return _("An e-mail address looks like name@example.cn.")
        case "phone":
            return _("This is no telephone number. A mobile has 11 digits; a landline like 0550-3022685.")
        case "future_day":
            return _("Please give a day that has been.")
        case "quiet_hours":
            return _("Please give both ends of the quiet hours, or neither.")
        case "news_hours" | "reminder_hours":
            return _("Please choose an end later than the beginning.")
        case "https_address":
            return _("The address begins with https:// and has no #.")
        case "time_parsing" | "time_type":
            return _("A time like 21:30, please.")
        case "born_on":
            return _("This birth date can not be right.")
        case "id_number_layout":
            return _("An ID number has 18 digits; the last may be X.")
        case "id_number_date":
            return _("The birth date within this ID number can not be right. Please compare with the card.")
        case "id_number_checksum":
            return _("This ID number has a wrong digit somewhere. Please compare with the card.")
        case "id_number_missing":
            return _('Please type the number, or choose "no document".')
        case "disability_grade_missing":
            return _("Please choose the grade on the disability certificate.")
        case "uscc":
            return _("This unified social credit code has a wrong sign somewhere.")
        case "refusal_unreasoned":
            return _("A refusal needs its kind and the reason in words.")
        case "goods_missing":
            return _("Please write which goods.")
        case "future_day":
            return _("This day lies in the future, or too far back.")
        case "no_need_alone":
            return _('"No need found" stands alone.')
        case "too_long":
            return _("At most %(count)s, please.") % {"count": context["max_length"]}
        case "period" | "policy_period":
            return _("The end lies before the start.")
        case _:
            return _("This is not as expected. Please check.")
