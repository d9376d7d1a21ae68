"""Forms: what was typed against an input model; errors per field, in words, and nothing lost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, TypeVar, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from starlette.datastructures import FormData

from tuoju.web.kit.merging import FieldConflict, Texts
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
    was: Mapping[str, Texts] = field(default_factory=dict)
    conflicts: Mapping[str, FieldConflict] = field(default_factory=dict)
    required: frozenset[str] = frozenset()

    def add(self, field_name: str, message: str) -> None:
        self.errors[field_name] = message
        self.model = None


@dataclass
class BlankForm:
    """A form not sent yet, with what it starts from."""

    typed: Mapping[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    was: Mapping[str, Texts] = field(default_factory=dict)
    """What the fields are filled with, if that is a row which others may change meanwhile (kit/edits.py)."""
    conflicts: Mapping[str, FieldConflict] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    """The fields that are marked as required."""


def required_of(model: type[BaseModel]) -> frozenset[str]:
    """The fields of an input model that have to be filled in: it refuses them if they are missing, or sent empty."""
    empty = {name: [] if _is_list(info) else "" for name, info in model.model_fields.items() if not _is_choice(info)}
    try:
        model.model_validate(empty)
    except ValidationError as error:
        return frozenset(str(problem["loc"][0]) for problem in error.errors(include_url=False) if problem["loc"])
    return frozenset()


def _is_list(info: FieldInfo) -> bool:
    return get_origin(info.annotation) is list


def _is_choice(info: FieldInfo) -> bool:
    """Whether a browser sends nothing of the field if nothing is chosen."""
    return isinstance(info.annotation, type) and issubclass(info.annotation, Enum | bool)


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
        return SubmittedForm(typed, model=model.model_validate(typed), required=required_of(model))
    except ValidationError as error:
        return SubmittedForm(typed, errors=messages(error), required=required_of(model))


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
    "purpose_note_missing": "note",
    "goods_missing": "goods",
    "no_need_alone": "conclusion",
    "quiet_hours": "quiet_to",
    "news_hours": "news_until",
    "reminder_hours": "reminders_until",
    "https_address": "url",
    "starts_before_closing": "starts_on",
    "points_sum": "points_need",
    "person_times_below_persons": "person_times",
    "promises_missing": "not_funded_twice",
}


_MESSAGES = {
    "missing": N_("Fill in this field."),
    "string_too_short": N_("Fill in this field."),
    "string_too_long": N_("Use %(count)s characters or fewer."),
    "enum": N_("Choose an option from the list."),
    "literal_error": N_("Choose an option from the list."),
    "string_pattern_mismatch": N_("Choose an option from the list."),
    "too_short": N_("Choose at least one."),
    "greater_than_equal": N_("Enter %(limit)s or more."),
    "greater_than": N_("Enter more than %(limit)s."),
    "less_than_equal": N_("Enter %(limit)s or less."),
    "int_parsing": N_("Enter a number."),
    "int_type": N_("Enter a number."),
    "int_from_float": N_("Enter a number."),
    "decimal_parsing": N_("Enter a number."),
    "float_parsing": N_("Enter a number."),
    "date_from_datetime_parsing": N_("Enter a date, like 2026-11-23."),
    "date_parsing": N_("Enter a date, like 2026-11-23."),
    "date_type": N_("Enter a date, like 2026-11-23."),
    "date_from_datetime_inexact": N_("Enter a date, like 2026-11-23."),
    "username": N_("Use 3 to 64 Latin letters, digits, dots, hyphens or underscores."),
    "mobile": N_("A mobile number must have 11 digits."),
    "email": N_("Enter an email address, like name@example.cn."),
    "phone": N_("Enter a telephone number: 11 digits for a mobile, or a landline like 0550-3022685."),
    "future_day": N_("Enter a date in the past."),
    "quiet_hours": N_("Enter both the start and the end of the quiet hours, or leave both empty."),
    "news_hours": N_("The end must be later than the start."),
    "reminder_hours": N_("The end must be later than the start."),
    "https_address": N_("The address must start with https:// and must not contain #."),
    "time_parsing": N_("Enter a time, like 21:30."),
    "time_type": N_("Enter a time, like 21:30."),
    "born_on": N_("This birth date cannot be right. Check it."),
    "id_number_layout": N_("An ID number must have 18 digits. The last can be X."),
    "id_number_date": N_("The birth date in this ID number cannot be right. Compare it with the card."),
    "id_number_checksum": N_("This ID number has a wrong digit. Compare it with the card."),
    "id_number_missing": N_('Enter the number, or choose "No document".'),
    "disability_grade_missing": N_("Choose the grade on the disability certificate."),
    "uscc": N_("A character of this unified social credit code is wrong. Check it."),
    "refusal_unreasoned": N_("To refuse, choose the kind of reason and explain it."),
    "purpose_note_missing": N_("Explain the other reason in a few words."),
    "goods_missing": N_("Enter which goods."),
    "no_need_alone": N_('You cannot choose "No need found" together with anything else.'),
    "too_long": N_("Choose %(count)s or fewer."),
    "relation_missing": N_("Say how the guardian is related to the person."),
    "witness_missing": N_("A spoken consent needs a witness. Choose an officer or enter a name."),
    "service_data_missing": N_("A referral shares at least the need, the name and the age. Choose that too."),
    "period": N_("The end date must not be before the start date."),
    "policy_period": N_("The end date must not be before the start date."),
    "amount": N_("Enter an amount in yuan, like 85000 or 8.5万."),
    "perhaps_ten_thousands": N_("Do you mean %(typed)s万 (%(typed)s × 10,000 yuan)? Then type it with 万."),
    "starts_before_closing": N_("Projects start after the last day for applications."),
    "person_times_below_persons": N_("There cannot be fewer person-times than persons."),
    "award_above_line": N_("The award cannot pay more of a line than price times count."),
    "promises_missing": N_("All three are needed to submit."),
    "points_sum": N_("The points sum to %(total)s. They must sum to 100."),
}
"""What a validation error says to the person who typed, by pydantic's error type."""

_UNEXPECTED = N_("This is not valid. Check it.")

_LIMITS = {"max_length": "count", "ge": "limit", "gt": "limit", "le": "limit", "typed": "typed", "total": "total"}
"""The names that messages have for the limits in pydantic's context."""


def message_of(kind: str, context: Mapping[str, Any]) -> str:
    """The sentence for an error type of pydantic, with the limit that was broken."""
    limits = {_LIMITS[name]: limit for name, limit in context.items() if name in _LIMITS}
    sentence = _(_MESSAGES.get(kind, _UNEXPECTED))
    return sentence % limits if limits else sentence
