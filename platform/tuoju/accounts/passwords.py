"""Passwords: how they are hashed, and which an account may have.

They are long enough and hard to guess, without rules on the kinds of characters.

Source: NIST SP 800-63B-4, 3.1.1.2, and OWASP ASVS 5.0, 6.2: a minimum length, no composition rules, no forced change,
and a comparison with a list of common passwords and with words of the service.
"""

from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from tuoju.accounts.errors import PasswordRefused
from tuoju_matching.lazy import lazy_module

if TYPE_CHECKING:
    import zxcvbn
else:
    zxcvbn = lazy_module("zxcvbn")

PASSWORDS = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19 * 1024, parallelism=1),))
"""OWASP's minimum for argon2id (19 MiB, t=2, p=1): 0.02 s a check, where the library's default takes 0.24."""
SHORTEST = 10
LONGEST = 128
FEWEST_GUESSES = 10**8
"""A password that zxcvbn finds with fewer guesses is too common. Its list has the 30,000 most common passwords of
leaks; it also sees them with digits added, written backwards, repeated, as rows of a keyboard or as dates."""
_ESTIMATED = 64
"""Characters that are estimated: the time grows with the square of the length, and so many are not guessed."""


class PasswordProblem(StrEnum):
    """Why a password is refused."""

    too_short = "too_short"
    too_long = "too_long"
    has_username = "has_username"
    too_common = "too_common"


def check_password(password: str, *, username: str) -> None:
    """Accept a password that somebody chooses. Raises PasswordRefused with the problem."""
    problem = _problem(password, username)
    if problem is not None:
        raise PasswordRefused(problem)


def _problem(password: str, username: str) -> PasswordProblem | None:
    if len(password) < SHORTEST:
        return PasswordProblem.too_short
    if len(password) > LONGEST:
        return PasswordProblem.too_long
    if username and username.casefold() in password.casefold() and len(password) - len(username) < SHORTEST:
        return PasswordProblem.has_username
    estimate = zxcvbn.zxcvbn(password[:_ESTIMATED], user_inputs=[username, *_common_words()])
    return PasswordProblem.too_common if estimate["guesses"] < FEWEST_GUESSES else None


@cache
def _common_words() -> tuple[str, ...]:
    """Chinese words in pinyin that begin many passwords, and names of this service and its places."""
    text = files("tuoju.accounts").joinpath("data/common_words.txt").read_text(encoding="utf-8")
    return tuple(text.split())
