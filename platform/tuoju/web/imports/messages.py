"""What the errors of a sheet say to whoever typed it."""

from collections.abc import Mapping

from tuoju.web.kit.forms import message_of
from tuoju.words.languages import N_
from tuoju.words.languages import gettext as _
from tuoju_projects.sheets import RowError, SheetError

_CELL_MESSAGES: Mapping[str, str] = {
    "missing": N_("Please fill this in."),
    "unknown_organization": N_("No organization of this name; please add it first."),
    "not_in_list": N_("Not in the list."),
    "not_a_date": N_("A date like 2026-11-23, please."),
    "not_a_number": N_("A number, please."),
    "number_not_text": N_("Excel has rounded this number: format the column as text and type it again."),
    "twice": N_("It stands twice in the sheet."),
    "known": N_("It is here already."),
    "looks_alike": N_("Someone of this name, sex and birth date is here already. Please add this person by hand."),
    "several_villages": N_("Several villages have this name: please write the township too."),
    "unknown_village": N_("No village of this name in your area."),
    "unknown_case": N_("No case of this number in your area."),
    "not_approved": N_("This case is not approved, or nothing is left to pay."),
    "above_grant": N_("More than is still to be paid of what was granted."),
    "no_fund": N_("This society has no fund yet."),
    "unknown_referral": N_("No referral of this number is yours."),
    "not_in_service": N_("This referral is not in service."),
    "served_on": N_("The day lies before the acceptance or in the future."),
    "not_of_household": N_("Not everyone named belongs to the household."),
    "period": N_("The end lies before the start."),
}
"""By the code of a RowError. Codes that are missing here are error types of pydantic."""

_SHEET_MESSAGES: Mapping[str, str] = {
    "too_long": N_("More than %(count)s rows. Please split the file."),
    "columns_missing": N_("This is another sheet. Columns missing: %(names)s"),
    "empty": N_("The sheet has no rows."),
    "unreadable": N_("This file can not be read. Please save it as .xlsx."),
}
"""By the code of a SheetError."""


def cell_message(error: RowError) -> str:
    """What is wrong with one cell."""
    message = _CELL_MESSAGES.get(error.code)
    if message is not None:
        return _(message)
    return message_of(error.code, error.limits)


def sheet_message(error: SheetError) -> str:
    """Why a file cannot be read as this list."""
    return _(_SHEET_MESSAGES[error.code]) % {"count": error.detail, "names": error.detail}
