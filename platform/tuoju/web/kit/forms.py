"""Forms: what was typed against an input model; errors per field, in words, and nothing lost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, get_origin

from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData

from tuoju.words.languages import N_
from tuoju.words.languages import gettext as _

M = TypeVar("M", bound=BaseModel)

WHOLE_FORM = ""
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
    """Check a posted form against an input model.

    Fields that hold lists take every value sent; `fixed` values come from the page, not from the form.
    """
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
    by_field: dict[str, str] = {}
    for problem in error.errors(include_url=False, include_input=False):
        name = _field(problem["loc"]) or _FIELD_OF.get(problem["type"], WHOLE_FORM)
        by_field.setdefault(name, message_of(problem["type"], problem.get("ctx", {})))
    return by_field


def _field(location: tuple[int | str, ...]) -> str:
    """The form field of an error; a cell of a table is named by row and column: `members, 0, age` is `member-0-age`."""
    if len(location) == 3 and isinstance(location[1], int):
        return f"{str(location[0]).removesuffix('s')}-{location[1]}-{location[2]}"
    return str(location[0]) if location else ""


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


_MESSAGES = {
    "missing": N_("Please fill this in."),
    "string_too_short": N_("Please fill this in."),
    "string_too_long": N_("At most %(count)s characters, please."),
    "enum": N_("Please choose one of the list."),
    "literal_error": N_("Please choose one of the list."),
    "string_pattern_mismatch": N_("Please choose one of the list."),
    "too_short": N_("Please choose at least one."),
    "greater_than_equal": N_("At least %(limit)s, please."),
    "greater_than": N_("More than %(limit)s, please."),
    "less_than_equal": N_("At most %(limit)s, please."),
    "int_parsing": N_("A number, please."),
    "int_type": N_("A number, please."),
    "int_from_float": N_("A number, please."),
    "decimal_parsing": N_("A number, please."),
    "float_parsing": N_("A number, please."),
    "date_from_datetime_parsing": N_("A date like 2026-11-23, please."),
    "date_parsing": N_("A date like 2026-11-23, please."),
    "date_type": N_("A date like 2026-11-23, please."),
    "date_from_datetime_inexact": N_("A date like 2026-11-23, please."),
    "mobile": N_("A mobile number has 11 digits."),
    "email": N_("An e-mail address looks like name@example.cn."),
    "phone": N_("This is no telephone number. A mobile has 11 digits; a landline like 0550-3022685."),
    "future_day": N_("Please give a day that has been."),
    "quiet_hours": N_("Please give both ends of the quiet hours, or neither."),
    "news_hours": N_("Please choose an end later than the beginning."),
    "reminder_hours": N_("Please choose an end later than the beginning."),
    "https_address": N_("The address begins with https:// and has no #."),
    "time_parsing": N_("A time like 21:30, please."),
    "time_type": N_("A time like 21:30, please."),
    "born_on": N_("This birth date can not be right."),
    "id_number_layout": N_("An ID number has 18 digits; the last may be X."),
    "id_number_date": N_("The birth date within this ID number can not be right. Please compare with the card."),
    "id_number_checksum": N_("This ID number has a wrong digit somewhere. Please compare with the card."),
    "id_number_missing": N_('Please type the number, or choose "no document".'),
    "disability_grade_missing": N_("Please choose the grade on the disability certificate."),
    "uscc": N_("This unified social credit code has a wrong sign somewhere."),
    "refusal_unreasoned": N_("A refusal needs its kind and the reason in words."),
    "goods_missing": N_("Please write which goods."),
    "no_need_alone": N_('"No need found" stands alone.'),
    "too_long": N_("At most %(count)s, please."),
    "period": N_("The end lies before the start."),
    "policy_period": N_("The end lies before the start."),
}
"""What a validation error says to the person who typed, by pydantic's error type."""

_UNEXPECTED = N_("This is not as expected. Please check.")

_LIMITS = {"max_length": "count", "ge": "limit", "gt": "limit", "le": "limit"}
"""The names that messages have for the limits in pydantic's context."""


def message_of(kind: str, context: Mapping[str, Any]) -> str:
    """The sentence for an error type of pydantic, with the limit that was broken."""
    limits = {_LIMITS[name]: limit for name, limit in context.items() if name in _LIMITS}
    sentence = _(_MESSAGES.get(kind, _UNEXPECTED))
    return sentence % limits if limits else sentence
