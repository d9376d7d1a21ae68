"""Notifications and the codes of their delivery in the language of the request."""

from tuoju.words.labels import CODES, label
from tuoju.words.languages import gettext, language
from tuoju_notifications.models import Notification
from tuoju_notifications.words.table import in_app_line


def sentence(notification: Notification) -> str:
    """The line of a notification in a list. It holds numbers and codes of the matter, nothing personal."""
    values = dict(notification.parameters)
    if "matter" in values:
        values["matter"] = label("matter", values["matter"])
    return in_app_line(notification.kind, language(), values)


def trouble(code: str) -> str:
    """Why a message was not delivered. A provider's own code, which has no words here, is shown as it is."""
    known = CODES["delivery_trouble"]
    if code in known:
        return gettext(known[code])
    return gettext("The provider answered: %(code)s") % {"code": code}
