"""Where somebody is reached, as typed: a mobile number, an e-mail address. Empty means none."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

_MOBILE = re.compile(r"1[3-9]\d{9}")
_EMAIL = re.compile(r"[^@\s<>,;]{1,64}@[^@\s<>,;]+\.[^@\s<>,;.]{2,}")


def _mobile(value: str) -> str:
    digits = re.sub(r"[\s-]", "", value)
    if digits and _MOBILE.fullmatch(digits) is None:
        raise PydanticCustomError("mobile", "Not a mobile number")
    return digits


def _email(value: str) -> str:
    if value and _EMAIL.fullmatch(value) is None:
        raise PydanticCustomError("email", "Not an e-mail address")
    return value


Mobile = Annotated[str, AfterValidator(_mobile)]
Email = Annotated[str, Field(max_length=254), AfterValidator(_email)]
