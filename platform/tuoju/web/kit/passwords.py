"""What is said at the field of a password that was refused."""

from collections.abc import Mapping

from tuoju.accounts.errors import PasswordRefused
from tuoju.accounts.passwords import LONGEST, SHORTEST, PasswordProblem
from tuoju.words.languages import N_
from tuoju.words.languages import gettext as _

_SENTENCES: Mapping[str, str] = {
    PasswordProblem.too_short: N_("Use %(shortest)s characters or more. A sentence that only you know is good."),
    PasswordProblem.too_long: N_("Use %(longest)s characters or fewer."),
    PasswordProblem.has_username: N_("The password contains the user name. Choose one that does not."),
    PasswordProblem.too_common: N_("This password is easy to guess. Choose one that is less common or longer."),
}


def password_message(refusal: PasswordRefused) -> str:
    """The sentence for a refused password, with the way out."""
    return _(_SENTENCES[refusal.problem]) % {"shortest": SHORTEST, "longest": LONGEST}
