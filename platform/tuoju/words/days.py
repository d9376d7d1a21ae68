"""Days as people say them: today, tomorrow, a weekday of the coming week, else the date."""

from collections.abc import Sequence
from datetime import date

from tuoju.words.languages import N_, gettext, ngettext

_WEEKDAYS: Sequence[str] = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)
_WEEK = 7


def day_words(day: date, today: date) -> str:
    """The day as said today: "today", "tomorrow (Monday)", "Thursday", or 2026-12-14."""
    ahead, weekday = (day - today).days, gettext(_WEEKDAYS[day.weekday()])
    if ahead == 0:
        return gettext("today")
    if ahead == 1:
        return gettext("tomorrow (%(weekday)s)") % {"weekday": weekday}
    return weekday if 1 < ahead < _WEEK else day.isoformat()


def date_words(day: date) -> str:
    """The date with its weekday: "Sunday 2026-11-29"."""
    weekday = gettext(_WEEKDAYS[day.weekday()])
    return gettext("%(weekday)s %(day)s") % {"weekday": weekday, "day": day.isoformat()}


def due_words(due_on: date, today: date) -> str:
    """When something is due, or for how long it has been overdue."""
    late = (today - due_on).days
    if late > 0:
        return ngettext("overdue by %(num)s day", "overdue by %(num)s days", late) % {"num": late}
    return gettext("due %(day)s") % {"day": day_words(due_on, today)}
