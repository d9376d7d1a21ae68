"""Resident ID numbers (GB 11643): what can be checked without a register, and finding by them.

Deliberately our own: libraries reject people born before their county's code existed and know no
statistical zones. Format, plausible date and checksum gate; an unknown region does not.
"""

import re
from dataclasses import dataclass
from datetime import date

from tuoju.database.keys import keys
from tuoju.residents.errors import IdProblem, InvalidIdNumber
from tuoju.residents.models import Sex
from tuoju_text.folding import folded

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"

ADULT_FROM = 18


@dataclass(frozen=True)
class IdNumber:
    """A number that passed, with what it tells of its bearer."""

    number: str
    born_on: date
    sex: Sex


def normalized(text: str) -> str:
    """The key of a number or name for comparing (folding.folded), in upper case as on the card."""
    return folded(text).upper()


def check_digit(first_17: str) -> str:
    """ISO 7064 MOD 11-2 over the first 17 digits."""
    total = sum(int(digit) * weight for digit, weight in zip(first_17, _WEIGHTS, strict=True))
    return _CHECK_DIGITS[total % 11]


def check_id_number(text: str, *, today: date) -> IdNumber:
    """Check a resident ID number as typed. Raises InvalidIdNumber naming the problem."""
    number = normalized(text)
    if not re.fullmatch(r"\d{17}[\dX]", number):
        raise InvalidIdNumber(IdProblem.layout)
    try:
        born_on = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError as error:
        raise InvalidIdNumber(IdProblem.date) from error
    if not date(1900, 1, 1) <= born_on <= today:
        raise InvalidIdNumber(IdProblem.date)
    if check_digit(number[:17]) != number[17]:
        raise InvalidIdNumber(IdProblem.checksum)
    return IdNumber(number, born_on, Sex.male if int(number[16]) % 2 else Sex.female)


def index_of(number: str) -> str:
    """The keyed hash to keep with a number, by which it is found."""
    return keys().blind_index(f"id:{normalized(number)}")


def indexes_of(number: str) -> tuple[str, ...]:
    """The keyed hashes that may be kept with a number: while keys are changed, rows of the old and the new key are
    found."""
    return keys().blind_indexes(f"id:{normalized(number)}")


def age_on(born_on: date, day: date) -> int:
    """Full years of age on a day (民法典 art. 1259 counts birthdays)."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))
