"""What the errors of a sheet say to whoever typed it."""

from collections.abc import Mapping

from tuoju.web.kit.forms import message_of
from tuoju.words.languages import N_
from tuoju.words.languages import gettext as _
from tuoju_projects.sheets import RowError

_CELL_MESSAGES: Mapping[str, str] = {
    "missing": N_("Fill in this field."),
    "unknown_organization": N_("No organization has this name. Add it first."),
    "not_in_list": N_("Not in the list."),
    "not_a_date": N_("Enter a date, like 2026-11-23."),
    "not_a_number": N_("Enter a number."),
    "number_not_text": N_("Excel has rounded this number. Format the column as text and enter the number again."),
    "twice": N_("This appears twice in the sheet."),
    "known": N_("This is already recorded."),
    "looks_alike": N_("Somebody who may be this person is already recorded in this village. Add this person by hand."),
    "visit_that_day": N_(
        "A visit of this day was recorded on the page. If this was another one, enter 2 as the visit of the day."
    ),
    "several_villages": N_("Several villages have this name. Add the township."),
    "wrong_level": N_("Accounts with this role do not work in regions of this level."),
    "unknown_village": N_("No village in your area has this name."),
    "unknown_case": N_("No case in your area has this number."),
    "not_approved": N_("This case is not approved, or nothing is left to pay."),
    "above_grant": N_("This is more than what is still to be paid of the amount granted."),
    "no_fund": N_("This society has no fund yet."),
    "unknown_referral": N_("You have no referral with this number."),
    "not_in_service": N_("This referral is not in service."),
    "served_on": N_("The date is before the acceptance or in the future."),
    "not_of_household": N_("Someone named here does not belong to the household."),
    "period": N_("The end date must not be before the start date."),
    "changed_meanwhile": N_("This could no longer be added: something had changed since the trial run."),
}
"""By the code of a RowError. Codes that are missing here are error types of pydantic."""


def cell_message(error: RowError) -> str:
    """What is wrong with one cell."""
    message = _CELL_MESSAGES.get(error.code)
    if message is not None:
        return _(message)
    return message_of(error.code, error.limits)
